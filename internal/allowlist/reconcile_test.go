package allowlist

import (
	"errors"
	"reflect"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
)

// The project whose list is reconciled, and what can be on it.
var (
	lib      = gitlab.Target{Kind: gitlab.KindProject, ID: 1, Path: "acme/lib"}
	app      = gitlab.Target{Kind: gitlab.KindProject, ID: 2, Path: "acme/app"}
	web      = gitlab.Target{Kind: gitlab.KindProject, ID: 3, Path: "acme/web"}
	platform = gitlab.Target{Kind: gitlab.KindGroup, ID: 2, Path: "acme/platform"}
	ops      = gitlab.Target{Kind: gitlab.KindGroup, ID: 9, Path: "acme/ops"}

	all      = gitlab.DefaultPermissions()
	none     = gitlab.FineGrained()
	read     = gitlab.FineGrained("read_packages")
	readMore = gitlab.FineGrained("read_packages", "read_jobs")
)

// holding is a snapshot of the list of lib.
func holding(entries ...gitlab.Entry) *gitlab.Project {
	p := &gitlab.Project{ID: lib.ID, Path: lib.Path}
	for _, e := range entries {
		if e.Target.Kind == gitlab.KindGroup {
			p.Groups = append(p.Groups, e)
		} else {
			p.Projects = append(p.Projects, e)
		}
	}
	return p
}

func held(target gitlab.Target, permissions gitlab.Permissions) gitlab.Entry {
	return gitlab.Entry{Target: target, Permissions: permissions}
}

func unreadable(target gitlab.Target) gitlab.Entry {
	return gitlab.Entry{Target: target, PermissionsUnreadable: true}
}

// wanted is an entry as configuration and resolving give it, spelled by path.
func wanted(target gitlab.Target, permissions gitlab.Permissions) entry {
	return entry{
		kind: target.Kind, key: target.Path, text: target.Path, target: target,
		permissions: permissions, permissionsKnown: true, model: entryModel{Permissions: flattenPermissions(permissions)},
	}
}

func projects(leave []gitlab.Target, want ...entry) wish {
	return wish{kind: gitlab.KindProject, want: want, leave: leave}
}

func groups(leave []gitlab.Target, want ...entry) wish {
	return wish{kind: gitlab.KindGroup, want: want, leave: leave}
}

func change(action gitlab.Action, target gitlab.Target, permissions gitlab.Permissions) gitlab.Change {
	return gitlab.Change{Action: action, Target: target, Permissions: permissions}
}

func gone(target gitlab.Target) gitlab.Change {
	return gitlab.Change{Action: gitlab.Remove, Target: target}
}

