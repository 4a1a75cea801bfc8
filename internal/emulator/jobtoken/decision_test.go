package jobtoken_test

import (
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/jobtoken"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/release"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// world is an instance with a job of group/team/origin that tries something in
// vault/target. Its user is a Developer of the target, the target is private,
// its allowlist is on and empty.
type world struct {
	st             *store.State
	version        release.Version
	group, team    *store.Namespace
	vault          *store.Namespace
	origin, target *store.Project
	user           *store.User
	job            *store.Job
}

func newWorld(st *store.State) *world {
	w := &world{st: st, version: release.Newest()}
	w.user = st.CreateUser(store.User{Username: "dev", Email: "dev@example.com", State: "active"})
	namespace := func(path string, parent int64) *store.Namespace {
		return st.CreateNamespace(store.Namespace{Kind: store.GroupNamespace, Path: path, Name: path, ParentID: parent, Visibility: store.Public})
	}
	project := func(path string, in *store.Namespace) *store.Project {
		return st.CreateProject(store.Project{
			NamespaceID: in.ID, Path: path, Name: path, Visibility: store.Private, JobToken: store.JobTokenSettings{Inbound: true},
		})
	}
	w.group = namespace("group", 0)
	w.team = namespace("team", w.group.ID)
	w.vault = namespace("vault", 0)
	w.origin, w.target = project("origin", w.team), project("target", w.vault)
	w.role(store.Developer)
	w.runIn(w.origin)
	return w
}

// runIn makes the job one of another project.
func (w *world) runIn(p *store.Project) {
	w.origin = p
	w.job = w.st.CreateJob(store.Job{ProjectID: p.ID, UserID: w.user.ID})
}

// role is the user's own role in the target; none is no membership.
func (w *world) role(level store.AccessLevel) {
	source := store.Source{Kind: store.ProjectSource, ID: w.target.ID}
	w.st.RemoveMember(source, w.user.ID)
	if level != store.NoAccess {
		w.st.PutMember(store.Member{Source: source, UserID: w.user.ID, Level: level})
	}
}

func (w *world) changeTarget(change func(*store.Project)) {
	w.target = w.st.UpdateProject(w.target, change)
	if w.origin.ID == w.target.ID {
		w.origin = w.target
	}
}

func (w *world) visibility(v store.Visibility) {
	w.changeTarget(func(p *store.Project) { p.Visibility = v })
}

func (w *world) toggles(change func(*store.JobTokenSettings)) {
	w.changeTarget(func(p *store.Project) { change(&p.JobToken) })
}

func (w *world) feature(f store.Feature, level store.FeatureLevel) {
	w.changeTarget(func(p *store.Project) {
		p.Features = p.Features.With(map[store.Feature]store.FeatureLevel{f: level})
	})
}

// legacyScope turns the origin's outbound switch on.
func (w *world) legacyScope() {
	w.origin = w.st.UpdateProject(w.origin, func(p *store.Project) { p.JobToken.Outbound = true })
}

func (w *world) external() {
	w.user = w.st.CreateUser(store.User{Username: "guest", Email: "guest@example.com", State: "active", External: true})
	w.job = w.st.CreateJob(store.Job{ProjectID: w.origin.ID, UserID: w.user.ID})
}

func (w *world) entry(target store.Source, defaults bool, policies ...string) {
	w.st.CreateLink(store.Link{
		SourceProjectID: w.target.ID, Target: target, Direction: store.Inbound, DefaultPermissions: defaults, Policies: policies,
	})
}

func (w *world) allowProject(policies ...string) {
	w.entry(store.Source{Kind: store.ProjectSource, ID: w.origin.ID}, policies == nil, policies...)
}

func (w *world) allowGroup(g *store.Namespace, policies ...string) {
	w.entry(store.Source{Kind: store.GroupSource, ID: g.ID}, policies == nil, policies...)
}

// none is a fine-grained entry without any permission.
var none = []string{}

func (w *world) decide(t *testing.T, op jobtoken.Operation) jobtoken.Verdict {
	t.Helper()
	caller, failed := jobtoken.Authenticate(w.st, w.job.Secret)
	if failed != jobtoken.None {
		t.Fatalf("the token is not accepted: %d", failed)
	}
	return jobtoken.Decide(w.st, w.version, caller, w.target, op)
}

type decisionCase struct {
	name    string
	arrange func(*world)
	op      jobtoken.Operation
	want    jobtoken.Reason
	// recorded is whether the use goes to the authentication log.
	recorded bool
}

func check(t *testing.T, cases []decisionCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store.New(time.Now).Write(func(st *store.State) {
				w := newWorld(st)
				c.arrange(w)
				verdict := w.decide(t, c.op)
				if verdict.Reason != c.want || verdict.Recorded != c.recorded {
					t.Errorf("reason %d, recorded %t; want %d, %t", verdict.Reason, verdict.Recorded, c.want, c.recorded)
				}
			})
		})
	}
}

