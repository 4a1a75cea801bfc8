package access_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/access"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/jobtoken"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/release"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// cases is how many worlds the two readings of GitLab's rules are held against each other in.
const cases = 24_000

// emulated are operations as the embedded GitLab has them, or as its parts would make them.
var emulated = map[string]jobtoken.Operation{
	"git_clone_other_project": jobtoken.Clone,
	"git_push_other_project":  jobtoken.Push,
	"package_pull_generic":    jobtoken.DownloadPackage,
	"package_push_generic":    jobtoken.PublishPackage,
	"artifacts_download":      jobtoken.DownloadArtifacts,
	"artifacts_file":          jobtoken.ReadArtifact,
	"release_read":            jobtoken.ReadReleases,
	"release_write":           jobtoken.CreateRelease,
	"repository_file":         jobtoken.ReadRawFile,
	"pipeline_trigger":        jobtoken.TriggerPipeline,
	"package_delete":          writes("admin_packages", store.Maintainer, store.PackageRegistry),
	"package_push_helm":       {Ability: rules.CreatePackage},
	"secure_file_read":        {Ability: rules.Ability{Features: []store.Feature{store.Builds}, Role: store.Developer}, Governed: true, Permissions: []string{"read_secure_files"}},
	"secure_file_write":       writes("admin_secure_files", store.Maintainer, store.Builds),
	"pipeline_rename":         writes("admin_pipelines", store.Developer, store.Repository, store.Builds),
	"deployment_delete":       writes("admin_deployments", store.Maintainer, store.Repository, store.Builds),
	"deployment_create": {
		Ability:  rules.Ability{Features: []store.Feature{store.Repository, store.Builds}, Role: store.Developer, Writes: true},
		Governed: true, Permissions: []string{"admin_deployments", "admin_environments"},
	},
	"work_item_read": {
		Ability: rules.Ability{Role: store.Guest, Public: true}, Governed: true, Permissions: []string{"read_work_items"},
		PublicWhen: []store.Feature{"issues"},
	},
	"badge_read": {
		Ability: rules.Ability{Role: store.Guest, Public: true}, Governed: true, Permissions: []string{"read_badges"},
		PublicWhen: []store.Feature{store.Repository},
	},
}

func writes(permission string, role store.AccessLevel, features ...store.Feature) jobtoken.Operation {
	return jobtoken.Operation{Ability: rules.Ability{Features: features, Role: role, Writes: true}, Governed: true, Permissions: []string{permission}}
}

// world is one generated instance, with the facts that a reader sees of it.
type world struct {
	*rand.Rand
	st      *store.State
	version release.Version
	user    *store.User
	origin  *store.Project
	target  *store.Project
	groups  []*store.Namespace // above the origin, the nearest first
	missing bool
	facts   access.Facts
}

func pick[T any](w *world, from ...T) T { return from[w.IntN(len(from))] }

func (w *world) chance(percent int) bool { return w.IntN(100) < percent }

var releases = []struct {
	text string
	is   access.Version
}{
	{"17.11", access.Version{Major: 17, Minor: 11}}, {"18.4", access.Version{Major: 18, Minor: 4}},
	{"19.0", access.Version{Major: 19}}, {"19.4", access.Version{Major: 19, Minor: 4}},
}

func newWorld(t *testing.T, st *store.State, r *rand.Rand) *world {
	t.Helper()
	w := &world{Rand: r, st: st}
	at := releases[w.IntN(len(releases))]
	version, err := release.Parse(at.text)
	if err != nil {
		t.Fatal(err)
	}
	w.version, w.facts.Version = version, at.is
	w.facts.Enterprise = access.Known(false)
	w.people()
	top, vault := w.namespace("group", 0), w.namespace("vault", 0)
	team, inner := w.namespace("team", top.ID), w.namespace("inner", vault.ID)
	w.target = w.project("target", pick(w, vault, inner))
	w.home(top, team, vault, inner)
	w.memberships(vault, inner)
	w.list(top, team, vault, inner)
	w.settle()
	return w
}

func (w *world) people() {
	w.user = w.st.CreateUser(store.User{
		Username: "dev", Email: "dev@example.com", State: "active", External: w.chance(15), Admin: w.chance(3),
	})
	w.facts.User = access.User{Username: "dev", External: access.Known(w.user.External), Admin: access.Known(w.user.Admin)}
}

