package core

import (
	"fmt"
	"maps"
	"reflect"
	"runtime/debug"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// The checks of core that speak of a bug in the provider.
const (
	// InvalidPlan: a planned value is neither the configured nor the prior one.
	InvalidPlan = "invalid plan"
	// InconsistentPlan: the plan made at apply contradicts the approved one. Core stops this resource
	// before any write.
	InconsistentPlan = "inconsistent final plan"
	// InconsistentResult: the new state contradicts the plan.
	InconsistentResult = "inconsistent result"
	// Panic: the provider's process has crashed.
	Panic = "panic"
)

// caught makes words of what recover gives; nil is nothing.
func caught(reason any, panicked func(string)) {
	if reason != nil {
		panicked(fmt.Sprintf("%v\n%s", reason, debug.Stack()))
	}
}

const unknown = "(unknown)"

// invalid names the attributes whose planned value is neither configured nor prior.
func invalid(attributes []*tfprotov6.SchemaAttribute, at string, prior, config, planned map[string]any) (found []string) {
	for _, a := range attributes {
		name := at + a.Name
		p, c, n := prior[a.Name], config[a.Name], planned[a.Name]
		switch {
		case reflect.DeepEqual(n, c), c == unknown:
		case c != nil && p != nil && reflect.DeepEqual(n, p):
		case c == nil && a.Computed:
		case c == nil:
			found = append(found, fmt.Sprintf("%s is planned as %v though it is not configured", name, n))
		case a.NestedType != nil && n != nil && n != unknown:
			found = append(found, invalidNested(a.NestedType, name, p, c, n)...)
		default:
			found = append(found, fmt.Sprintf("%s is planned as %v, configured as %v, and was %v", name, n, c, p))
		}
	}
	return found
}

func invalidNested(of *tfprotov6.SchemaObject, at string, prior, config, planned any) []string {
	p, _ := prior.(map[string]any)
	c, isMap := config.(map[string]any)
	n, isMapToo := planned.(map[string]any)
	switch {
	case !isMap || !isMapToo:
		return []string{fmt.Sprintf("%s is planned as %v, configured as %v", at, planned, config)}
	case of.Nesting == tfprotov6.SchemaObjectNestingModeSingle:
		return invalid(of.Attributes, at+".", p, c, n)
	case !slices.Equal(slices.Sorted(maps.Keys(c)), slices.Sorted(maps.Keys(n))):
		return []string{fmt.Sprintf("%s is planned with the keys %v, configured with %v", at, slices.Sorted(maps.Keys(n)), slices.Sorted(maps.Keys(c)))}
	}
	var found []string
	for _, key := range slices.Sorted(maps.Keys(c)) {
		before, _ := p[key].(map[string]any)
		inner, _ := c[key].(map[string]any)
		plan, _ := n[key].(map[string]any)
		found = append(found, invalid(of.Attributes, fmt.Sprintf("%s[%q].", at, key), before, inner, plan)...)
	}
	return found
}

// incompatible names where a later value contradicts what was known of it earlier.
func incompatible(at string, earlier, later any) (found []string) {
	if earlier == unknown || reflect.DeepEqual(earlier, later) {
		return nil
	}
	switch e := earlier.(type) {
	case map[string]any:
		l, same := later.(map[string]any)
		if !same {
			break
		}
		keys := maps.Clone(e)
		maps.Copy(keys, l)
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			before, had := e[key]
			after, has := l[key]
			if had != has {
				found = append(found, fmt.Sprintf("%s.%s: was %v, is %v", at, key, before, after))
				continue
			}
			found = append(found, incompatible(at+"."+key, before, after)...)
		}
		return found
	case []any:
		l, same := later.([]any)
		if !same || len(l) != len(e) {
			break
		}
		for i := range e {
			found = append(found, incompatible(fmt.Sprintf("%s[%d]", at, i), e[i], l[i])...)
		}
		return found
	}
	return []string{fmt.Sprintf("%s: was %v, is %v", at, earlier, later)}
}

// anyUnknown tells whether something unknown is left in a value.
func anyUnknown(value any) bool {
	switch v := value.(type) {
	case string:
		return v == unknown
	case map[string]any:
		for _, inner := range v {
			if anyUnknown(inner) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, anyUnknown)
	}
	return false
}
