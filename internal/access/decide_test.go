package access_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/access"
)

// open are facts by which everything is allowed: a Maintainer's job of acme/app in a private project that
// lists it with the default permissions.
func open() access.Facts {
	f := access.Facts{
		Version: access.Version{Major: 19, Minor: 1}, Enterprise: access.Known(false),
		From: access.From{ID: 1, Path: "acme/app", Groups: []access.Target{{Group: true, Path: "acme"}}, Outbound: access.Known(false)},
		To: access.To{
			Missing: access.Known(false), ID: 2, Path: "lib/shared", Visibility: access.Known(access.Private), ReadOnly: access.Known(false),
			Features: map[access.Feature]access.Level{}, PublicPipelines: access.Known(true), Limited: access.Known(true),
			Push: access.Known(true), CrossProjectPush: access.Known(true),
		},
		User: access.User{Username: "dev", External: access.Known(false), Role: access.Known(access.Maintainer)},
	}
	for _, feature := range []access.Feature{
		access.Repository, access.Builds, access.PackageRegistry, access.ContainerRegistry, access.Releases,
		access.Environments, access.Infrastructure, access.MergeRequests, access.Issues,
	} {
		f.To.Features[feature] = access.Everyone
	}
	list(&f, access.Entry{Target: access.Target{ID: 1}, Default: true})
	return f
}

func list(f *access.Facts, entries ...access.Entry) { f.To.Entries = access.Known(entries) }

func fine(target access.Target, permissions ...string) access.Entry {
	return access.Entry{Target: target, Permissions: access.Known(permissions)}
}

var app, acme = access.Target{ID: 1, Path: "acme/app"}, access.Target{Group: true, Path: "Acme"}

func decide(t *testing.T, f access.Facts, name string) access.Decision {
	t.Helper()
	operation, ok := access.Lookup(name)
	if !ok {
		t.Fatalf("there is no operation %s", name)
	}
	return access.Decide(f, operation)
}