func (w *world) namespace(path string, parent int64) *store.Namespace {
	return w.st.CreateNamespace(store.Namespace{
		Kind: store.GroupNamespace, Path: path, Name: path, ParentID: parent, Visibility: store.Public, JobTokenPolicies: w.chance(70),
	})
}

var levels = []store.FeatureLevel{store.FeatureEnabled, store.FeatureEnabled, store.FeatureEnabled, store.FeaturePrivate, store.FeatureDisabled}

func (w *world) project(path string, in *store.Namespace) *store.Project {
	p := store.Project{
		NamespaceID: in.ID, Path: path, Name: path, Visibility: pick(w, store.Private, store.Private, store.Internal, store.Public),
		Archived: w.chance(5),
		JobToken: store.JobTokenSettings{Inbound: w.chance(80), Outbound: w.chance(15), Push: w.chance(60), CrossProjectPush: w.chance(60)},
		Features: store.FeatureLevels{}.With(map[store.Feature]store.FeatureLevel{
			store.Repository: pick(w, levels...), store.Builds: pick(w, levels...), store.PackageRegistry: pick(w, levels...), store.Releases: pick(w, levels...),
		}),
	}
	if w.chance(3) {
		scheduled := time.Unix(0, 0)
		p.MarkedForDeletion = &scheduled
	}
	return w.st.CreateProject(p)
}

// home is where the job's project lives: elsewhere, beside the target, in a user's namespace; or it is the
// target itself.
func (w *world) home(top, team, vault, inner *store.Namespace) {
	switch {
	case w.chance(15):
		w.origin = w.target
	case w.chance(10):
		w.origin = w.project("origin", w.st.Namespace(w.user.NamespaceID))
	default:
		w.origin = w.project("origin", pick(w, top, team, team, team, vault, inner))
	}
	for _, n := range w.st.Lineage(w.origin.NamespaceID) {
		if n.IsGroup() {
			w.groups = append(w.groups, n)
		}
	}
}

var roles = []store.AccessLevel{store.NoAccess, store.Guest, store.Planner, store.Reporter, store.Developer, store.Developer, store.Developer, store.Maintainer, store.Owner}

func (w *world) memberships(vault, inner *store.Namespace) {
	highest := store.NoAccess
	join := func(source store.Source, counts bool) {
		level := pick(w, roles...)
		if level == store.NoAccess {
			return
		}
		w.st.PutMember(store.Member{Source: source, UserID: w.user.ID, Level: level})
		if counts {
			highest = max(highest, level)
		}
	}
	if w.chance(70) {
		join(store.Source{Kind: store.ProjectSource, ID: w.target.ID}, true)
	}
	if w.chance(20) {
		join(store.Source{Kind: store.GroupSource, ID: vault.ID}, true)
	}
	if w.chance(20) {
		join(store.Source{Kind: store.GroupSource, ID: inner.ID}, w.target.NamespaceID == inner.ID)
	}
	w.facts.User.Role = access.Known(access.Role(highest))
}

// list fills the allowlist of the target: with the origin, groups above it, and others.
func (w *world) list(groups ...*store.Namespace) {
	entries := []access.Entry{}
	enter := func(target access.Target) {
		byDefault, kind := w.chance(35), store.ProjectSource
		if target.Group {
			kind = store.GroupSource
		}
		policies := []string{}
		for _, permission := range []string{
			"read_packages", "admin_packages", "read_jobs", "read_releases", "admin_releases", "read_repositories", "admin_repositories",
			"read_secure_files", "admin_secure_files", "admin_pipelines", "admin_deployments", "admin_environments", "read_work_items",
		} {
			if !byDefault && w.chance(30) {
				policies = append(policies, permission)
			}
		}
		w.st.CreateLink(store.Link{
			SourceProjectID: w.target.ID, Target: store.Source{Kind: kind, ID: target.ID}, Direction: store.Inbound,
			DefaultPermissions: byDefault, Policies: policies,
		})
		entries = append(entries, access.Entry{Target: target, Default: byDefault, Permissions: access.Known(policies)})
	}
	if w.chance(40) {
		enter(access.Target{ID: w.origin.ID, Path: w.origin.FullPath})
	}
	for _, g := range groups {
		if w.chance(18) {
			enter(access.Target{Group: true, ID: g.ID, Path: g.FullPath})
		}
	}
	if w.chance(20) { // a project's id is no group's
		enter(access.Target{ID: w.project("decoy", groups[0]).ID, Path: groups[0].FullPath + "/decoy"})
	}
	if w.chance(40) {
		w.st.CreateLink(store.Link{SourceProjectID: w.origin.ID, Target: store.Source{Kind: store.ProjectSource, ID: w.target.ID}, Direction: store.Outbound})
		w.facts.From.OutboundHolds = access.Known(true)
	} else {
		w.facts.From.OutboundHolds = access.Known(false)
	}
	w.facts.To.Entries = access.Known(entries)
}

