package share_test

import (
	"fmt"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	acctest.RemoveBinary()
	os.Exit(code)
}

// fixture is a project and a group beside it.
type fixture struct {
	*acctest.GitLab

	lib  acctest.Project
	team acctest.Group
}

func newFixture(t *testing.T) fixture {
	t.Helper()
	g := acctest.New(t)
	return fixture{g, g.Project(t, "lib"), g.Group(t, "team", &g.Root)}
}

func (f fixture) config(role string, lines ...string) string {
	return config("this", f.lib.Path, f.team.Path, role, lines...)
}

func config(name, project, group, role string, lines ...string) string {
	return fmt.Sprintf("resource \"jobtoken_project_share\" %q {\n  project = %q\n  group   = %q\n  role    = %q\n  %s\n}\n", name, project, group, role, strings.Join(lines, "\n  "))
}

func (f fixture) says(t *testing.T, what, output string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !acctest.Says(output, w) {
			t.Errorf("%s does not say %q:\n%s", what, w, output)
		}
	}
}

// A life: made, raised with a warning, changed by somebody else and back, ended on a day, taken away.
func TestAccProjectShare(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := acctest.NewCLI(t, f.GitLab, f.config("developer"))
	has := func(want string) {
		t.Helper()
		if got := f.Shares(t, f.lib)[f.team.Path]; got != want {
			t.Errorf("the group has %q, want %q", got, want)
		}
	}
	c.Apply(t, 0)
	has("30")
	c.Plan(t, acctest.NoChanges)

	c.Configure(t, f.config("maintainer"))
	f.says(t, "the plan of another role", c.Apply(t, 0), "Role of a Group in a Project Is Interrupted ("+f.lib.Path+", "+f.team.Path+")",
		"It is raised to maintainer. GitLab changes no share: the apply ends it and makes it anew at once", "~ role = \"developer\" -> \"maintainer\"")
	has("40")

	f.Unshare(t, f.lib, f.team)
	f.Share(t, f.lib, f.team, acctest.Reporter)
	f.says(t, "the plan after somebody lowered it", c.Plan(t, acctest.Changes), "~ role = \"reporter\" -> \"maintainer\"")
	end := f.Clock(t).AddDate(0, 0, 30).Format("2006-01-02")
	c.Configure(t, f.config("maintainer", fmt.Sprintf("expires_at = %q", end)))
	c.Apply(t, 0)
	has("40 until " + end)

	// A replacement leaves the role as it is, and nothing else is written.
	f.ForgetRequests(t)
	c.Apply(t, 0, "-replace=jobtoken_project_share.this")
	if requests, counted := f.Requests(t); counted && len(requests.Writes()) > 0 {
		t.Errorf("a replacement by itself writes %v", requests.Writes())
	}
	c.Plan(t, acctest.NoChanges)

	c.Must(t, 0, "destroy", "-auto-approve", "-input=false")
	has("")
}

// What is there already is adopted, and said so; a higher role is lowered only by a plan that shows it.
func TestAccProjectShare_adopts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := acctest.NewCLI(t, f.GitLab, f.config("developer"))
	c.Plan(t, acctest.Changes, "-out=plan.bin")
	f.Share(t, f.lib, f.team, acctest.Maintainer)
	f.ForgetRequests(t)
	// The plan did not see the role: core stops at the difference.
	f.says(t, "the apply of a plan that did not see it", c.Must(t, 1, "apply", "-input=false", "plan.bin"), ".adopts")
	if requests, counted := f.Requests(t); counted && len(requests.Writes()) > 0 || f.Shares(t, f.lib)[f.team.Path] != "40" {
		t.Errorf("a role that no plan saw is touched: %v", requests.Writes())
	}
	f.says(t, "the plan that sees it", c.Plan(t, acctest.Changes), "+ adopts = \"maintainer\"", "has the role maintainer in", "already, which the apply takes over. It is lowered to developer")

	c.Configure(t, f.config("maintainer"))
	f.ForgetRequests(t)
	f.says(t, "the adoption", c.Apply(t, 0), "Role of a Group in a Project Is Adopted", "It is taken over as it is; the apply writes nothing")
	if requests, counted := f.Requests(t); counted && len(requests.Writes()) > 0 {
		t.Errorf("the adoption writes %v", requests.Writes())
	}
	c.Plan(t, acctest.NoChanges)

	// A replacement by another group meets its role there, and Terraform shows no warning of that half.
	guild := f.Group(t, "guild", &f.Root)
	f.Share(t, f.lib, guild, acctest.Owner)
	c.Configure(t, config("this", f.lib.Path, guild.Path, "maintainer"))
	f.says(t, "the plan of another group", c.Plan(t, acctest.Changes), "# forces replacement", "Role of a Group in a Project Is Interrupted ("+f.lib.Path+", "+guild.Path+")",
		"has the role owner in", "already, which the apply takes over. It is lowered to maintainer")
}