// What the embedded GitLab has no part in: each with the stage that refuses, or what is missing.
func TestDecide(t *testing.T) {
	t.Parallel()
	own := func(f *access.Facts) { f.From.ID, f.From.Path = f.To.ID, f.To.Path }
	narrow := func(permissions ...string) func(*access.Facts) {
		return func(f *access.Facts) { list(f, fine(app, permissions...)) }
	}
	at := func(major, minor int) func(*access.Facts) {
		return func(f *access.Facts) { f.Version = access.Version{Major: major, Minor: minor} }
	}
	role := func(r access.Role) func(*access.Facts) {
		return func(f *access.Facts) { f.User.Role = access.Known(r) }
	}
	const allowed = "allowed"
	for name, c := range map[string]struct {
		operation string
		arrange   []func(*access.Facts)
		want      string
	}{
		"images are pulled by any entry":                   {"pull_image", []func(*access.Facts){narrow()}, allowed},
		"images are never pushed elsewhere":                {"push_image", nil, string(access.StageRoute)},
		"but to the own project":                           {"push_image", []func(*access.Facts){own}, allowed},
		"nor is the registry's API used elsewhere":         {"container_registry_rest_api", nil, string(access.StageRoute)},
		"no job token writes merge requests":               {"merge_request_write", []func(*access.Facts){own}, string(access.StageRoute)},
		"a blocked user's job":                             {"clone", []func(*access.Facts){func(f *access.Facts) { f.User.Blocked = access.Known(true) }}, string(access.StageToken)},
		"CI/CD switched off stops git":                     {"clone", []func(*access.Facts){func(f *access.Facts) { f.From.BuildsOff = access.Known(true) }}, string(access.StageToken)},
		"but not REST":                                     {"read_releases", []func(*access.Facts){func(f *access.Facts) { f.From.BuildsOff = access.Known(true) }}, allowed},
		"artifacts of the Community Edition":               {"download_artifacts", nil, allowed},
		"artifacts with Premium":                           {"download_artifacts", []func(*access.Facts){func(f *access.Facts) { f.Enterprise, f.Premium = access.Known(true), access.Known(true) }}, allowed},
		"artifacts without":                                {"download_artifacts", []func(*access.Facts){func(f *access.Facts) { f.Enterprise, f.Premium = access.Known(true), access.Known(false) }}, string(access.StageRoute)},
		"artifacts of nobody knows which":                  {"download_artifacts", []func(*access.Facts){func(f *access.Facts) { f.Enterprise = access.Known(true) }}, "whether this GitLab has a Premium licence"},
		"a Guest where pipelines are public":               {"artifacts_download", []func(*access.Facts){role(access.Guest), func(f *access.Facts) { f.To.Features[access.Repository] = access.Everyone }}, allowed},
		"a Guest where they are not":                       {"artifacts_download", []func(*access.Facts){role(access.Guest), func(f *access.Facts) { f.To.PublicPipelines = access.Known(false) }}, string(access.StageRole)},
		"a Guest where that is not shown":                  {"artifacts_download", []func(*access.Facts){role(access.Guest), func(f *access.Facts) { f.To.PublicPipelines = access.Maybe[bool]{} }}, "whether pipelines of lib/shared are public"},
		"a Guest who downloads packages":                   {"download_packages", []func(*access.Facts){role(access.Guest)}, "whether a feature flag lets Guests download packages"},
		"a custom role may allow more":                     {"publish_packages", []func(*access.Facts){role(access.Reporter), func(f *access.Facts) { f.User.CustomRole = "packager" }}, "what the custom role packager allows"},
		"an administrator may need no role":                {"clone", []func(*access.Facts){role(access.NoRole), func(f *access.Facts) { f.User.Admin = access.Known(true) }}, "whether a job of an administrator needs a role in lib/shared"},
		"Helm charts ask no permission":                    {"package_pull_helm", []func(*access.Facts){narrow()}, allowed},
		"nor do Cargo crates at 19.1":                      {"package_pull_cargo", []func(*access.Facts){narrow()}, allowed},
		"of 19.3 nobody knows":                             {"package_pull_cargo", []func(*access.Facts){narrow(), at(19, 3)}, "which permission GitLab 19.3 asks for this"},
		"with the likely permission it does not matter":    {"package_pull_cargo", []func(*access.Facts){narrow("read_packages"), at(19, 3)}, allowed},
		"nor with the default permissions":                 {"package_pull_rubygems", nil, allowed},
		"of RubyGems nobody knows":                         {"package_pull_rubygems", []func(*access.Facts){narrow()}, "which permission GitLab 19.1 asks for this"},
		"the nearest entry rules, not the widest":          {"read_releases", []func(*access.Facts){func(f *access.Facts) { list(f, fine(app, "read_jobs"), access.Entry{Target: acme, Default: true}) }}, string(access.StagePermissions)},
		"groups are found by path, in any letter case":     {"clone", []func(*access.Facts){func(f *access.Facts) { list(f, fine(acme)) }}, allowed},
		"a project in a user's namespace has no group":     {"clone", []func(*access.Facts){func(f *access.Facts) { f.From.Groups = nil; list(f, fine(acme)) }}, string(access.StageList)},
		"an entry for the own group binds own jobs":        {"read_releases", []func(*access.Facts){own, func(f *access.Facts) { list(f, fine(acme)) }}, string(access.StagePermissions)},
		"not before 18.1":                                  {"read_releases", []func(*access.Facts){own, at(18, 0), func(f *access.Facts) { list(f, fine(acme)) }}, allowed},
		"permissions before 18.3 hang on a setting":        {"read_releases", []func(*access.Facts){narrow(), at(18, 2)}, "whether fine-grained permissions are switched on in the top-level namespace of lib/shared"},
		"permissions that GitLab cannot show":              {"read_releases", []func(*access.Facts){func(f *access.Facts) { list(f, access.Entry{Target: app}) }}, "the permissions of the entry for project acme/app"},
		"a later failure is sure, whatever is not shown":   {"push", []func(*access.Facts){func(f *access.Facts) { f.To.Entries, f.To.Push = access.Maybe[[]access.Entry]{}, access.Known(false) }}, string(access.StagePush)},
		"the file API has taken job tokens since 18.0":     {"read_file", []func(*access.Facts){at(17, 11)}, string(access.StageRoute)},
		"the legacy switch counts at 17.11":                {"clone", []func(*access.Facts){at(17, 11), func(f *access.Facts) { f.From.Outbound, f.From.OutboundHolds = access.Known(true), access.Known(false) }}, string(access.StageOutbound)},
		"with 18.0 nobody knows any more":                  {"clone", []func(*access.Facts){at(18, 0), func(f *access.Facts) { f.From.Outbound, f.From.OutboundHolds = access.Known(true), access.Known(false) }}, `whether GitLab 18.0 still heeds the legacy switch "Limit access from this project" of acme/app, which is on`},
		"nothing else than a user is missing":              {"clone", []func(*access.Facts){func(f *access.Facts) { f.User = access.User{} }}, "the role of the job's user in lib/shared"},
		"packages that everyone may pull stay on the list": {"download_packages", []func(*access.Facts){func(f *access.Facts) { list(f); f.To.Features[access.PackageRegistry] = access.Anyone }}, string(access.StageList)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open()
			for _, arrange := range c.arrange {
				arrange(&f)
			}
			decision := decide(t, f, c.operation)
			got := allowed
			if failed, denied := decision.Failed(); denied {
				got = string(failed.Stage)
			} else if decision.Outcome == access.Undecided {
				got = decision.Missing()[0]
			}
			if got != c.want {
				t.Errorf("%s, want %s\n%+v", got, c.want, decision.Steps)
			}
		})
	}
}