// settle tells the rest of what the instance holds.
func (w *world) settle() {
	w.st.Settings.EnforceInboundJobTokenScope = w.chance(40)
	w.missing = w.chance(2) && w.origin.ID != w.target.ID
	from, to := &w.facts.From, &w.facts.To
	from.ID, from.Path, from.Outbound = w.origin.ID, w.origin.FullPath, access.Known(w.origin.JobToken.Outbound)
	for _, g := range w.groups {
		from.Groups = append(from.Groups, access.Target{Group: true, ID: g.ID, Path: g.FullPath})
	}
	p := w.target
	to.ID, to.Path, to.Missing = p.ID, p.FullPath, access.Known(w.missing)
	to.Visibility = access.Known(access.Visibility(p.Visibility))
	to.ReadOnly = access.Known(p.Archived || p.MarkedForDeletion != nil)
	to.PublicPipelines = access.Known(true)
	to.Limited = access.Known(p.JobToken.Inbound || w.st.Settings.EnforceInboundJobTokenScope)
	to.Push, to.CrossProjectPush = access.Known(p.JobToken.Push), access.Known(p.JobToken.CrossProjectPush)
	lineage := w.st.Lineage(p.NamespaceID)
	to.PermissionsActive = access.Known(lineage[len(lineage)-1].JobTokenPolicies)
	to.Features = map[access.Feature]access.Level{access.Environments: access.Everyone, access.Issues: access.Everyone}
	for _, feature := range []store.Feature{store.Repository, store.Builds, store.PackageRegistry, store.Releases} {
		to.Features[access.Feature(feature)] = access.Level(p.Features.Of(feature))
	}
}

// verdict is the embedded GitLab's answer; takes is whether its release takes a job token for this at all.
func (w *world) verdict(op jobtoken.Operation) (verdict jobtoken.Verdict, takes bool) {
	for _, permission := range op.Permissions {
		if !slices.Contains(w.version.Permissions(), permission) {
			return jobtoken.Verdict{Reason: jobtoken.Unauthorized}, false
		}
	}
	caller := rules.Caller{User: w.user, Job: &store.Job{ProjectID: w.origin.ID, UserID: w.user.ID}}
	target := w.target
	if w.missing {
		target = nil
	}
	return jobtoken.Decide(w.st, w.version, caller, target, op), true
}

// reasons are the embedded GitLab's for the stages that refuse.
var reasons = map[access.Stage][]jobtoken.Reason{
	access.StageTarget:      {jobtoken.ProjectMissing},
	access.StageOutbound:    {jobtoken.NotAdmitted},
	access.StageList:        {jobtoken.NotAdmitted},
	access.StageSight:       {jobtoken.NotMember},
	access.StagePermissions: {jobtoken.PermissionsMiss, jobtoken.Unauthorized},
	access.StageFeature:     {jobtoken.AbilityMiss},
	access.StageState:       {jobtoken.AbilityMiss},
	access.StageRole:        {jobtoken.AbilityMiss},
	access.StagePush:        {jobtoken.AbilityMiss},
}