func ownProject(w *world) { w.runIn(w.target) }

func TestInboundScope(t *testing.T) {
	t.Parallel()
	check(t, []decisionCase{
		{"another project that is not on the list is denied", func(*world) {}, jobtoken.Clone, jobtoken.NotAdmitted, false},
		{"the project itself is in its scope", ownProject, jobtoken.Clone, jobtoken.Allowed, false},
		{"a project on the list is admitted", func(w *world) { w.allowProject() }, jobtoken.Clone, jobtoken.Allowed, true},
		{"the group of the project is admitted", func(w *world) { w.allowGroup(w.team) }, jobtoken.Clone, jobtoken.Allowed, true},
		{"a group further up is admitted", func(w *world) { w.allowGroup(w.group) }, jobtoken.Clone, jobtoken.Allowed, true},
		{"a group elsewhere admits nothing", func(w *world) { w.allowGroup(w.vault) }, jobtoken.Clone, jobtoken.NotAdmitted, false},
		{"a subgroup admits no project of its parent", func(w *world) {
			w.allowGroup(w.team)
			w.origin = w.st.UpdateProject(w.origin, func(p *store.Project) { p.NamespaceID = w.group.ID })
		}, jobtoken.Clone, jobtoken.NotAdmitted, false},
		{"a project that moves into an admitted group is admitted", func(w *world) {
			w.allowGroup(w.vault)
			w.origin = w.st.UpdateProject(w.origin, func(p *store.Project) { p.NamespaceID = w.vault.ID })
		}, jobtoken.Clone, jobtoken.Allowed, true},
		{"a project in a user's namespace is admitted by its own entry", func(w *world) {
			w.origin = w.st.UpdateProject(w.origin, func(p *store.Project) { p.NamespaceID = w.user.NamespaceID })
			w.allowProject()
		}, jobtoken.Clone, jobtoken.Allowed, true},
		{"and by no group", func(w *world) {
			w.origin = w.st.UpdateProject(w.origin, func(p *store.Project) { p.NamespaceID = w.user.NamespaceID })
			w.allowGroup(w.group)
			w.allowGroup(w.team)
		}, jobtoken.Clone, jobtoken.NotAdmitted, false},
		{"a list that is off admits every project", func(w *world) {
			w.toggles(func(s *store.JobTokenSettings) { s.Inbound = false })
		}, jobtoken.Clone, jobtoken.Allowed, true},
		{"a list that the instance enforces counts although it is off", func(w *world) {
			w.toggles(func(s *store.JobTokenSettings) { s.Inbound = false })
			w.st.Settings.EnforceInboundJobTokenScope = true
		}, jobtoken.Clone, jobtoken.NotAdmitted, false},
		{"the entry of one direction is none of the other", func(w *world) {
			w.st.CreateLink(store.Link{
				SourceProjectID: w.target.ID, Target: store.Source{Kind: store.ProjectSource, ID: w.origin.ID}, Direction: store.Outbound,
			})
		}, jobtoken.Clone, jobtoken.NotAdmitted, false},
	})
}

