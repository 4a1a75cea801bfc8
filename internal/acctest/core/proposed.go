package core

import "github.com/hashicorp/terraform-plugin-go/tfprotov6"

// proposed is a configuration with the prior values of computed attributes that it leaves out: what
// Terraform offers a provider to start from.
func proposed(attributes []*tfprotov6.SchemaAttribute, config, prior map[string]any) map[string]any {
	if config == nil {
		return nil
	}
	object := map[string]any{}
	for _, a := range attributes {
		given, old := config[a.Name], prior[a.Name]
		switch {
		case given == nil && a.Computed:
			object[a.Name] = old
		case given == nil:
		case a.NestedType != nil:
			object[a.Name] = proposedNested(a.NestedType, given, old)
		default:
			object[a.Name] = given
		}
	}
	return object
}

// proposedNested does the same below an attribute; elements of a map belong together by their keys.
func proposedNested(of *tfprotov6.SchemaObject, given, old any) any {
	config, isMap := given.(map[string]any)
	if !isMap {
		return given
	}
	prior, _ := old.(map[string]any)
	switch of.Nesting {
	case tfprotov6.SchemaObjectNestingModeSingle:
		return proposed(of.Attributes, config, prior)
	case tfprotov6.SchemaObjectNestingModeMap:
		elements := map[string]any{}
		for key, element := range config {
			inner, isObject := element.(map[string]any)
			if !isObject {
				elements[key] = element
				continue
			}
			before, _ := prior[key].(map[string]any)
			elements[key] = proposed(of.Attributes, inner, before)
		}
		return elements
	default:
		return given
	}
}