// Two readings of GitLab's rules, which share no code, agree in every generated world: on the answer, on
// the step that refuses, on what the authentication log shows, and on what it takes to be let in.
func TestDecideAsTheEmbeddedGitLab(t *testing.T) {
	t.Parallel()
	names := make([]string, 0, len(emulated))
	for name := range emulated {
		names = append(names, name)
	}
	slices.Sort(names)
	const parts = 8
	for part := range parts {
		t.Run(fmt.Sprint(part), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(19, uint64(part)))
			seen := map[string]int{}
			for i := range cases / parts {
				store.New(time.Now).Write(func(st *store.State) {
					w := newWorld(t, st, r)
					name := names[w.IntN(len(names))]
					seen[w.compare(t, fmt.Sprintf("world %d of part %d: %s", i, part, name), name)]++
				})
				if t.Failed() {
					return
				}
			}
			// The space is no desert: each kind of answer comes often.
			for _, kind := range []string{"allowed", "undecided", string(access.StageOutbound), string(access.StageList), string(access.StageSight), string(access.StagePermissions), string(access.StageFeature), string(access.StageState), string(access.StageRole), string(access.StagePush)} {
				if seen[kind] == 0 {
					t.Errorf("no case of %s among %v", kind, seen)
				}
			}
			if seen["undecided"] > cases/parts/5 {
				t.Errorf("%d of %d are undecided", seen["undecided"], cases/parts)
			}
		})
	}
}

// compare gives what kind of answer it was.
func (w *world) compare(t *testing.T, what, name string) string {
	t.Helper()
	operation, ok := access.Lookup(name)
	if !ok {
		t.Fatalf("%s: no such operation", what)
	}
	decision := access.Decide(w.facts, operation)
	verdict, takes := w.verdict(emulated[name])
	failed, _ := decision.Failed()
	complain := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s: %s\nGitLab %s says %d, recorded %t\nfacts %+v\nsteps %+v", what, fmt.Sprintf(format, args...), w.version.Text, verdict.Reason, verdict.Recorded, w.facts, decision.Steps)
	}
	switch decision.Outcome {
	case access.Undecided:
		if !w.unsettled(operation) {
			complain("undecided for want of %v", decision.Missing())
		}
		return "undecided"
	case access.Allowed:
		if verdict.Reason != jobtoken.Allowed || !takes {
			complain("allowed")
		}
		if (decision.Logged == access.Allowed) != verdict.Recorded {
			complain("logged: %v", decision.Logged)
		}
		return "allowed"
	case access.Denied:
	}
	switch {
	case takes && verdict.Reason == jobtoken.Allowed:
		complain("denied at %s", failed.Stage)
	case !takes && failed.Stage != access.StageRoute:
		complain("denied at %s", failed.Stage)
	case takes && !slices.Contains(reasons[failed.Stage], verdict.Reason) && !w.unsettled(operation): // else it may have been refused before
		complain("denied at %s", failed.Stage)
	case decision.Logged != access.Denied || verdict.Recorded:
		complain("a refusal is logged")
	default:
		w.mend(t, name, operation, complain)
	}
	return string(failed.Stage)
}

// unsettled tells, by the world alone, whether GitLab's answer is one of those that nobody knows.
func (w *world) unsettled(operation access.Operation) bool {
	outbound := w.facts.Version.Major >= 18 && w.origin.JobToken.Outbound && w.target.Visibility == store.Private &&
		!w.facts.From.OutboundHolds.Value && w.origin.ID != w.target.ID
	role := w.facts.User.Role.Value
	guest := slices.Contains(operation.Features, access.PackageRegistry) && !operation.Writes && role >= access.Guest && role < access.Reporter
	return outbound || guest || w.user.Admin
}

// mend makes the changes that are proposed, after which the embedded GitLab is to allow it.
func (w *world) mend(t *testing.T, name string, operation access.Operation, complain func(string, ...any)) {
	t.Helper()
	changes := access.Fix(w.facts, operation)
	if len(changes) == 0 {
		complain("nothing mends it")
		return
	}
	for _, change := range changes {
		if !w.make(change) {
			return
		}
	}
	if verdict, _ := w.verdict(emulated[name]); verdict.Reason != jobtoken.Allowed && !w.unsettled(operation) {
		complain("with %v it is still refused: %d", changes, verdict.Reason)
	}
}

