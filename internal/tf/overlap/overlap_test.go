package overlap_test

import (
	"slices"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/overlap"
)

func TestRegistry(t *testing.T) {
	t.Parallel()
	app := gitlab.Target{Kind: gitlab.KindProject, ID: 2, Path: "acme/app"}
	team := gitlab.Target{Kind: gitlab.KindGroup, ID: 2, Path: "acme/team"}
	list := overlap.Claim{Resource: "list", Project: 1, Whole: []gitlab.Kind{gitlab.KindProject}}
	loose := overlap.Claim{Resource: "list", Project: 1, Targets: []gitlab.Target{app}}
	entry := overlap.Claim{Resource: "entry", Project: 1, Targets: []gitlab.Target{app}}
	groupEntry := overlap.Claim{Resource: "entry", Project: 1, Targets: []gitlab.Target{team}}
	toggle := overlap.Claim{Resource: "settings", Project: 1, Toggle: true}
	leaving := func(c overlap.Claim) overlap.Claim { c.Leaving = true; return c }
	elsewhere := func(c overlap.Claim) overlap.Claim { c.Project = 9; return c }
	for name, c := range map[string]struct {
		first, second  overlap.Claim
		twice, crossed []string
	}{
		"two lists":                {list, list, []string{"the list of projects is managed by a list and by a list"}, nil},
		"list and entry":           {list, entry, []string{"the list of projects is managed by a list and by a entry"}, nil},
		"entry and list":           {entry, list, []string{"the list of projects is managed by a entry and by a list"}, nil},
		"list and group entry":     {list, groupEntry, nil, nil},
		"loose list and its entry": {loose, entry, []string{"the entry for project acme/app (id 2) is managed by a list and by a entry"}, nil},
		"same id, other kind":      {entry, groupEntry, nil, nil},
		"toggle twice":             {toggle, toggle, []string{`the toggle "Limit access to this project" is managed by a settings and by a settings`}, nil},
		"toggle and list":          {toggle, list, nil, nil},
		"another project":          {list, elsewhere(list), nil, nil},
		"one leaves":               {leaving(list), list, nil, []string{"the list of projects"}},
		"one leaves afterwards":    {list, leaving(list), nil, nil},
		"both leave":               {leaving(list), leaving(list), nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r overlap.Registry
			if twice, crossed := r.Add(c.first); len(twice)+len(crossed) > 0 {
				t.Fatalf("a first claim conflicts: %v %v", twice, crossed)
			}
			twice, crossed := r.Add(c.second)
			if !slices.Equal(twice, c.twice) || !slices.Equal(crossed, c.crossed) {
				t.Errorf("got %q %q, want %q %q", twice, crossed, c.twice, c.crossed)
			}
		})
	}
}

// A destroy leaves what others of the walk hold, and everything to a creation of its own type.
func TestKept(t *testing.T) {
	t.Parallel()
	app := gitlab.Target{Kind: gitlab.KindProject, ID: 2, Path: "acme/app"}
	team := gitlab.Target{Kind: gitlab.KindGroup, ID: 2, Path: "acme/team"}
	var r overlap.Registry
	r.Add(overlap.Claim{Resource: "jobtoken_allowlist", Project: 1, Leaving: true, Toggle: true, Wants: []gitlab.Target{app}})
	if kept := r.Kept(1, "jobtoken_allowlist"); kept.Whole || kept.Toggle || kept.Has(app) {
		t.Errorf("what leaves holds %+v", kept)
	}
	r.Add(overlap.Claim{Resource: "jobtoken_allowlist_entry", Project: 1, Wants: []gitlab.Target{team}})
	r.Add(overlap.Claim{Resource: "jobtoken_settings", Project: 1, Toggle: true, Making: true})
	switch kept := r.Kept(1, "jobtoken_allowlist"); {
	case kept.Whole || !kept.Toggle || !kept.Has(team) || kept.Has(app):
		t.Errorf("got %+v", kept)
	case !r.Kept(1, "jobtoken_settings").Whole:
		t.Error("a creation does not take over from its own type")
	case r.Kept(2, "jobtoken_settings").Whole:
		t.Error("another project is kept")
	case !kept.And(overlap.Kept{Projects: []int64{2}}).Has(app):
		t.Error("what two walks noted is not joined")
	}
}

func TestHold(t *testing.T) {
	t.Parallel()
	deploy := overlap.Holding{Resource: "deploy", Self: "a", Things: []string{"variable 1", "token 1"}}
	access := overlap.Holding{Resource: "access", Self: "b", Things: []string{"variable 1"}}
	leaving := func(h overlap.Holding) overlap.Holding { h.Leaving = true; return h }
	nameless := func(h overlap.Holding) overlap.Holding { h.Self = ""; return h }
	for name, c := range map[string]struct {
		first, second overlap.Holding
		want          []overlap.Shared
	}{
		"one variable":           {deploy, access, []overlap.Shared{{Thing: "variable 1", First: "deploy", Second: "access"}}},
		"the other way round":    {access, deploy, []overlap.Shared{{Thing: "variable 1", First: "access", Second: "deploy"}}},
		"a replacement":          {deploy, deploy, nil},
		"two that nothing tells": {nameless(deploy), nameless(access), []overlap.Shared{{Thing: "variable 1", First: "deploy", Second: "access"}}},
		"one leaves":             {leaving(deploy), access, []overlap.Shared{{Thing: "variable 1", First: "deploy", Second: "access", Leaving: true}}},
		"one leaves afterwards":  {deploy, leaving(access), []overlap.Shared{{Thing: "variable 1", First: "deploy", Second: "access", Leaving: true}}},
		"both leave":             {leaving(deploy), leaving(access), nil},
		"nothing in common":      {deploy, overlap.Holding{Resource: "access", Things: []string{"variable 2"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r overlap.Registry
			if first := r.Hold(c.first); len(first) > 0 {
				t.Fatalf("a first holding is shared: %v", first)
			}
			if got := r.Hold(c.second); !slices.Equal(got, c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