func TestLegacyOutboundScope(t *testing.T) {
	t.Parallel()
	outbound := func(w *world) {
		w.st.CreateLink(store.Link{
			SourceProjectID: w.origin.ID, Target: store.Source{Kind: store.ProjectSource, ID: w.target.ID}, Direction: store.Outbound,
		})
	}
	check(t, []decisionCase{
		{"on, it keeps jobs from private projects outside it", func(w *world) { w.legacyScope(); w.allowProject() }, jobtoken.Clone, jobtoken.NotAdmitted, false},
		{"on, it lets them into private projects inside it", func(w *world) {
			w.legacyScope()
			w.allowProject()
			outbound(w)
		}, jobtoken.Clone, jobtoken.Allowed, true},
		{"being inside does not replace the allowlist", func(w *world) { w.legacyScope(); outbound(w) }, jobtoken.Clone, jobtoken.NotAdmitted, false},
		{"it plays no part for a public project", func(w *world) {
			w.legacyScope()
			w.allowProject()
			w.visibility(store.Public)
		}, jobtoken.PublishPackage, jobtoken.Allowed, true},
		{"nor for an internal one", func(w *world) {
			w.legacyScope()
			w.allowProject()
			w.visibility(store.Internal)
		}, jobtoken.PublishPackage, jobtoken.Allowed, true},
		{"nor for the project itself", func(w *world) { ownProject(w); w.legacyScope(); w.target = w.origin }, jobtoken.Clone, jobtoken.Allowed, false},
	})
}

func TestVisibilityAndRole(t *testing.T) {
	t.Parallel()
	check(t, []decisionCase{
		{"an admitted job of a stranger sees no private project", func(w *world) { w.allowProject(); w.role(store.NoAccess) }, jobtoken.Clone, jobtoken.NotMember, false},
		{"nor with an expired membership", func(w *world) {
			w.allowProject()
			yesterday := time.Now().Add(-24 * time.Hour)
			w.st.PutMember(store.Member{
				Source: store.Source{Kind: store.ProjectSource, ID: w.target.ID}, UserID: w.user.ID, Level: store.Owner, ExpiresAt: &yesterday,
			})
		}, jobtoken.Clone, jobtoken.NotMember, false},
		{"a role by the group counts", func(w *world) {
			w.allowProject()
			w.role(store.NoAccess)
			w.st.PutMember(store.Member{Source: store.Source{Kind: store.GroupSource, ID: w.vault.ID}, UserID: w.user.ID, Level: store.Reporter})
		}, jobtoken.Clone, jobtoken.Allowed, true},
		{"a Guest reads no code of a private project", func(w *world) { w.allowProject(); w.role(store.Guest) }, jobtoken.Clone, jobtoken.AbilityMiss, false},
		{"a Reporter does", func(w *world) { w.allowProject(); w.role(store.Reporter) }, jobtoken.Clone, jobtoken.Allowed, true},
		{"a Reporter publishes no package", func(w *world) { w.allowProject(); w.role(store.Reporter) }, jobtoken.PublishPackage, jobtoken.AbilityMiss, false},
		{"a Guest downloads artifacts", func(w *world) { w.allowProject(); w.role(store.Guest) }, jobtoken.DownloadArtifacts, jobtoken.Allowed, true},
		{"an administrator has no more rights than members", func(w *world) {
			w.allowProject()
			w.user = w.st.CreateUser(store.User{Username: "root", Email: "root@example.com", State: "active", Admin: true})
			w.runIn(w.origin)
		}, jobtoken.Clone, jobtoken.NotMember, false},
		{"anybody's job clones a public project that is not in scope", func(w *world) {
			w.visibility(store.Public)
			w.role(store.NoAccess)
		}, jobtoken.Clone, jobtoken.Allowed, false},
		{"membership adds nothing to a public project that is not in scope", func(w *world) {
			w.visibility(store.Public)
			w.toggles(func(s *store.JobTokenSettings) { s.Push = true })
			w.role(store.Owner)
		}, jobtoken.Push, jobtoken.AbilityMiss, false},
		{"in scope, the role counts in a public project", func(w *world) { w.visibility(store.Public); w.allowProject() }, jobtoken.CreateRelease, jobtoken.Allowed, true},
		{"an internal project is as a public one", func(w *world) { w.visibility(store.Internal); w.role(store.NoAccess) }, jobtoken.Clone, jobtoken.Allowed, false},
		{"membership adds nothing to an internal one out of scope", func(w *world) { w.visibility(store.Internal) }, jobtoken.TriggerPipeline, jobtoken.AbilityMiss, false},
		{"to an external user an internal project is private", func(w *world) { w.visibility(store.Internal); w.external() }, jobtoken.Clone, jobtoken.NotAdmitted, false},
		{"also when the job is admitted", func(w *world) { w.visibility(store.Internal); w.external(); w.allowProject() }, jobtoken.Clone, jobtoken.NotMember, false},
		{"an external member of an admitted project is a member", func(w *world) {
			w.visibility(store.Internal)
			w.external()
			w.role(store.Reporter)
			w.allowProject()
		}, jobtoken.Clone, jobtoken.Allowed, true},
		{"an archived project is read", func(w *world) {
			w.allowProject()
			w.changeTarget(func(p *store.Project) { p.Archived = true })
		}, jobtoken.DownloadPackage, jobtoken.Allowed, true},
		{"and not written", func(w *world) {
			w.allowProject()
			w.changeTarget(func(p *store.Project) { p.Archived = true })
		}, jobtoken.PublishPackage, jobtoken.AbilityMiss, false},
		{"nor is one whose deletion is scheduled", func(w *world) {
			w.allowProject()
			w.changeTarget(func(p *store.Project) { now := time.Now(); p.MarkedForDeletion = &now })
		}, jobtoken.CreateRelease, jobtoken.AbilityMiss, false},
		{"a project that is not there", func(w *world) { w.target = nil }, jobtoken.Clone, jobtoken.ProjectMissing, false},
	})
}

