package usage_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/intent"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/usage"
)

var (
	lib  = gitlab.Target{Kind: gitlab.KindProject, ID: 1, Path: "acme/lib"}
	app  = gitlab.Target{Kind: gitlab.KindProject, ID: 2, Path: "acme/app"}
	tool = gitlab.Target{Kind: gitlab.KindProject, ID: 3, Path: "acme/Team/deep/tool"}
	team = gitlab.Target{Kind: gitlab.KindGroup, ID: 2, Path: "acme/team"}
	deep = gitlab.Target{Kind: gitlab.KindGroup, ID: 3, Path: "acme/team/deep"}

	all  = allowlists.DefaultPermissions()
	read = allowlists.FineGrained("read_jobs")
	more = allowlists.FineGrained("admin_jobs", "read_packages")
)

func on(target gitlab.Target, permissions allowlists.Permissions) allowlists.Entry {
	return allowlists.Entry{Target: target, Permissions: permissions}
}

func limited(entries ...allowlists.Entry) usage.Access {
	return usage.Access{Limited: true, Entries: entries}
}

func open(entries ...allowlists.Entry) usage.Access { return usage.Access{Entries: entries} }

func TestLosses(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	log := []allowlists.LogEntry{{Origin: tool, LastAuthorized: at}, {Origin: app, LastAuthorized: at}, {LastAuthorized: at}, {Origin: lib, LastAuthorized: at}}
	unreadable := allowlists.Entry{Target: app, PermissionsUnreadable: true}
	for name, c := range map[string]struct {
		before, after usage.Access
		want          []string
	}{
		"nothing":                         {limited(on(app, all), on(team, all)), limited(on(app, all), on(team, all)), nil},
		"an entry goes":                   {limited(on(app, all), on(team, all)), limited(on(team, all)), []string{"acme/app refused"}},
		"a group goes":                    {limited(on(team, read)), limited(), []string{"acme/Team/deep/tool refused, through acme/team"}},
		"a group gives way to another":    {limited(on(team, read)), limited(on(deep, more)), nil},
		"a group gives way to a project":  {limited(on(team, read)), limited(on(tool, read)), nil},
		"and to the wrong one":            {limited(on(team, read)), limited(on(app, read)), []string{"acme/Team/deep/tool refused, through acme/team"}},
		"narrowed":                        {limited(on(app, all)), limited(on(app, more)), []string{"acme/app default permissions -> admin_jobs, read_packages"}},
		"narrowed further":                {limited(on(app, more)), limited(on(app, read)), []string{"acme/app admin_jobs, read_packages -> read_jobs"}},
		"widened":                         {limited(on(app, read)), limited(on(app, more)), nil},
		"a nearer entry is narrower":      {limited(on(team, all)), limited(on(team, all), on(deep, read)), []string{"acme/Team/deep/tool default permissions -> read_jobs, through acme/team"}},
		"a farther one is":                {limited(on(deep, all)), limited(on(deep, all), on(team, read)), nil},
		"switched on":                     {open(on(app, all)), limited(on(app, all)), []string{"acme/Team/deep/tool refused"}},
		"switched on, narrowly":           {open(), limited(on(app, read), on(team, all)), []string{"acme/app default permissions -> read_jobs"}},
		"switched off":                    {limited(on(app, all)), open(), nil},
		"an open list is emptied":         {open(on(app, all)), open(), nil},
		"who was not let in any more":     {limited(), limited(on(team, read)), nil},
		"permissions that nobody can see": {limited(unreadable), limited(on(app, read)), nil},
		"and that stay":                   {limited(unreadable, on(team, all)), limited(unreadable), []string{"acme/Team/deep/tool refused, through acme/team"}},
	} {
		var got []string
		for _, loss := range usage.Losses(lib, c.before, c.after, log) {
			line := loss.Origin.Path + " refused"
			if loss.Narrowed {
				line = fmt.Sprintf("%s %s -> %s", loss.Origin.Path, loss.Before, loss.Now)
			}
			if loss.Through.Kind == gitlab.KindGroup {
				line += ", through " + loss.Through.Path
			}
			if !loss.Last.Equal(at) {
				t.Errorf("%s: last used %s", name, loss.Last)
			}
			got = append(got, line)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestAfter(t *testing.T) {
	t.Parallel()
	step := func(action allowlists.Action, target gitlab.Target, permissions allowlists.Permissions) intent.Step {
		return intent.Step{Change: allowlists.Change{Action: action, Target: target, Permissions: permissions}}
	}
	before := limited(on(app, all), on(team, all), on(deep, read))
	after := usage.After(before, []intent.Step{step(allowlists.Add, tool, read), step(allowlists.SetPermissions, team, read), step(allowlists.Remove, app, allowlists.Permissions{})})
	want := map[gitlab.Key]string{deep.Key(): "read_jobs", team.Key(): "read_jobs", tool.Key(): "read_jobs"}
	if len(after.Entries) != len(want) || !after.Limited || len(before.Entries) != 3 {
		t.Errorf("got %+v", after)
	}
	for _, e := range after.Entries {
		if want[e.Target.Key()] != e.Permissions.String() {
			t.Errorf("%s has %s", e.Target, e.Permissions)
		}
	}
}
