package contract_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// breakage is a mistake in the provider that the walks have to notice.
type breakage struct {
	name string
	// file holds from once; to is what it is replaced with.
	file, from, to string
	// judge is one that must speak.
	judge string
}

var breakages = []breakage{
	{
		"compared with the server instead of the prior state", "internal/tf/intent/intent.go",
		"if managed && !before.Undecided && before.Permissions.Equal(want.Permissions) {",
		"if managed && !before.Undecided && there && stored.Permissions.Equal(want.Permissions) {",
		"a write needs a line|never wider than the plan",
	},
	{
		"kept permissions set again", "internal/tf/intent/intent.go",
		"i.Meanwhile = append(i.Meanwhile, Meanwhile{Target: stored.Target, Now: stored.Permissions})",
		"i.Steps = append(i.Steps, Step{Change: allowlists.Change{Action: allowlists.SetPermissions, Target: stored.Target, Permissions: want.Permissions}, Stored: stored, Held: true})",
		"a write needs a line|never wider than the plan",
	},
	{
		"who came meanwhile removed without a name", "internal/tf/intent/intent.go",
		"i.Meanwhile = append(i.Meanwhile, Meanwhile{Target: stored.Target, Came: true})",
		"i.leave(project, map[int64]allowlists.Entry{stored.Target.ID: stored}, stored.Target)",
		"a write needs a line",
	},
	{
		"removed by what the path leads to", "internal/gitlab/allowlists/remove.go",
		"remove := s.gitlab.REST().JobTokenScope.RemoveProjectFromJobScopeAllowList",
		"if found, _, err := s.gitlab.REST().Projects.GetProject(target.Path, nil, gitlab.RESTContext(ctx)); err == nil && target.Kind == gitlab.KindProject {\n\t\ttarget.ID = found.ID\n\t}\n\tremove := s.gitlab.REST().JobTokenScope.RemoveProjectFromJobScopeAllowList",
		"a write needs a line|state = server|the wish",
	},
	{
		"no mark on a replacement", "internal/allowlist/again.go",
		"if mark, whole := p.marked(); whole {", "if mark, whole := p.marked(); whole && mark.ProjectID == 0 {",
		"a write needs a line|nobody who stays is refused",
	},
	{
		"no claim under create_before_destroy", "internal/allowlist/resource.go",
		"d.kept = noted.And(r.session.Overlap.Kept(id.ValueInt64(), typeName))", "d.kept = noted",
		"a write needs a line|nobody who stays is refused|state = server",
	},
	{
		"the own entry kept in the state", "internal/allowlist/model.go",
		"project.IsOwn(stored.Target) && (!all || stored.Permissions.Default)", "project.IsOwn(stored.Target) && stored.Permissions.Default",
		"a write needs a line|never wider than the plan",
	},
	{
		"toggles written though unchanged", "internal/tf/intent/toggle.go",
		"case configured.Equal(state):", "case configured.Equal(state) && configured.IsNull():",
		"a write needs a line|never wider than the plan",
	},
	{
		"the fingerprint left out", "internal/allowlist/fingerprint.go",
		"if len(ids) == 0 {", "if len(ids) >= 0 {",
		"never wider than the plan|a write needs a line",
	},
	{
		"an entry taken off and added anew to change it", "internal/allowlist/apply.go",
		"results := a.Lists.Change(ctx, project.Target(), phases.Room)",
		"results := a.Lists.Change(ctx, project.Target(), phases.Room)\n\tfor i, c := range phases.Grant {\n\t\tif c.Action == allowlists.SetPermissions {\n\t\t\ta.Lists.Change(ctx, project.Target(), []allowlists.Change{{Action: allowlists.Remove, Target: c.Target}})\n\t\t\tphases.Grant[i].Action = allowlists.Add\n\t\t}\n\t}",
		"nobody who stays is refused|a write needs a line",
	},
	{
		"a consumer that is gone is an error", "internal/allowlist/list_session.go",
		"if last, gone := l.wasDeleted(ctx, e, err); gone {", "if last, gone := l.wasDeleted(ctx, e, err); gone && last.ID == 0 {",
		"a plan fails for a reason|an apply fails for a reason",
	},
	{
		"the state recorded as planned after a failure", "internal/allowlist/apply.go",
		"if !failed(e.target) {", "if !failed(e.target) || e.target.ID > 0 {",
		"state = server|the wish",
	},
	{
		"the undo of an addition left out", "internal/gitlab/allowlists/undo.go",
		"return w.service.takeOff(ctx, source, stored.Target)", "return nil",
		"never wider than the plan|a write needs a line|state = server",
	},
	{
		"the description of a variable written over", "internal/gitlab/variables/endpoints.go",
		"\tif v.Describe {", "\tif withValue || v.Describe {",
		"a write needs a line",
	},
	{
		"a new token for a new delivery", "internal/credential/change.go",
		"known := !state.Token.IsNull() || stored.Readable && state.Active.ValueBool()", "known := !state.Token.IsNull()",
		"nothing is minted that nobody needs",
	},
	{
		"a group taken for the project of its number", "internal/allowlist/caution.go",
		"return b.kind == e.kind && (b.target.ID == e.target.ID && e.target.ID != 0 || b.key == e.key && e.target.ID == 0)",
		"return b.target.ID == e.target.ID && e.target.ID != 0 || b.key == e.key && e.target.ID == 0",
		"a plan warns of what it does",
	},
	{
		"the answers of a shared request mixed up", "internal/gitlab/allowlists/gather.go",
		"answers = answers[len(*m):]", "answers = answers[0:]",
		"state = server|a write needs a line|an apply fails for a reason",
	},
	{
		"a destroy that ends the enforcement", "internal/enforcement/resource.go",
		"func (r *enforcementResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {",
		"func (r *enforcementResource) Delete(ctx context.Context, _ resource.DeleteRequest, _ *resource.DeleteResponse) {\n\t_, _ = r.session.Lists.SetInstanceEnforces(ctx, false)",
		"a write needs a line|never wider than the plan",
	},
	{
		"a role that came meanwhile overwritten", "internal/share/apply.go",
		"case !now.Equal(expected):", "case !now.Equal(expected) && w.now == nil:",
		"a write needs a line",
	},
	{
		"a replacement that takes the role away", "internal/share/resource.go",
		"if mark, whole := p.marked(); whole {", "if mark, whole := p.marked(); whole && mark.ProjectID == 0 {",
		"a write needs a line|core|an apply fails for a reason|the second plan is the first",
	},
	{
		"what a read has changed not told", "internal/tf/unchanged/server.go",
		"if !same || !told || !done.Same || !private.same() {", "if !same || !told || !private.same() {",
		"with the layer",
	},
	{
		"what a plan has changed not told", "internal/tf/unchanged/server.go",
		"if !told || !done.Same || !private.same() {", "if !told || !private.same() {",
		"with the layer",
	},
	{
		"private state that has changed left as it was", "internal/tf/unchanged/server.go",
		"if !same || !told || !done.Same || !private.same() {", "if !same || !told || !done.Same {",
		"with the layer",
	},
}

// The walks can fail: each mistake, made on purpose in a copy of one file, is noticed within 2,000.
//
//nolint:paralleltest // each is a build, and walks that take all cores
func TestBreakages(t *testing.T) {
	if !*breaks {
		t.Skip("make contract runs them")
	}
	for _, b := range breakages {
		t.Run(b.name, func(t *testing.T) {
			mistake := acctest.Mistake{File: b.file, From: b.from, To: b.to}
			test := "TestWalks"
			if strings.HasPrefix(b.file, "internal/tf/unchanged/") {
				test = "TestUnchanged" // holds it against the framework
			}
			output := mistake.Test(t, "-run", "^"+test+"$", "./internal/contract", "-walks=2000", "-failures=1", "-shrink=false")
			if !regexp.MustCompile(b.judge).MatchString(output) {
				t.Fatalf("no judge says %q:\n%s", b.judge, output)
			}
			fmt.Printf("noticed: %s\n", b.name)
		})
	}
}