func TestFeatureLevels(t *testing.T) {
	t.Parallel()
	public := func(f store.Feature, level store.FeatureLevel) func(*world) {
		return func(w *world) { w.visibility(store.Public); w.feature(f, level) }
	}
	admitted := func(arrange func(*world)) func(*world) {
		return func(w *world) { arrange(w); w.allowProject() }
	}
	check(t, []decisionCase{
		{"code for members is closed to jobs out of scope", public(store.Repository, store.FeaturePrivate), jobtoken.Clone, jobtoken.AbilityMiss, false},
		{"and open to members' jobs in scope", admitted(public(store.Repository, store.FeaturePrivate)), jobtoken.Clone, jobtoken.Allowed, true},
		{"but not to strangers' jobs in scope", admitted(func(w *world) {
			public(store.Repository, store.FeaturePrivate)(w)
			w.role(store.NoAccess)
		}), jobtoken.Clone, jobtoken.AbilityMiss, false},
		{"disabled code is closed to all", admitted(public(store.Repository, store.FeatureDisabled)), jobtoken.Clone, jobtoken.AbilityMiss, false},
		{"without code there are no artifacts", admitted(public(store.Repository, store.FeatureDisabled)), jobtoken.DownloadArtifacts, jobtoken.AbilityMiss, false},
		{"disabled builds close artifacts", admitted(public(store.Builds, store.FeatureDisabled)), jobtoken.DownloadArtifacts, jobtoken.AbilityMiss, false},
		{"packages for members are closed to jobs out of scope", public(store.PackageRegistry, store.FeaturePrivate), jobtoken.DownloadPackage, jobtoken.PermissionsMiss, false},
		{"and ask for a Reporter in scope", admitted(func(w *world) {
			public(store.PackageRegistry, store.FeaturePrivate)(w)
			w.role(store.Guest)
		}), jobtoken.DownloadPackage, jobtoken.AbilityMiss, false},
		{"disabled packages are closed to the project itself", func(w *world) { ownProject(w); w.feature(store.PackageRegistry, store.FeatureDisabled) }, jobtoken.DownloadPackage, jobtoken.AbilityMiss, false},
		{"packages open to all are downloaded from anywhere", public(store.PackageRegistry, store.FeatureEnabled), jobtoken.DownloadPackage, jobtoken.Allowed, false},
		{"but not published", public(store.PackageRegistry, store.FeatureEnabled), jobtoken.PublishPackage, jobtoken.PermissionsMiss, false},
		{"disabled releases are closed", admitted(public(store.Releases, store.FeatureDisabled)), jobtoken.ReadReleases, jobtoken.AbilityMiss, false},
	})
}