// Every operation is allowed by the default permissions to a Maintainer, unless no job token will do.
func TestOperations(t *testing.T) {
	t.Parallel()
	impossible := []string{"container_image_push_other_project", "push_image", "container_registry_rest_api", "merge_request_write", "work_item_write", "package_push_go"}
	for _, name := range access.Names() {
		want := access.Allowed
		if slices.Contains(impossible, name) {
			want = access.Denied
		}
		if got := decide(t, open(), name); got.Outcome != want {
			t.Errorf("%s: %v\n%+v", name, got.Outcome, got.Steps)
		}
		f := open()
		list(&f)
		if got := decide(t, f, name); got.Outcome != access.Denied {
			t.Errorf("%s by a project that is not listed: %v", name, got.Outcome)
		}
	}
	for alias, name := range access.Aliases() {
		if _, ok := access.Lookup(name); !ok {
			t.Errorf("%s means %s, which is not there", alias, name)
		}
	}
	if _, ok := access.Lookup("fly"); ok {
		t.Error("an operation that is none is found")
	}
}

// GitLab's table of what a permission opens: each operation is allowed by the permissions given alone, and
// by no others.
func TestPermissionsOfOperations(t *testing.T) {
	t.Parallel()
	for name, permissions := range map[string]string{
		"git_clone_other_project": "", "container_image_pull_other_project": "", "pipeline_trigger": "", "git_push_other_project": "admin_repositories",
		"artifacts_download": "read_jobs", "jobs_list": "read_jobs", "pipeline_read": "read_pipelines", "pipeline_rename": "admin_pipelines",
		"release_read": "read_releases", "release_write": "admin_releases", "changelog_read": "read_releases", "catalog_publish": "admin_releases",
		"deployment_read": "read_deployments", "deployment_create": "admin_deployments admin_environments", "deployment_update_delete_approve": "admin_deployments",
		"environment_read": "read_environments", "environment_write_stop": "admin_environments",
		"secure_file_read": "read_secure_files", "secure_file_write": "admin_secure_files",
		"terraform_state_read": "read_terraform_state", "terraform_state_write_or_lock": "admin_terraform_state",
		"merge_request_read": "read_merge_requests", "work_item_read": "read_work_items", "repository_rest_read": "read_repositories",
		"badge_read": "read_badges", "badge_write": "admin_badges", "package_delete": "admin_packages",
		"package_pull_composer": "read_packages", "package_push_composer": "admin_packages", "package_pull_conan": "read_packages", "package_push_conan": "admin_packages",
		"package_pull_generic": "read_packages", "package_push_generic": "admin_packages", "package_pull_go": "read_packages",
		"package_pull_maven": "read_packages", "package_push_maven": "admin_packages", "package_pull_npm": "read_packages", "package_push_npm": "admin_packages",
		"package_pull_pypi": "read_packages", "package_push_pypi": "admin_packages",
	} {
		needed := strings.Fields(permissions)
		f := open()
		list(&f, fine(app, needed...))
		if got := decide(t, f, name); got.Outcome != access.Allowed {
			t.Errorf("%s with %q: %v\n%+v", name, permissions, got.Outcome, got.Steps)
		}
		for i := range needed {
			list(&f, fine(app, slices.Delete(slices.Clone(needed), i, i+1)...))
			if got := decide(t, f, name); got.Outcome != access.Denied {
				t.Errorf("%s without %s: %v", name, needed[i], got.Outcome)
			}
			if what, reads := strings.CutPrefix(needed[i], "read_"); reads {
				list(&f, fine(app, "admin_"+what))
				if got := decide(t, f, name); got.Outcome != access.Allowed {
					t.Errorf("%s with admin_%s: %v", name, what, got.Outcome)
				}
			}
		}
	}
}

