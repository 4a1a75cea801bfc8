package emulator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

// Every leaf field of every type is asked for once: none may fail, and none
// that cannot be null may be without a resolver.
func TestEveryFieldAnswers(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	const allowlist = `{project(fullPath:"acme/shared-lib"){ciJobTokenScopeAllowlist{%s}}}`
	for typeName, wrapping := range map[string]string{
		"CurrentUser":                   `{currentUser{%s}}`,
		"Metadata":                      `{metadata{%s}}`,
		"Kas":                           `{metadata{kas{%s}}}`,
		"QueryComplexity":               `{queryComplexity{%s}}`,
		"Project":                       `{project(fullPath:"acme/platform/runner-images"){%s}}`,
		"ProjectPermissions":            `{project(fullPath:"acme/app"){userPermissions{%s}}}`,
		"AccessLevel":                   `{project(fullPath:"acme/app"){maxAccessLevel{%s}}}`,
		"ProjectCiCdSetting":            `{project(fullPath:"acme/app"){ciCdSettings{%s}}}`,
		"CiJobTokenScopeType":           `{project(fullPath:"acme/shared-lib"){ciJobTokenScope{%s}}}`,
		"CiJobTokenAccessibleProject":   `{project(fullPath:"acme/shared-lib"){ciJobTokenScope{inboundAllowlist{nodes{%s}}}}}`,
		"CiJobTokenAccessibleGroup":     fmt.Sprintf(allowlist, `groupsAllowlist{nodes{target{... on CiJobTokenAccessibleGroup{%s}}}}`),
		"CiJobTokenScopeAllowlistEntry": fmt.Sprintf(allowlist, `projectsAllowlist{nodes{%s}}`),
		"UserCore":                      fmt.Sprintf(allowlist, `projectsAllowlist{nodes{addedBy{%s}}}`),
		"PageInfo":                      fmt.Sprintf(allowlist, `projectsAllowlist{pageInfo{%s}}`),
		"Group":                         `{group(fullPath:"acme/platform"){%s}}`,
		"GroupPermissions":              `{group(fullPath:"acme/platform"){userPermissions{%s}}}`,
		"CiCdSettings":                  `{group(fullPath:"acme/platform"){ciCdSettings{%s}}}`,
		"Namespace":                     `{namespace(fullPath:"acme"){%s}}`,
		"NamespacePermissions":          `{namespace(fullPath:"terraform"){userPermissions{%s}}}`,
	} {
		t.Run(typeName, func(t *testing.T) {
			t.Parallel()
			answer := i.send(t, document(t, "terraform", fmt.Sprintf(wrapping, strings.Join(i.leafFields(t, typeName), " "))))
			if answer.status != 200 || strings.Contains(answer.body, `"errors"`) || strings.Contains(answer.body, `{}`) {
				t.Errorf("%d %s", answer.status, answer.body)
			}
		})
	}
}

// leafFields asks the schema for the fields of a type that need no selection.
func (i instance) leafFields(t *testing.T, typeName string) []string {
	t.Helper()
	type typeRef struct {
		Kind   string
		OfType *typeRef
	}
	body := i.must(t, document(t, "terraform", `{__type(name:"`+typeName+`"){fields(includeDeprecated:true){name type{kind ofType{kind ofType{kind ofType{kind}}}}}}}`)).body
	schema := decode[struct {
		Data struct {
			Type struct {
				Fields []struct {
					Name string
					Type typeRef
				}
			} `json:"__type"`
		}
	}](t, body)
	var names []string
	for _, field := range schema.Data.Type.Fields {
		named := field.Type
		for named.OfType != nil {
			named = *named.OfType
		}
		if named.Kind == "SCALAR" || named.Kind == "ENUM" {
			names = append(names, field.Name)
		}
	}
	if len(names) == 0 {
		t.Fatalf("%s has no leaf fields: %s", typeName, body)
	}
	return names
}
