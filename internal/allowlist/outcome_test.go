package allowlist

import (
	"errors"
	"reflect"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
)

// The project whose list is reconciled, and what can be on it.
var (
	lib      = gitlab.Target{Kind: gitlab.KindProject, ID: 1, Path: "acme/lib"}
	app      = gitlab.Target{Kind: gitlab.KindProject, ID: 2, Path: "acme/app"}
	web      = gitlab.Target{Kind: gitlab.KindProject, ID: 3, Path: "acme/web"}
	platform = gitlab.Target{Kind: gitlab.KindGroup, ID: 2, Path: "acme/platform"}
	ops      = gitlab.Target{Kind: gitlab.KindGroup, ID: 9, Path: "acme/ops"}

	all      = allowlists.DefaultPermissions()
	none     = allowlists.FineGrained()
	read     = allowlists.FineGrained("read_packages")
	readMore = allowlists.FineGrained("read_packages", "read_jobs")
)

// listing is a snapshot of the list of lib.
func listing(entries ...allowlists.Entry) *allowlists.Project {
	p := &allowlists.Project{ID: lib.ID, Path: lib.Path}
	for _, e := range entries {
		if e.Target.Kind == gitlab.KindGroup {
			p.Groups = append(p.Groups, e)
		} else {
			p.Projects = append(p.Projects, e)
		}
	}
	return p
}

func held(target gitlab.Target, permissions allowlists.Permissions) allowlists.Entry {
	return allowlists.Entry{Target: target, Permissions: permissions}
}

func unreadable(target gitlab.Target) allowlists.Entry {
	return allowlists.Entry{Target: target, PermissionsUnreadable: true}
}

// wanted is an entry as configuration and resolving give it, spelled by path.
func wanted(target gitlab.Target, permissions allowlists.Permissions) entry {
	return entry{
		kind: target.Kind, key: target.Path, text: target.Path, target: target,
		permissions: permissions, permissionsKnown: true, model: entryModel{Permissions: flattenPermissions(permissions)},
	}
}

func change(action allowlists.Action, target gitlab.Target, permissions allowlists.Permissions) allowlists.Change {
	return allowlists.Change{Action: action, Target: target, Permissions: permissions}
}

func gone(target gitlab.Target) allowlists.Change {
	return allowlists.Change{Action: allowlists.Remove, Target: target}
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	done := func(c allowlists.Change) allowlists.Result { return allowlists.Result{Change: c} }
	failed := func(c allowlists.Change) allowlists.Result {
		return allowlists.Result{Change: c, Err: errors.New("refused")}
	}
	cases := map[string]struct {
		have    *allowlists.Project
		results []allowlists.Result
		want    []allowlists.Entry
	}{
		"nothing happened":     {listing(held(app, all)), nil, []allowlists.Entry{held(app, all)}},
		"added":                {listing(held(app, all)), []allowlists.Result{done(change(allowlists.Add, web, read))}, []allowlists.Entry{held(app, all), held(web, read)}},
		"not added":            {listing(held(app, all)), []allowlists.Result{failed(change(allowlists.Add, web, read))}, []allowlists.Entry{held(app, all)}},
		"adopted":              {listing(held(app, all)), []allowlists.Result{done(change(allowlists.Add, app, read))}, []allowlists.Entry{held(app, read)}},
		"set":                  {listing(unreadable(app)), []allowlists.Result{done(change(allowlists.SetPermissions, app, read))}, []allowlists.Entry{held(app, read)}},
		"not set":              {listing(held(app, all)), []allowlists.Result{failed(change(allowlists.SetPermissions, app, read))}, []allowlists.Entry{held(app, all)}},
		"own entry came":       {listing(), []allowlists.Result{done(change(allowlists.SetPermissions, lib, read))}, []allowlists.Entry{held(lib, read)}},
		"removed":              {listing(held(app, all), held(web, all)), []allowlists.Result{done(gone(app))}, []allowlists.Entry{held(web, all)}},
		"not removed":          {listing(held(app, all)), []allowlists.Result{failed(gone(app))}, []allowlists.Entry{held(app, all)}},
		"removed what is gone": {listing(held(web, all)), []allowlists.Result{done(gone(app))}, []allowlists.Entry{held(web, all)}},
		"of the other kind":    {listing(held(app, all)), []allowlists.Result{done(gone(platform)), done(change(allowlists.Add, ops, all))}, []allowlists.Entry{held(app, all)}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := listing(append(append([]allowlists.Entry{}, c.have.Projects...), c.have.Groups...)...)
			if got := outcome(c.have, gitlab.KindProject, c.results); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v", got)
			}
			if !reflect.DeepEqual(c.have, before) {
				t.Error("the snapshot, which others share, was changed")
			}
		})
	}
}