func TestFix(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		operation string
		arrange   func(*access.Facts)
		want      []string // the changes, each as its text, or its HCL where that is longer
	}{
		"allowed": {"clone", func(*access.Facts) {}, nil},
		"the smallest entry for a clone": {"clone", func(f *access.Facts) { list(f) }, []string{`resource "jobtoken_allowlist_entry" "app" {
  project        = "lib/shared"
  target_project = "acme/app"
  permissions    = []
}`}},
		"where permissions do not bind": {"clone", func(f *access.Facts) {
			f.Version = access.Version{Major: 17, Minor: 11}
			list(f)
		}, []string{`resource "jobtoken_allowlist_entry" "app" {
  project        = "lib/shared"
  target_project = "acme/app"
}`}},
		"an entry and a role": {"publish_packages", func(f *access.Facts) {
			list(f)
			f.User.Role = access.Known(access.NoRole)
		}, []string{
			`permissions    = ["admin_packages"]`,
			"A Maintainer of lib/shared can give user dev the role Developer in lib/shared, or in a group above it.",
		}},
		"an entry that is there keeps what it has": {"read_releases", func(f *access.Facts) { list(f, fine(app, "read_jobs", "admin_packages")) }, []string{
			"change the entry of acme/app on the allowlist of lib/shared, with the permissions admin_packages, read_jobs, read_releases",
		}},
		"a group's entry is not widened for one project": {"read_releases", func(f *access.Facts) { list(f, fine(acme, "read_jobs")) }, []string{
			"add acme/app to the allowlist of lib/shared, with the permissions read_jobs, read_releases: an entry of its own rules over that for group Acme",
		}},
		"own jobs that are bound": {"read_releases", func(f *access.Facts) {
			f.From.ID, f.From.Path = f.To.ID, f.To.Path
			list(f, fine(acme, "read_jobs"))
		}, []string{"add lib/shared to the allowlist of lib/shared, with the default permissions"}},
		"a push": {"push", func(f *access.Facts) {
			list(f, fine(app))
			f.To.Push, f.To.CrossProjectPush, f.To.Limited = access.Known(false), access.Known(false), access.Known(false)
		}, []string{"push_repository_allowed = true", "cross_project_push_allowed = true", "inbound_allowlist_enabled = true", `permissions    = ["admin_repositories"]`}},
		"what a job token cannot do": {"push_image", func(f *access.Facts) { list(f) }, []string{
			"A Maintainer of lib/shared can use a deploy token or access token of lib/shared instead of the job token: only in the job's own project.",
		}},
		"a project that is not there": {"clone", func(f *access.Facts) { f.To.Missing = access.Known(true) }, []string{"correct the path: there is no project lib/shared"}},
		"an archived project":         {"publish_packages", func(f *access.Facts) { f.To.ReadOnly = access.Known(true) }, []string{"An Owner of lib/shared can unarchive lib/shared"}},
		"a feature that is off":       {"download_packages", func(f *access.Facts) { f.To.Features[access.PackageRegistry] = access.Disabled }, []string{"switch package_registry on in lib/shared"}},
		"the legacy switch": {"clone", func(f *access.Facts) {
			f.Version = access.Version{Major: 17, Minor: 11}
			f.From.Outbound, f.From.OutboundHolds = access.Known(true), access.Known(false)
		}, []string{"outbound_allowlist_enabled = false"}},
		"not decided": {"clone", func(f *access.Facts) { f.To.Entries = access.Maybe[[]access.Entry]{} }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open()
			c.arrange(&f)
			operation, _ := access.Lookup(c.operation)
			changes := access.Fix(f, operation)
			if len(changes) != len(c.want) {
				t.Fatalf("%v, want %v", changes, c.want)
			}
			for i, change := range changes {
				if got := change.String() + "\n" + change.HCL; !strings.Contains(got, c.want[i]) {
					t.Errorf("%s\nwant %s", got, c.want[i])
				}
			}
		})
	}
}
