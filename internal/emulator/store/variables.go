package store

import (
	"slices"
	"time"
)

// Variable is a CI/CD variable of a project or group.
type Variable struct {
	Container   Source
	Key         string
	Value       *string // nil was sent as null
	Type        VariableType
	Protected   bool
	Masked      bool
	Hidden      bool // the value is never shown again
	Raw         bool // the value is not expanded
	Description *string
	// EnvironmentScope is "*" unless the variable is for some environments alone;
	// a container has one variable for each key and scope.
	EnvironmentScope string
	UpdatedAt        time.Time
}

// VariableType is what a job gets of a variable.
type VariableType string

// The two types, in the spelling of the API.
const (
	EnvVar       VariableType = "env_var" // the value
	FileVariable VariableType = "file"    // the path of a file that holds the value
)

// CreateVariable stores a variable; UpdatedAt is filled in.
func (s *State) CreateVariable(v Variable) *Variable {
	v.UpdatedAt = s.Now()
	s.variables[v.Container] = append(s.variables[v.Container], &v)
	return &v
}

// Variables lists the variables of a project or group in the order they were
// made. The slice belongs to the caller.
func (s *State) Variables(container Source) []*Variable {
	return slices.Clone(s.variables[container])
}

// UpdateVariable replaces a variable by a changed copy; its container stays.
func (s *State) UpdateVariable(v *Variable, change func(*Variable)) *Variable {
	changed := *v
	change(&changed)
	changed.UpdatedAt = s.Now()
	list := s.variables[v.Container]
	list[slices.Index(list, v)] = &changed
	return &changed
}

// DeleteVariable removes a variable.
func (s *State) DeleteVariable(v *Variable) {
	s.variables[v.Container] = slices.DeleteFunc(s.variables[v.Container], func(other *Variable) bool { return other == v })
}

// forgetVariables removes the variables of a deleted project or group.
func (s *State) forgetVariables(container Source) { delete(s.variables, container) }
