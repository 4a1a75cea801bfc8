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

// listing is a snapshot of the list of lib.
func listing(entries ...gitlab.Entry) *gitlab.Project {
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

func change(action gitlab.Action, target gitlab.Target, permissions gitlab.Permissions) gitlab.Change {
	return gitlab.Change{Action: action, Target: target, Permissions: permissions}
}

func gone(target gitlab.Target) gitlab.Change {
	return gitlab.Change{Action: gitlab.Remove, Target: target}
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
		"nothing happened":     {listing(held(app, all)), nil, []gitlab.Entry{held(app, all)}},
		"added":                {listing(held(app, all)), []gitlab.Result{done(change(gitlab.Add, web, read))}, []gitlab.Entry{held(app, all), held(web, read)}},
		"not added":            {listing(held(app, all)), []gitlab.Result{failed(change(gitlab.Add, web, read))}, []gitlab.Entry{held(app, all)}},
		"adopted":              {listing(held(app, all)), []gitlab.Result{done(change(gitlab.Add, app, read))}, []gitlab.Entry{held(app, read)}},
		"set":                  {listing(unreadable(app)), []gitlab.Result{done(change(gitlab.SetPermissions, app, read))}, []gitlab.Entry{held(app, read)}},
		"not set":              {listing(held(app, all)), []gitlab.Result{failed(change(gitlab.SetPermissions, app, read))}, []gitlab.Entry{held(app, all)}},
		"own entry came":       {listing(), []gitlab.Result{done(change(gitlab.SetPermissions, lib, read))}, []gitlab.Entry{held(lib, read)}},
		"removed":              {listing(held(app, all), held(web, all)), []gitlab.Result{done(gone(app))}, []gitlab.Entry{held(web, all)}},
		"not removed":          {listing(held(app, all)), []gitlab.Result{failed(gone(app))}, []gitlab.Entry{held(app, all)}},
		"removed what is gone": {listing(held(web, all)), []gitlab.Result{done(gone(app))}, []gitlab.Entry{held(web, all)}},
		"of the other kind":    {listing(held(app, all)), []gitlab.Result{done(gone(platform)), done(change(gitlab.Add, ops, all))}, []gitlab.Entry{held(app, all)}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := listing(append(append([]gitlab.Entry{}, c.have.Projects...), c.have.Groups...)...)
			if got := outcome(c.have, gitlab.KindProject, c.results); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v", got)
			}
			if !reflect.DeepEqual(c.have, before) {
				t.Error("the snapshot, which others share, was changed")
			}
		})
	}
}