func TestFineGrainedPermissions(t *testing.T) {
	t.Parallel()
	undeclared := jobtoken.Operation{Ability: rules.ReadRelease, Governed: true}
	both := jobtoken.Operation{Ability: rules.ReadRelease, Governed: true, Permissions: []string{"admin_deployments", "admin_environments"}}
	check(t, []decisionCase{
		{"the permission of the operation opens it", func(w *world) { w.allowProject("read_packages") }, jobtoken.DownloadPackage, jobtoken.Allowed, true},
		{"another permission does not", func(w *world) { w.allowProject("read_jobs") }, jobtoken.DownloadPackage, jobtoken.PermissionsMiss, false},
		{"an empty list opens no operation that asks for one", func(w *world) { w.allowProject(none...) }, jobtoken.ReadReleases, jobtoken.PermissionsMiss, false},
		{"but the code", func(w *world) { w.allowProject(none...) }, jobtoken.Clone, jobtoken.Allowed, true},
		{"and triggering", func(w *world) { w.allowProject(none...) }, jobtoken.TriggerPipeline, jobtoken.Allowed, true},
		{"to administer implies to read", func(w *world) { w.allowProject("admin_packages") }, jobtoken.DownloadPackage, jobtoken.Allowed, true},
		{"to read does not imply to administer", func(w *world) { w.allowProject("read_packages") }, jobtoken.PublishPackage, jobtoken.PermissionsMiss, false},
		{"all permissions are needed", func(w *world) { w.allowProject("admin_deployments") }, both, jobtoken.PermissionsMiss, false},
		{"and suffice", func(w *world) { w.allowProject("admin_environments", "admin_deployments") }, both, jobtoken.Allowed, true},
		{"an operation without declared permissions is denied", func(w *world) { w.allowProject("read_releases") }, undeclared, jobtoken.Unauthorized, false},
		{"but not to default permissions", func(w *world) { w.allowProject() }, undeclared, jobtoken.Allowed, true},
		{"nor to the project itself", ownProject, undeclared, jobtoken.Allowed, false},
		{"permissions do not replace the role", func(w *world) { w.allowProject("admin_packages"); w.role(store.Reporter) }, jobtoken.PublishPackage, jobtoken.AbilityMiss, false},
		{"default permissions open all that the role allows", func(w *world) { w.allowProject() }, jobtoken.CreateRelease, jobtoken.Allowed, true},
		{"the project's narrow entry rules over its group's wide one", func(w *world) {
			w.allowGroup(w.team)
			w.allowProject("read_jobs")
		}, jobtoken.DownloadPackage, jobtoken.PermissionsMiss, false},
		{"the nearest group's entry rules over one further up", func(w *world) {
			w.allowGroup(w.group)
			w.allowGroup(w.team, "read_jobs")
		}, jobtoken.DownloadPackage, jobtoken.PermissionsMiss, false},
		{"entries are not united", func(w *world) {
			w.allowGroup(w.team, "admin_deployments")
			w.allowProject("admin_environments")
		}, both, jobtoken.PermissionsMiss, false},
		{"a group's permissions hold for the projects below", func(w *world) { w.allowGroup(w.group, "read_jobs") }, jobtoken.DownloadArtifacts, jobtoken.Allowed, true},
		{"a list that is off asks no permission", func(w *world) {
			w.allowProject(none...)
			w.toggles(func(s *store.JobTokenSettings) { s.Inbound = false })
		}, jobtoken.DownloadPackage, jobtoken.Allowed, true},
		{"an enforced one does", func(w *world) {
			w.allowProject(none...)
			w.toggles(func(s *store.JobTokenSettings) { s.Inbound = false })
			w.st.Settings.EnforceInboundJobTokenScope = true
		}, jobtoken.DownloadPackage, jobtoken.PermissionsMiss, false},
		{"the project itself needs none", ownProject, jobtoken.PublishPackage, jobtoken.Allowed, false},
		{"an entry for the project itself binds its jobs", func(w *world) { ownProject(w); w.allowProject("read_jobs") }, jobtoken.DownloadPackage, jobtoken.PermissionsMiss, false},
		{"so does one for its own group", func(w *world) { ownProject(w); w.allowGroup(w.vault, "read_jobs") }, jobtoken.DownloadPackage, jobtoken.PermissionsMiss, false},
		{"which its own entry with default permissions lifts", func(w *world) {
			ownProject(w)
			w.allowGroup(w.vault, "read_jobs")
			w.allowProject()
		}, jobtoken.DownloadPackage, jobtoken.Allowed, false},
		{"neither binds the clone of the project itself", func(w *world) { ownProject(w); w.allowProject(none...) }, jobtoken.Clone, jobtoken.Allowed, false},
		{"a public feature asks no permission", func(w *world) { w.allowProject(none...); w.visibility(store.Public) }, jobtoken.DownloadPackage, jobtoken.Allowed, true},
		{"unless it is for members", func(w *world) {
			w.allowProject(none...)
			w.visibility(store.Public)
			w.feature(store.PackageRegistry, store.FeaturePrivate)
		}, jobtoken.DownloadPackage, jobtoken.PermissionsMiss, false},
		{"all features of the operation must be public", func(w *world) {
			w.allowProject(none...)
			w.visibility(store.Public)
			w.feature(store.Builds, store.FeaturePrivate)
		}, jobtoken.DownloadArtifacts, jobtoken.PermissionsMiss, false},
		{"in an internal project, too", func(w *world) { w.allowProject(none...); w.visibility(store.Internal) }, jobtoken.DownloadPackage, jobtoken.Allowed, true},
		{"to strangers of an internal project, too", func(w *world) { w.visibility(store.Internal) }, jobtoken.ReadReleases, jobtoken.Allowed, false},
		{"and of a public one", func(w *world) { w.visibility(store.Public) }, jobtoken.ReadRawFile, jobtoken.Allowed, false},
		{"a file of the artifacts as well", func(w *world) { w.visibility(store.Public) }, jobtoken.ReadArtifact, jobtoken.Allowed, false},
		{"whole archives always ask", func(w *world) { w.allowProject(none...); w.visibility(store.Public) }, jobtoken.DownloadArtifacts, jobtoken.PermissionsMiss, false},
		{"and are closed to a public project's strangers", func(w *world) { w.visibility(store.Public) }, jobtoken.DownloadArtifacts, jobtoken.PermissionsMiss, false},
		{"before 18.3 permissions bind nobody", func(w *world) {
			w.version, _ = release.Parse("17.11")
			w.allowProject(none...)
		}, jobtoken.DownloadPackage, jobtoken.Allowed, true},
	})
}

