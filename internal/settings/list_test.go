package settings_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// What a list shows of toggles is what their import makes.
func TestList(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	g.Enforce(t, false)
	app, off := g.Project(t, "app"), g.ProjectIn(t, g.Group(t, "libs", &g.Root), "off")
	g.SetToggle(t, off, false)
	q := acctest.NewQuery(t, g, g.Token)
	for _, c := range []struct {
		config map[string]any
		limit  int64
		want   []string
		said   int
	}{
		{map[string]any{"group": g.Root.Path}, 100, []string{app.Path, off.Path}, 0},
		{map[string]any{"project": fmt.Sprint(off.ID)}, 1, []string{off.Path}, 0},
		{map[string]any{"group": g.Root.Path}, 1, nil, 1},
		{map[string]any{"project": g.Root.Path + "/nowhere"}, 1, []string{}, 1},
	} {
		found, problems := q.Ask(t, "jobtoken_settings", c.config, c.limit, true)
		names := []string{}
		for _, result := range found {
			names = append(names, result.DisplayName)
			if got, want := q.Resource(t, "jobtoken_settings", result.Resource), q.Imported(t, "jobtoken_settings", result.Identity); !reflect.DeepEqual(got, want) {
				t.Errorf("%q is\n%v, and its import\n%v", result.DisplayName, got, want)
			}
		}
		slices.Sort(names)
		if c.want != nil && !slices.Equal(names, c.want) || len(problems) != c.said {
			t.Errorf("%v: found %q, want %q; %+v", c.config, names, c.want, problems)
		}
	}
}
