package allowlists

import (
	"fmt"
	"reflect"
	"testing"
)

// Callers of a walk share what was read, so each gets a value of its own: whatever field is added.
func TestCloneSharesNothing(t *testing.T) {
	t.Parallel()
	project := &Project{}
	fill(reflect.ValueOf(project).Elem())
	own := project.clone()
	if !reflect.DeepEqual(project, own) {
		t.Errorf("the copy differs: %+v, %+v", project, own)
	}
	for _, path := range shared(reflect.ValueOf(project).Elem(), reflect.ValueOf(own).Elem(), "Project") {
		t.Errorf("%s is the caller's and everybody's", path)
	}
}

// fill gives every pointer and slice something to share.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0))
		fill(v.Index(1))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i))
			}
		}
	default:
	}
}

// shared are the places by which a change of the one is seen in the other.
func shared(a, b reflect.Value, path string) (paths []string) {
	switch a.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if a.Pointer() == b.Pointer() && !a.IsNil() {
			paths = append(paths, path)
		}
	default:
	}
	switch a.Kind() {
	case reflect.Pointer:
		paths = append(paths, shared(a.Elem(), b.Elem(), path)...)
	case reflect.Slice:
		for i := range a.Len() {
			paths = append(paths, shared(a.Index(i), b.Index(i), fmt.Sprintf("%s[%d]", path, i))...)
		}
	case reflect.Struct:
		for i := range a.NumField() {
			if a.Type().Field(i).IsExported() {
				paths = append(paths, shared(a.Field(i), b.Field(i), path+"."+a.Type().Field(i).Name)...)
			}
		}
	default:
	}
	return paths
}
