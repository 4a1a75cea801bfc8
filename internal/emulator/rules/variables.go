package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/release"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// VariableAttributes are what a caller may say of a CI/CD variable; nil says
// nothing.
type VariableAttributes struct {
	Value            *string
	Type             *store.VariableType
	Protected        *bool
	Masked           *bool
	Raw              *bool
	Description      *string
	EnvironmentScope *string
}

// AllEnvironments is the environment scope of a variable for every environment.
const AllEnvironments = "*"

var (
	keyForm   = regexp.MustCompile(`\A[a-zA-Z0-9_]+\z`)
	scopeForm = regexp.MustCompile(`\A[a-zA-Z0-9_/$ {}.*-]+\z`)

	maskableForm    = regexp.MustCompile(`\A[a-zA-Z0-9_+=/@:.~-]{8,}\z`)
	maskableRawForm = regexp.MustCompile(`\A[^\t\n\v\f\r ]{8,}\z`)
)

// CreateVariable makes a variable in a project or group. A hidden one is masked,
// whatever was said of that.
func (s Services) CreateVariable(st *store.State, container store.Source, key string, hidden bool, attrs VariableAttributes) (*store.Variable, *Refusal) {
	variable := store.Variable{
		Container: container, Key: strings.TrimSpace(key), Type: store.EnvVar, EnvironmentScope: AllEnvironments, Hidden: hidden,
	}
	s.assignVariable(&variable, attrs)
	variable.Masked = variable.Masked || hidden
	errs := variableErrors(st, nil, variable)
	if most := st.Settings.MaxVariables[container.Kind]; most > 0 && len(st.Variables(container)) >= most {
		errs.add("base", fmt.Sprintf("Maximum number of %s ci variables (%d) exceeded", container.Kind, most))
	}
	if refusal := errs.refusal(); refusal != nil {
		return nil, refusal
	}
	return st.CreateVariable(variable), nil
}

// UpdateVariable changes a variable; its key stays, and whether it is hidden.
func (s Services) UpdateVariable(st *store.State, v *store.Variable, attrs VariableAttributes) (*store.Variable, *Refusal) {
	changed := *v
	s.assignVariable(&changed, attrs)
	errs := variableErrors(st, v, changed)
	if v.Hidden && changed.Masked != v.Masked {
		errs.add("base", s.hiddenStays())
	}
	if refusal := errs.refusal(); refusal != nil {
		return nil, refusal
	}
	return st.UpdateVariable(v, func(v *store.Variable) { *v = changed }), nil
}

func (s Services) hiddenStays() string {
	if s.Version.Flipped(release.HiddenVariableOldText) {
		return "Updating masked attribute is not allowed on updates for hidden variables."
	}
	return "The visibility setting cannot be changed for masked and hidden variables."
}

func (s Services) assignVariable(v *store.Variable, attrs VariableAttributes) {
	if attrs.Value != nil {
		v.Value = attrs.Value
	}
	if attrs.Description != nil {
		v.Description = attrs.Description
	}
	assign(&v.Type, attrs.Type)
	assign(&v.Protected, attrs.Protected)
	assign(&v.Masked, attrs.Masked)
	assign(&v.Raw, attrs.Raw)
	if attrs.EnvironmentScope != nil && (v.Container.Kind == store.ProjectSource || s.Version.Flipped(release.GroupEnvironmentScopes)) {
		v.EnvironmentScope = strings.TrimSpace(*attrs.EnvironmentScope)
	}
}

// variableErrors are the model's errors of a variable among the others of its
// container; present is nil for one yet to be made.
func variableErrors(st *store.State, present *store.Variable, v store.Variable) fieldErrors {
	errs := fieldErrors{}
	checkText(errs, "key", v.Key, keyForm, "can contain only letters, digits and '_'.")
	if utf8.RuneCountInString(v.Key) > maxName {
		errs.add("key", tooLong)
	}
	for _, other := range st.Variables(v.Container) {
		if other != present && other.Key == v.Key && other.EnvironmentScope == v.EnvironmentScope {
			errs.add("key", "("+v.Key+") "+taken)
		}
	}
	checkText(errs, "environment_scope", v.EnvironmentScope, scopeForm, "can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', '*' and spaces")
	if v.Description != nil && utf8.RuneCountInString(*v.Description) > maxName {
		errs.add("description", tooLong)
	}
	if v.Masked && !maskable(v) {
		errs.add("value", "is invalid")
	}
	return errs
}

func checkText(errs fieldErrors, field, text string, form *regexp.Regexp, wrong string) {
	if text == "" {
		errs.add(field, blank)
	}
	if !form.MatchString(text) {
		errs.add(field, wrong)
	}
}

func maskable(v store.Variable) bool {
	form := maskableForm
	if v.Raw {
		form = maskableRawForm
	}
	return v.Value != nil && form.MatchString(*v.Value)
}

// FindVariable finds the one variable of a key, or nil. An empty scope stands for
// every scope; where several variables remain, GitLab wants one to be named.
func FindVariable(st *store.State, container store.Source, key, scope string) (*store.Variable, *Refusal) {
	found := slices.DeleteFunc(st.Variables(container), func(v *store.Variable) bool {
		return v.Key != key || scope != "" && v.EnvironmentScope != scope
	})
	switch len(found) {
	case 0:
		return nil, nil
	case 1:
		return found[0], nil
	}
	return nil, &Refusal{Reason: Conflict, Text: "There are multiple variables with provided parameters. Please use 'filter[environment_scope]'"}
}

// FirstVariable finds the oldest variable of a key, or nil.
func FirstVariable(st *store.State, container store.Source, key string) *store.Variable {
	for _, v := range st.Variables(container) {
		if v.Key == key {
			return v
		}
	}
	return nil
}