// A role that somebody changes between plan and apply is not overwritten.
func TestAccProjectShare_outdated(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := acctest.NewCLI(t, f.GitLab, f.config("reporter"))
	c.Apply(t, 0)
	c.Configure(t, f.config("developer"))
	c.Plan(t, acctest.Changes, "-out=plan.bin")
	f.Unshare(t, f.lib, f.team)
	f.Share(t, f.lib, f.team, acctest.Owner)
	f.says(t, "the apply", c.Must(t, 1, "apply", "-input=false", "plan.bin"), "Unable to Apply a Plan That Is Out of Date", "the group has the role owner there by now, and the plan went by reporter")
	if got := f.Shares(t, f.lib)[f.team.Path]; got != "50" {
		t.Errorf("the group has %q", got)
	}
}

// If the second half of a change fails, the former role is put back; if that fails too the error says so, and the next
// apply makes the share anew.
func TestAccProjectShare_halfChanged(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	acctest.NeedsEmbedded(t, f.GitLab)
	c := acctest.NewCLI(t, f.GitLab, f.config("reporter"))
	c.Apply(t, 0)
	c.Configure(t, f.config("developer"))
	const making = "POST /api/v4/projects/:id/share"
	f.Refuse(t, making, 1, http.StatusForbidden, "application/json", `{"message":"403 Forbidden"}`)
	f.says(t, "the first failure", c.Apply(t, 1), "Unable to Change the Role of a Group in a Project", "it is back, and nothing has changed")
	if got := f.Shares(t, f.lib)[f.team.Path]; got != "20" {
		t.Errorf("the former role is not back: %q", got)
	}
	f.Refuse(t, making, 2, http.StatusForbidden, "application/json", `{"message":"403 Forbidden"}`)
	f.says(t, "the second failure", c.Apply(t, 1), "it could not be put back either", "has no role in the project by this share now")
	f.Calm(t)
	f.says(t, "the plan that mends it", c.Apply(t, 0), "1 added")
	c.Plan(t, acctest.NoChanges)
	if got := f.Shares(t, f.lib)[f.team.Path]; got != "30" {
		t.Errorf("the group has %q in the end", got)
	}
}

// What GitLab would refuse is refused at plan, on the attribute.
func TestAccProjectShare_refusedAtPlan(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	locked, limited := f.Group(t, "locked", &f.Root), f.Group(t, "limited-"+f.Root.Path, nil)
	f.Admin(t, http.MethodPut, fmt.Sprintf("/groups/%d", locked.ID), map[string]any{"share_with_group_lock": true}, nil)
	f.Admin(t, http.MethodPut, fmt.Sprintf("/groups/%d", limited.ID), map[string]any{"prevent_sharing_groups_outside_hierarchy": true}, nil)
	f.Member(t, "groups", limited.ID, f.User, acctest.Maintainer)
	public := f.Group(t, "public-"+f.Root.Path, nil)
	f.Admin(t, http.MethodPut, fmt.Sprintf("/groups/%d", public.ID), map[string]any{"visibility": "public"}, nil)
	inLocked, inLimited := f.ProjectIn(t, locked, "tool"), f.ProjectIn(t, limited, "tool")
	low := f.Hidden(t, "low")
	f.Member(t, "projects", low.ID, f.User, acctest.Developer)
	c := acctest.NewCLI(t, f.GitLab, config("own", f.lib.Path, f.Root.Path, "developer")+
		config("locked", inLocked.Path, f.team.Path, "developer")+
		config("outside", inLimited.Path, f.team.Path, "developer")+
		config("owner", inLimited.Path, limited.Path, "owner")+
		config("stranger", f.lib.Path, public.Path, "developer")+
		config("low", low.Path, f.team.Path, "guest")+
		config("ended", f.lib.Path, f.team.Path, "guest", `expires_at = "2020-01-31"`))
	f.says(t, "the plan", c.Plan(t, acctest.Failed),
		"so its members have their roles in the project anyway",
		"has locked the sharing of its projects",
		"is outside. Name a group below "+limited.Path,
		"The token's user is no member of the group "+public.Path,
		"the token's user has to be maintainer of the project. Their role there is developer",
		"2020-01-31 has passed")
}