func TestPush(t *testing.T) {
	t.Parallel()
	both := func(w *world) {
		w.toggles(func(s *store.JobTokenSettings) { s.Push, s.CrossProjectPush = true, true })
	}
	check(t, []decisionCase{
		{"not to the own project by default", ownProject, jobtoken.Push, jobtoken.AbilityMiss, false},
		{"to the own project with the toggle", func(w *world) { ownProject(w); both(w) }, jobtoken.Push, jobtoken.Allowed, false},
		{"by a Developer and up", func(w *world) { ownProject(w); both(w); w.role(store.Reporter) }, jobtoken.Push, jobtoken.AbilityMiss, false},
		{"to another project with both toggles and default permissions", func(w *world) { both(w); w.allowProject() }, jobtoken.Push, jobtoken.Allowed, true},
		{"not with the first toggle alone", func(w *world) {
			w.toggles(func(s *store.JobTokenSettings) { s.Push = true })
			w.allowProject()
		}, jobtoken.Push, jobtoken.AbilityMiss, false},
		{"not with the second alone", func(w *world) {
			w.toggles(func(s *store.JobTokenSettings) { s.CrossProjectPush = true })
			w.allowProject()
		}, jobtoken.Push, jobtoken.AbilityMiss, false},
		{"with the permission to administer repositories", func(w *world) { both(w); w.allowProject("admin_repositories") }, jobtoken.Push, jobtoken.Allowed, true},
		{"not with the permission to read them", func(w *world) { both(w); w.allowProject("read_repositories") }, jobtoken.Push, jobtoken.AbilityMiss, false},
		{"a list that is off closes it", func(w *world) {
			both(w)
			w.allowProject()
			w.toggles(func(s *store.JobTokenSettings) { s.Inbound = false })
		}, jobtoken.Push, jobtoken.AbilityMiss, false},
		{"not to an archived project", func(w *world) {
			ownProject(w)
			both(w)
			w.changeTarget(func(p *store.Project) { p.Archived = true })
		}, jobtoken.Push, jobtoken.AbilityMiss, false},
		{"not to another project before 19.0", func(w *world) {
			both(w)
			w.allowProject()
			w.version, _ = release.Parse("18.4")
		}, jobtoken.Push, jobtoken.AbilityMiss, false},
		{"a stranger is told so", func(w *world) { both(w) }, jobtoken.Push, jobtoken.NotAdmitted, false},
	})
}

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	store.New(time.Now).Write(func(st *store.State) {
		w := newWorld(st)
		if caller, failed := jobtoken.Authenticate(st, w.job.Secret); failed != jobtoken.None || caller.Job.ID != w.job.ID || caller.User.ID != w.user.ID {
			t.Errorf("a running job's token: %+v, %d", caller, failed)
		}
		finished := time.Now()
		st.UpdateJob(w.job, func(j *store.Job) { j.FinishedAt = &finished })
		blocked := st.CreateUser(store.User{Username: "gone", Email: "gone@example.com", State: "blocked"})
		for name, c := range map[string]struct {
			secret string
			want   jobtoken.Failure
		}{
			"finished job": {w.job.Secret, jobtoken.NotRunning},
			"unknown":      {"glcbt-64_nothing", jobtoken.Unknown},
			"empty":        {"", jobtoken.Unknown},
			"blocked user": {st.CreateJob(store.Job{ProjectID: w.origin.ID, UserID: blocked.ID}).Secret, jobtoken.Blocked},
		} {
			if _, failed := jobtoken.Authenticate(st, c.secret); failed != c.want {
				t.Errorf("%s: %d, want %d", name, failed, c.want)
			}
		}
		secret := st.CreateJob(store.Job{ProjectID: w.origin.ID, UserID: w.user.ID}).Secret
		st.DeleteProject(w.origin.ID)
		if _, failed := jobtoken.Authenticate(st, secret); failed != jobtoken.Unknown {
			t.Errorf("the token of a deleted project's job: %d", failed)
		}
		secret = st.CreateJob(store.Job{ProjectID: w.target.ID, UserID: w.user.ID}).Secret
		st.DeleteUser(w.user.ID)
		if _, failed := jobtoken.Authenticate(st, secret); failed != jobtoken.Unknown {
			t.Errorf("the token of a deleted user's job: %d", failed)
		}
	})
}
