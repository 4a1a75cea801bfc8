package intent_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/intent"
)

// The project whose list it is, and what can be on it.
var (
	lib      = project(1, "acme/lib")
	app      = project(2, "acme/app")
	web      = project(3, "acme/web")
	platform = group(2, "acme/platform")

	all  = allowlists.DefaultPermissions()
	none = allowlists.FineGrained()
	read = allowlists.FineGrained("read_packages")
	more = allowlists.FineGrained("read_packages", "read_jobs")
)

func project(id int64, path string) gitlab.Target {
	return gitlab.Target{Kind: gitlab.KindProject, ID: id, Path: path}
}

func group(id int64, path string) gitlab.Target {
	return gitlab.Target{Kind: gitlab.KindGroup, ID: id, Path: path}
}

// on is a snapshot of the list of lib.
func on(entries ...allowlists.Entry) *allowlists.Project {
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

func has(target gitlab.Target, permissions allowlists.Permissions) intent.Entry {
	return intent.Entry{Target: target, Permissions: permissions}
}

// list is one of projects, managed whole.
func list(before, want []intent.Entry, named ...gitlab.Target) intent.List {
	return intent.List{Kind: gitlab.KindProject, Before: before, Want: want, Named: named, Whole: true}
}

func entries(of ...intent.Entry) []intent.Entry { return of }

func add(t gitlab.Target, p allowlists.Permissions) allowlists.Change {
	return allowlists.Change{Action: allowlists.Add, Target: t, Permissions: p}
}

func set(t gitlab.Target, p allowlists.Permissions) allowlists.Change {
	return allowlists.Change{Action: allowlists.SetPermissions, Target: t, Permissions: p}
}

func remove(t gitlab.Target) allowlists.Change {
	return allowlists.Change{Action: allowlists.Remove, Target: t}
}

func changes(i intent.Intent) (list []allowlists.Change) {
	for _, step := range i.Steps {
		list = append(list, step.Change)
	}
	return list
}

func TestOf(t *testing.T) {
	t.Parallel()
	renamed := project(app.ID, "acme/application")
	undecided := intent.Entry{Target: app, Undecided: true}
	dead := intent.Entry{Target: app, Permissions: read, Dead: true}
	cases := map[string]struct {
		on   *allowlists.Project
		list intent.List
		want intent.Intent
	}{
		"a creation adds what is missing": {on(), list(nil, entries(has(app, read))), intent.Intent{Steps: steps(add(app, read))}},
		"a creation adopts what is there": {
			on(held(app, read), held(web, all)), list(nil, entries(has(app, read), has(web, none))),
			intent.Intent{Steps: steps(set(web, none)), Adopted: []gitlab.Target{app}},
		},
		"what cannot be read is written": {on(unreadable(app)), list(nil, entries(has(app, none))), intent.Intent{Steps: steps(set(app, none))}},
		"a line that narrows":            {on(held(app, all)), list(entries(has(app, all)), entries(has(app, read))), intent.Intent{Steps: steps(set(app, read))}},
		"a line that is done already":    {on(held(app, read)), list(entries(has(app, all)), entries(has(app, read))), intent.Intent{}},
		"a line by id, renamed meanwhile": {
			on(held(renamed, all)), list(entries(has(app, all)), entries(has(app, read))), intent.Intent{Steps: steps(set(renamed, read))},
		},
		"a line for what somebody removed": {
			on(), list(entries(has(app, read)), entries(has(app, more))), intent.Intent{Vanished: []gitlab.Target{app}},
		},
		"no line, narrowed by somebody": {
			on(held(app, none)), list(entries(has(app, all)), entries(has(app, all))),
			intent.Intent{Meanwhile: []intent.Meanwhile{{Target: app, Now: none}}},
		},
		"no line, removed by somebody": {
			on(), list(entries(has(app, all)), entries(has(app, all))), intent.Intent{Meanwhile: []intent.Meanwhile{{Target: app, Gone: true}}},
		},
		"no line, added by somebody": {on(held(web, all)), list(nil, nil), intent.Intent{Meanwhile: []intent.Meanwhile{{Target: web, Came: true}}}},
		"it leaves":                  {on(held(app, read)), list(entries(has(app, read)), nil), intent.Intent{Steps: steps(remove(app))}},
		"it leaves and is gone":      {on(), list(entries(has(app, read)), nil), intent.Intent{}},
		"it leaves and stays, unmanaged": {
			on(held(app, read)), intent.List{Kind: gitlab.KindProject, Before: entries(has(app, read)), Stay: true}, intent.Intent{},
		},
		"it leaves by name":               {on(held(web, all)), list(nil, nil, web), intent.Intent{Steps: steps(remove(web))}},
		"named and wanted":                {on(held(web, all)), list(nil, entries(has(web, read)), web), intent.Intent{Steps: steps(set(web, read))}},
		"taken, and something is unnamed": {on(held(web, all)), intent.List{Kind: gitlab.KindProject, Whole: true, Taken: true}, intent.Intent{Unnamed: []gitlab.Target{web}}},
		"permissions not known yet":       {on(held(app, all)), list(entries(has(app, all)), entries(undecided)), intent.Intent{}},
		"a target not known yet":          {on(), list(nil, entries(has(gitlab.Target{}, all))), intent.Intent{}},
		"a target that was deleted":       {on(), list(entries(has(app, all)), entries(dead)), intent.Intent{}},
		"a group is not the project of its id": {
			on(held(platform, all)), list(nil, entries(has(app, all))), intent.Intent{Steps: steps(add(app, all))},
		},

		"own, default, not stored":          {on(), list(nil, entries(has(lib, all))), intent.Intent{}},
		"own, fine-grained, not stored":     {on(), list(nil, entries(has(lib, read))), intent.Intent{Steps: steps(set(lib, read))}},
		"own, back to default":              {on(held(lib, read)), list(entries(has(lib, read)), entries(has(lib, all))), intent.Intent{Steps: steps(set(lib, all))}},
		"own, not managed":                  {on(held(lib, read)), list(nil, nil), intent.Intent{}},
		"own, leaving":                      {on(held(lib, read)), list(entries(has(lib, read)), nil), intent.Intent{Steps: steps(set(lib, all))}},
		"own, leaving with default":         {on(held(lib, all)), list(entries(has(lib, all)), nil), intent.Intent{}},
		"own, named":                        {on(held(lib, read)), list(nil, nil, lib), intent.Intent{}},
		"own, unreadable, leaving":          {on(unreadable(lib)), list(entries(has(lib, read)), nil), intent.Intent{Steps: steps(set(lib, all))}},
		"own, narrowed by somebody, listed": {on(held(lib, none)), list(entries(has(lib, all)), entries(has(lib, all))), intent.Intent{Meanwhile: []intent.Meanwhile{{Target: lib, Now: none}}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := intent.Of(c.on, c.list)
			if !reflect.DeepEqual(changes(got), changes(c.want)) {
				t.Errorf("changes %v, want %v", changes(got), changes(c.want))
			}
			got.Steps, c.want.Steps = nil, nil
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func steps(changes ...allowlists.Change) (list []intent.Step) {
	for _, c := range changes {
		list = append(list, intent.Step{Change: c})
	}
	return list
}

// Whatever state, plan and server are: a write has a line, what has a line comes true, and nothing else is
// touched.
func TestOf_anything(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a test that can be repeated
		some := func() map[int64]allowlists.Permissions {
			list := map[int64]allowlists.Permissions{}
			for id := range int64(6) {
				if random.IntN(2) == 0 {
					list[id+2] = []allowlists.Permissions{all, none, read, more}[random.IntN(4)]
				}
			}
			return list
		}
		state, plan, server := some(), some(), some()
		l := list(as(state), as(plan))
		for id := range server {
			if _, managed := state[id]; !managed && random.IntN(2) == 0 {
				l.Named = append(l.Named, project(id, fmt.Sprintf("acme/%d", id)))
			}
		}
		p := on()
		for id, permissions := range server {
			p.Projects = append(p.Projects, held(project(id, fmt.Sprintf("acme/%d", id)), permissions))
		}
		after := carryOut(server, intent.Of(p, l))
		for id := range int64(8) {
			was, managed := state[id]
			wanted, planned := plan[id]
			named := slices.ContainsFunc(l.Named, func(t gitlab.Target) bool { return t.ID == id })
			line := managed != planned || managed && !was.Equal(wanted) || named && !planned
			has, there := after[id]
			stored, before := server[id]
			switch vanished := managed && planned && !before; {
			case !line || vanished:
				if there != before || there && !has.Equal(stored) {
					t.Errorf("seed %d: %d was touched without a line", seed, id)
				}
			case there != planned || there && !has.Equal(wanted):
				t.Errorf("seed %d: the line of %d did not come true", seed, id)
			}
		}
	}
}

func as(list map[int64]allowlists.Permissions) (entries []intent.Entry) {
	for id, permissions := range list {
		entries = append(entries, has(project(id, fmt.Sprintf("acme/%d", id)), permissions))
	}
	return entries
}

func carryOut(server map[int64]allowlists.Permissions, i intent.Intent) map[int64]allowlists.Permissions {
	after := map[int64]allowlists.Permissions{}
	for id, permissions := range server {
		after[id] = permissions
	}
	for _, step := range i.Steps {
		if step.Action == allowlists.Remove {
			delete(after, step.Target.ID)
		} else {
			after[step.Target.ID] = step.Permissions
		}
	}
	return after
}

// Just as many removals go first as additions need room, and no more entries are there at any moment than
// GitLab stores.
func TestPhases(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ there, leave, come, first int }{
		{0, 0, 5, 0},
		{allowlists.MaxEntries, 3, 2, 2},
		{allowlists.MaxEntries, 3, 3, 3},
		{allowlists.MaxEntries - 1, 3, 3, 2},
		{allowlists.MaxEntries - 5, 3, 3, 0},
		{allowlists.MaxEntries, 3, 0, 0},
	} {
		p, l := on(), intent.List{Kind: gitlab.KindProject}
		for id := range c.there {
			target := project(int64(id+2), fmt.Sprintf("acme/%d", id))
			p.Projects = append(p.Projects, held(target, all))
			l.Before = append(l.Before, has(target, all))
			if id >= c.leave {
				l.Want = append(l.Want, has(target, all))
			}
		}
		for id := range c.come {
			l.Want = append(l.Want, has(project(int64(1000+id), fmt.Sprintf("acme/new%d", id)), all))
		}
		got := intent.Of(p, l).Phases(p)
		if len(got.Room) != c.first || len(got.Grant) != c.come || len(got.Rest) != c.leave-c.first {
			t.Errorf("%+v: %d first, %d granted, %d at last", c, len(got.Room), len(got.Grant), len(got.Rest))
		}
	}
}

func TestToggleOf(t *testing.T) {
	t.Parallel()
	null, unknown, on, off := types.BoolNull(), types.BoolUnknown(), types.BoolValue(true), types.BoolValue(false)
	yes := true
	for name, c := range map[string]struct {
		configured, state types.Bool
		stored            bool
		want              intent.Toggle
	}{
		"left out":                        {null, off, true, intent.Toggle{}},
		"not known yet":                   {unknown, off, true, intent.Toggle{}},
		"in a creation":                   {on, null, false, intent.Toggle{Write: &yes}},
		"in a creation, so already":       {on, null, true, intent.Toggle{}},
		"a line":                          {on, off, false, intent.Toggle{Write: &yes}},
		"a line that is done already":     {on, off, true, intent.Toggle{}},
		"no line, switched by somebody":   {off, off, true, intent.Toggle{Meanwhile: true}},
		"no line, and nobody switched it": {off, off, false, intent.Toggle{}},
	} {
		if got := intent.ToggleOf(c.configured, c.state, c.stored); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