func TestReconcile(t *testing.T) {
	t.Parallel()
	renamed := gitlab.Target{Kind: gitlab.KindProject, ID: app.ID, Path: "acme/application"}
	cases := map[string]struct {
		have   *gitlab.Project
		wishes []wish
		want   []gitlab.Change
	}{
		"nothing there, nothing wanted": {holding(), []wish{projects(nil), groups(nil)}, nil},
		"all as wanted": {
			holding(held(app, all), held(web, read), held(platform, none)),
			[]wish{projects(nil, wanted(app, all), wanted(web, read)), groups(nil, wanted(platform, none))}, nil,
		},
		"missing is added": {
			holding(), []wish{projects(nil, wanted(app, read))}, []gitlab.Change{change(gitlab.Add, app, read)},
		},
		"a group is not the project of the same id": {
			holding(held(app, all)), []wish{groups(nil, wanted(platform, all))}, []gitlab.Change{change(gitlab.Add, platform, all)},
		},
		"narrowed": {
			holding(held(app, all)), []wish{projects(nil, wanted(app, none))}, []gitlab.Change{change(gitlab.SetPermissions, app, none)},
		},
		"widened": {
			holding(held(app, read)), []wish{projects(nil, wanted(app, all))}, []gitlab.Change{change(gitlab.SetPermissions, app, all)},
		},
		"other names": {
			holding(held(app, read)), []wish{projects(nil, wanted(app, readMore))}, []gitlab.Change{change(gitlab.SetPermissions, app, readMore)},
		},
		"what cannot be read is written": {
			holding(unreadable(app)), []wish{projects(nil, wanted(app, none))}, []gitlab.Change{change(gitlab.SetPermissions, app, none)},
		},
		"what is not named stays": {
			holding(held(app, all), held(web, all)), []wish{projects(nil, wanted(app, all))}, nil,
		},
		"a kind without a wish stays": {
			holding(held(app, all), held(platform, all)), []wish{projects([]gitlab.Target{app})}, []gitlab.Change{gone(app)},
		},
		"leaving is removed":     {holding(held(app, read)), []wish{projects([]gitlab.Target{app})}, []gitlab.Change{gone(app)}},
		"gone already":           {holding(), []wish{projects([]gitlab.Target{app})}, nil},
		"leaving and yet wanted": {holding(held(app, all)), []wish{projects([]gitlab.Target{app}, wanted(app, all))}, nil},
		"leaving and wanted otherwise": {
			holding(held(app, all)), []wish{projects([]gitlab.Target{app}, wanted(app, read))}, []gitlab.Change{change(gitlab.SetPermissions, app, read)},
		},
		"renamed meanwhile, known by id": {
			holding(held(renamed, all)), []wish{projects([]gitlab.Target{app})}, []gitlab.Change{gone(renamed)},
		},
		"renamed meanwhile, set by id": {
			holding(held(renamed, all)), []wish{projects(nil, wanted(app, read))}, []gitlab.Change{change(gitlab.SetPermissions, renamed, read)},
		},

		"own entry wanted with default, not stored": {holding(), []wish{projects(nil, wanted(lib, all))}, nil},
		"own entry wanted with default, stored":     {holding(held(lib, all)), []wish{projects(nil, wanted(lib, all))}, nil},
		"own entry wanted fine-grained, not stored": {
			holding(), []wish{projects(nil, wanted(lib, read))}, []gitlab.Change{change(gitlab.SetPermissions, lib, read)},
		},
		"own entry wanted fine-grained, stored": {
			holding(held(lib, readMore)), []wish{projects(nil, wanted(lib, read))}, []gitlab.Change{change(gitlab.SetPermissions, lib, read)},
		},
		"own entry back to default": {
			holding(held(lib, read)), []wish{projects(nil, wanted(lib, all))}, []gitlab.Change{change(gitlab.SetPermissions, lib, all)},
		},
		"own entry leaving, not stored":   {holding(), []wish{projects([]gitlab.Target{lib})}, nil},
		"own entry leaving, with default": {holding(held(lib, all)), []wish{projects([]gitlab.Target{lib})}, nil},
		"own entry leaving, fine-grained": {
			holding(held(lib, read)), []wish{projects([]gitlab.Target{lib})}, []gitlab.Change{change(gitlab.SetPermissions, lib, all)},
		},
		"own entry leaving, unreadable": {
			holding(unreadable(lib)), []wish{projects([]gitlab.Target{lib})}, []gitlab.Change{change(gitlab.SetPermissions, lib, all)},
		},

		"adds, then permissions, then removals, each by kind and path": {
			holding(held(web, all), held(ops, all), held(lib, read)),
			[]wish{
				projects([]gitlab.Target{lib, web}, wanted(app, all), wanted(gitlab.Target{Kind: gitlab.KindProject, ID: 8, Path: "acme/a"}, all)),
				groups([]gitlab.Target{ops}, wanted(platform, read)),
			},
			[]gitlab.Change{
				change(gitlab.Add, platform, read),
				change(gitlab.Add, gitlab.Target{Kind: gitlab.KindProject, ID: 8, Path: "acme/a"}, all),
				change(gitlab.Add, app, all),
				change(gitlab.SetPermissions, lib, all),
				gone(ops),
				gone(web),
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := reconcile(c.have, c.wishes...)
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %v\nwant %v", got, c.want)
			}
			// What was carried out leaves nothing to do.
			results := make([]gitlab.Result, 0, len(got))
			for _, done := range got {
				results = append(results, gitlab.Result{Change: done})
			}
			after := *c.have
			after.Projects = outcome(c.have, gitlab.KindProject, results)
			after.Groups = outcome(c.have, gitlab.KindGroup, results)
			if again := reconcile(&after, c.wishes...); len(again) > 0 {
				t.Errorf("a second time it gives %v", again)
			}
		})
	}
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	done := func(c gitlab.Change) gitlab.Result { return gitlab.Result{Change: c} }
	failed := func(c gitlab.Change) gitlab.Result { return gitlab.Result{Change: c, Err: errors.New("refused")} }
	cases := map[string]struct {
		have    *gitlab.Project
		results []gitlab.Result
		want    []gitlab.Entry
	}{
		"nothing happened":     {holding(held(app, all)), nil, []gitlab.Entry{held(app, all)}},
		"added":                {holding(held(app, all)), []gitlab.Result{done(change(gitlab.Add, web, read))}, []gitlab.Entry{held(app, all), held(web, read)}},
		"not added":            {holding(held(app, all)), []gitlab.Result{failed(change(gitlab.Add, web, read))}, []gitlab.Entry{held(app, all)}},
		"adopted":              {holding(held(app, all)), []gitlab.Result{done(change(gitlab.Add, app, read))}, []gitlab.Entry{held(app, read)}},
		"set":                  {holding(unreadable(app)), []gitlab.Result{done(change(gitlab.SetPermissions, app, read))}, []gitlab.Entry{held(app, read)}},
		"not set":              {holding(held(app, all)), []gitlab.Result{failed(change(gitlab.SetPermissions, app, read))}, []gitlab.Entry{held(app, all)}},
		"own entry came":       {holding(), []gitlab.Result{done(change(gitlab.SetPermissions, lib, read))}, []gitlab.Entry{held(lib, read)}},
		"removed":              {holding(held(app, all), held(web, all)), []gitlab.Result{done(gone(app))}, []gitlab.Entry{held(web, all)}},
		"not removed":          {holding(held(app, all)), []gitlab.Result{failed(gone(app))}, []gitlab.Entry{held(app, all)}},
		"removed what is gone": {holding(held(web, all)), []gitlab.Result{done(gone(app))}, []gitlab.Entry{held(web, all)}},
		"of the other kind":    {holding(held(app, all)), []gitlab.Result{done(gone(platform)), done(change(gitlab.Add, ops, all))}, []gitlab.Entry{held(app, all)}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := holding(append(append([]gitlab.Entry{}, c.have.Projects...), c.have.Groups...)...)
			if got := outcome(c.have, gitlab.KindProject, c.results); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v", got)
			}
			if !reflect.DeepEqual(c.have, before) {
				t.Error("the snapshot, which others share, was changed")
			}
		})
	}
}