// Two resources that hold one role are warned of, whatever way they came; the halves of a replacement are one.
func TestAccProjectShare_twice(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	other := f.Group(t, "other", &f.Root)
	const twice = "Role of a Group in a Project Is Managed Twice"
	c := acctest.NewCLI(t, f.GitLab, f.config("developer"))
	c.Apply(t, 0)
	silent := func(what, output string) {
		t.Helper()
		if acctest.Says(output, twice) {
			t.Errorf("%s says %q:\n%s", what, twice, output)
		}
	}
	silent("a replacement", c.Plan(t, acctest.Changes, "-replace=jobtoken_project_share.this"))
	moved := config("this", f.lib.Path, other.Path, "developer")
	c.Configure(t, moved)
	silent("a replacement by another group", c.Plan(t, acctest.Changes))
	c.Configure(t, moved+config("second", fmt.Sprint(f.lib.ID), fmt.Sprint(other.ID), "guest"))
	f.says(t, "a second one of the new group", c.Plan(t, acctest.Changes), twice)
	c.Configure(t, f.config("developer")+config("second", fmt.Sprint(f.lib.ID), fmt.Sprint(f.team.ID), "developer"))
	f.says(t, "a second one", c.Plan(t, acctest.Changes), twice, "GitLab keeps one role", "keep one of them")
	f.says(t, "a second one, without a refresh", c.Plan(t, acctest.Changes, "-refresh=false"), twice)

	imported := acctest.NewCLI(t, f.GitLab, f.config("developer")+fmt.Sprintf("import {\n  to = jobtoken_project_share.this\n  id = %q\n}\n", f.lib.Path+":"+f.team.Path))
	imported.Apply(t, 0)
	silent("a replacement after an import", imported.Plan(t, acctest.Changes, "-replace=jobtoken_project_share.this"))
	silent("the destroy", imported.Must(t, 0, "destroy", "-auto-approve", "-input=false"))
}

// A group that somebody deletes takes its share along, and stops no plan.
func TestAccProjectShare_groupDeleted(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := acctest.NewCLI(t, f.GitLab, f.config("reporter"))
	c.Apply(t, 0)
	f.DeleteGroup(t, f.team)
	f.says(t, "the plan", c.Plan(t, acctest.NoChanges), "Group Was Deleted", "Take this resource out of the configuration")
	c.Configure(t, "")
	c.Apply(t, 0)
}

// What a list shows is what its import makes.
func TestList(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	guild := f.Group(t, "guild", &f.Root)
	f.Share(t, f.lib, f.team, acctest.Developer)
	f.Share(t, f.Project(t, "app"), guild, acctest.Reporter)
	const name = "jobtoken_project_share"
	q := acctest.NewQuery(t, f.GitLab, f.Token)
	found, problems := q.Ask(t, name, map[string]any{"group": f.Root.Path}, 100, true)
	var names []string
	for _, result := range found {
		names = append(names, result.DisplayName)
		if got, want := q.Resource(t, name, result.Resource), q.Imported(t, name, result.Identity); !reflect.DeepEqual(got, want) {
			t.Errorf("%q is\n%v, and its import\n%v", result.DisplayName, got, want)
		}
	}
	slices.Sort(names)
	want := []string{f.Root.Path + "/app: " + guild.Path + " (reporter)", f.lib.Path + ": " + f.team.Path + " (developer)"}
	if !slices.Equal(names, want) || len(problems) > 0 {
		t.Errorf("found %q, want %q; %v", names, want, problems)
	}
}