// make makes a change, unless it is one that no list can make.
func (w *world) make(change access.Change) bool {
	update := func(change func(*store.Project)) {
		w.target = w.st.UpdateProject(w.target, change)
		if w.origin.ID == w.target.ID {
			w.origin = w.target
		}
	}
	switch change.Remedy {
	case access.AddEntry, access.ChangeEntry:
		source := store.Source{Kind: store.ProjectSource, ID: w.origin.ID}
		if old := w.st.Link(w.target.ID, source, store.Inbound); old != nil {
			w.st.DeleteLink(old)
		}
		w.st.CreateLink(store.Link{SourceProjectID: w.target.ID, Target: source, Direction: store.Inbound, DefaultPermissions: change.Permissions == nil, Policies: change.Permissions})
	case access.GiveRole:
		source := store.Source{Kind: store.ProjectSource, ID: w.target.ID}
		w.st.RemoveMember(source, w.user.ID)
		w.st.PutMember(store.Member{Source: source, UserID: w.user.ID, Level: store.AccessLevel(change.Role)})
		w.facts.User.Role = access.Known(change.Role)
	case access.LetMembers:
		update(func(p *store.Project) {
			p.Features = p.Features.With(map[store.Feature]store.FeatureLevel{store.Feature(change.Feature): store.FeaturePrivate})
		})
	case access.LetPush:
		update(func(p *store.Project) { p.JobToken.Push = true })
	case access.LetCrossProjectPush:
		update(func(p *store.Project) { p.JobToken.CrossProjectPush = true })
	case access.LimitAccess:
		update(func(p *store.Project) { p.JobToken.Inbound = true })
	case access.DropOutbound:
		w.origin = w.st.UpdateProject(w.origin, func(p *store.Project) { p.JobToken.Outbound = false })
	case access.MakeWritable:
		update(func(p *store.Project) { p.Archived, p.MarkedForDeletion = false, nil })
	case access.UseToken, access.Create, access.Unblock, access.SwitchOnCI:
		return false
	}
	return true
}

// What a reader is not shown never turns one answer into another: it only makes it Undecided, and says what
// is missing.
func TestDecideWithLessInSight(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 7))
	names, hidden := access.Names(), 0
	for range 10_000 {
		store.New(time.Now).Write(func(st *store.State) {
			w := newWorld(t, st, r)
			operation, _ := access.Lookup(names[w.IntN(len(names))])
			whole := access.Decide(w.facts, operation)
			less := access.Decide(w.blindfold(), operation)
			switch {
			case less.Outcome == access.Undecided && len(less.Missing()) == 0:
				t.Errorf("undecided, and nothing is missing: %+v", less.Steps)
			case less.Outcome == access.Undecided:
				hidden++
			case less.Outcome != whole.Outcome:
				t.Errorf("with less in sight %+v\nwith all %+v\nfacts %+v", less.Steps, whole.Steps, w.facts)
			case less.Logged != access.Undecided && less.Logged != whole.Logged:
				t.Errorf("with less in sight logged %v, with all %v", less.Logged, whole.Logged)
			}
			for _, step := range less.Steps {
				if (step.Outcome == access.Undecided) != (step.Missing != "") {
					t.Errorf("step %+v", step)
				}
			}
		})
		if t.Failed() {
			return
		}
	}
	if hidden < 1000 {
		t.Errorf("only %d answers were hidden", hidden)
	}
}

// blindfold hides some of the facts.
func (w *world) blindfold() access.Facts {
	f := w.facts
	hide := func(known *bool) {
		if w.chance(20) {
			*known = false
		}
	}
	hide(&f.From.Outbound.Known)
	hide(&f.From.OutboundHolds.Known)
	hide(&f.To.Missing.Known)
	hide(&f.To.Visibility.Known)
	hide(&f.To.ReadOnly.Known)
	hide(&f.To.PublicPipelines.Known)
	hide(&f.To.Limited.Known)
	hide(&f.To.Entries.Known)
	hide(&f.To.PermissionsActive.Known)
	hide(&f.To.Push.Known)
	hide(&f.To.CrossProjectPush.Known)
	hide(&f.User.External.Known)
	hide(&f.User.Role.Known)
	hide(&f.Enterprise.Known)
	f.To.Features = map[access.Feature]access.Level{}
	for feature, level := range w.facts.To.Features {
		if !w.chance(20) {
			f.To.Features[feature] = level
		}
	}
	return f
}
