package estate

import (
	"maps"
	"slices"
	"testing"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
)

// at are projects at paths, with the ids 1, 2, and so on.
func at(paths ...string) (projects []*project) {
	for i, path := range paths {
		projects = append(projects, &project{Member: allowlists.Member{Target: gitlab.Target{Kind: gitlab.KindProject, ID: int64(i) + 1, Path: path}}})
	}
	return projects
}

func TestLabels(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		group string
		want  map[string]string
	}{
		"below the group":      {"acme", map[string]string{"acme/app": "app", "acme/Libs/core": "Libs_core", "acme/a-b.c": "a-b_c"}},
		"of no group":          {"", map[string]string{"acme/app": "acme_app", "jo/app": "jo_app"}},
		"no identifiers":       {"acme", map[string]string{"acme/2048": "_2048", "acme/-x": "_-x", "acme/été": "_t_"}},
		"a group, other case":  {"ACME", map[string]string{"acme/app": "app"}},
		"a clash":              {"acme", map[string]string{"acme/a.b": "a_b_1", "acme/a/b": "a_b_2", "acme/other": "other"}},
		"a clash of case":      {"", map[string]string{"x/App": "x_App_1", "x_app/y": "x_app_y", "x_App": "x_App_2"}},
		"a clash of what cure": {"acme", map[string]string{"acme/a.b": "a_b_1_1", "acme/a/b": "a_b_2", "acme/a_b_1": "a_b_1_3"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			projects := at(slices.Sorted(maps.Keys(c.want))...)
			sortedByWish(projects)
			for range 2 {
				got := labels(c.group, projects)
				if !maps.Equal(got, c.want) {
					t.Errorf("got %v, want %v", got, c.want)
				}
				for path, name := range got {
					if !hclsyntax.ValidIdentifier(name) {
						t.Errorf("%s: %q is no identifier", path, name)
					}
				}
				slices.Reverse(projects)
			}
		})
	}
}

// sortedByWish gives projects ids by the order of their paths, as the cases count them.
func sortedByWish(projects []*project) {
	for i, p := range projects {
		p.ID = int64(i) + 1
	}
}

// What could not be found needs no label, and keeps none from being unique.
func TestLabels_ofWhatIsNotFound(t *testing.T) {
	t.Parallel()
	projects := at("acme/a.b", "acme/a_b")
	projects[0].ID, projects[1].ID = 0, 0
	if got := labels("acme", projects); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestFileNames(t *testing.T) {
	t.Parallel()
	got := fileNames([]string{"acme", "acme/a.b", "acme/a/b", "acme/x-override", "acme/override", "override"})
	if got["acme"] != "acme.tf" || got["acme/override"] != "acme_override_.tf" || got["override"] != "override_.tf" || got["acme/x-override"] != "acme_x-override.tf" {
		t.Errorf("got %v", got)
	}
	if names := slices.Sorted(maps.Values(got)); len(slices.Compact(names)) != len(got) {
		t.Errorf("two have one name: %v", names)
	}
}

func FuzzLabels(f *testing.F) {
	f.Add("acme/a.b", "acme/a_b", "acme/a_b_1")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		paths := slices.Compact(slices.Sorted(slices.Values([]string{a, b, c})))
		seen := map[string]bool{}
		for _, name := range labels("acme", at(paths...)) {
			if seen[name] || !hclsyntax.ValidIdentifier(name) {
				t.Errorf("%q of %q", name, paths)
			}
			seen[name] = true
		}
	})
}
