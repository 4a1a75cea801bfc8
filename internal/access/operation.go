package access

import (
	"maps"
	"slices"
)

// Operation is something that a job may try in a project.
type Operation struct {
	// Title says it in the words of a sentence: "clone the repository of".
	Title string
	// Role is the least one in a private project, and for what is not open to everyone.
	Role Role
	// Features must all be open to the user.
	Features []Feature
	// Open operations come with a public or internal project, to who has no role too.
	Open bool
	// Writes fail in an archived project.
	Writes bool
	// Governed operations ask the fine-grained permissions of the entry that rules; without any in
	// Permissions they are for entries with the default permissions alone.
	Governed    bool
	Permissions []string
	// OpenWhen names features; while they are open to everyone, a public or internal project asks
	// no permission.
	OpenWhen []Feature

	git, push bool
	// ownOnly is what no allowlist opens.
	ownOnly bool
	// impossible is why no job token will do, in any project.
	impossible string
	// unsettled is set where it is not known which permission an entry must have, if any.
	unsettled func(Version) bool
	// asksPipelines means that a Guest may do it where pipelines are public, else a Reporter.
	asksPipelines bool
	// asksPremium means that the Enterprise Edition wants a Premium licence.
	asksPremium bool
	// guestFlag means that a feature flag decides whether Guests may do it.
	guestFlag bool
	since     Version
}

func always(Version) bool { return true }

// cargoUnsettled is after the last version that was read.
func cargoUnsettled(v Version) bool { return v.since(19, 3) }

var packages = []Feature{PackageRegistry}

func pull(format string) Operation {
	return Operation{
		Title: "download " + format + " of", Role: Reporter, Features: packages, Open: true,
		Governed: true, Permissions: []string{"read_packages"}, guestFlag: true,
	}
}

func push(format string) Operation {
	return Operation{
		Title: "publish " + format + " in", Role: Developer, Features: packages, Writes: true,
		Governed: true, Permissions: []string{"admin_packages"},
	}
}

func with(o Operation, changes ...func(*Operation)) Operation {
	for _, change := range changes {
		change(&o)
	}
	return o
}

func ungoverned(o *Operation) { o.Governed, o.Permissions, o.OpenWhen = false, nil, nil }

func publicly(features ...Feature) func(*Operation) {
	return func(o *Operation) { o.OpenWhen = features }
}

func jobs(title string) Operation {
	return Operation{
		Title: title, Role: Guest, Features: []Feature{Repository, Builds}, Open: true,
		Governed: true, Permissions: []string{"read_jobs"}, asksPipelines: true,
	}
}

func artifacts(o *Operation) { o.asksPremium = true }

var operations = map[string]Operation{
	"git_clone_other_project":            {Title: "clone the repository of", Role: Reporter, Features: []Feature{Repository}, Open: true, git: true},
	"git_push_other_project":             {Title: "push to the repository of", Role: Developer, Features: []Feature{Repository}, Writes: true, git: true, push: true},
	"container_image_pull_other_project": {Title: "pull container images of", Role: Reporter, Features: []Feature{ContainerRegistry}, Open: true, git: true},
	"container_image_push_other_project": {Title: "push container images to", Role: Developer, Features: []Feature{ContainerRegistry}, Writes: true, git: true, ownOnly: true},
	"container_registry_rest_api": {
		Title: "use the container registry API of", Role: Reporter, Features: []Feature{ContainerRegistry}, Open: true, ownOnly: true,
	},
	"artifacts_download": with(jobs("download artifacts of"), artifacts),
	"artifacts_file":     with(jobs("download a file of the latest artifacts of"), artifacts, publicly(Repository, Builds)),
	"jobs_list":          jobs("list jobs of"),
	"pipeline_read": with(jobs("read pipelines of"), func(o *Operation) {
		o.Permissions = []string{"read_pipelines"}
	}),
	"pipeline_rename": {
		Title: "rename pipelines of", Role: Developer, Features: []Feature{Repository, Builds}, Writes: true,
		Governed: true, Permissions: []string{"admin_pipelines"},
	},
	"pipeline_trigger": {
		Title: "trigger a pipeline of", Role: Developer, Features: []Feature{Repository, Builds}, Writes: true,
	},
	"release_read": {
		Title: "read releases of", Role: Guest, Features: []Feature{Releases}, Open: true,
		Governed: true, Permissions: []string{"read_releases"}, OpenWhen: []Feature{Repository, Releases},
	},
	"release_write": {
		Title: "create or change releases of", Role: Developer, Features: []Feature{Releases}, Writes: true,
		Governed: true, Permissions: []string{"admin_releases"},
	},
	"changelog_read": {
		Title: "generate the changelog of", Role: Reporter, Features: []Feature{Repository}, Open: true,
		Governed: true, Permissions: []string{"read_releases"},
	},
	"catalog_publish": {
		Title: "publish in the CI/CD catalog a release of", Role: Developer, Features: []Feature{Releases}, Writes: true,
		Governed: true, Permissions: []string{"admin_releases"},
	},
	"repository_file": {
		Title: "read a file by the API from", Role: Reporter, Features: []Feature{Repository}, Open: true,
		Governed: true, Permissions: []string{"read_repositories"}, OpenWhen: []Feature{Repository}, since: Version{18, 0},
	},
	"repository_rest_read": {
		Title: "list branches and tags by the API of", Role: Reporter, Features: []Feature{Repository}, Open: true,
		Governed: true, Permissions: []string{"read_repositories"}, since: Version{18, 0},
	},
	"deployment_read": {
		Title: "read deployments of", Role: Reporter, Features: []Feature{Repository, Builds, Environments}, Open: true,
		Governed: true, Permissions: []string{"read_deployments"},
	},
	"deployment_create": {
		Title: "create deployments of", Role: Developer, Features: []Feature{Repository, Builds, Environments}, Writes: true,
		Governed: true, Permissions: []string{"admin_deployments", "admin_environments"},
	},
	"deployment_update_delete_approve": {
		Title: "update deployments of", Role: Developer, Features: []Feature{Repository, Builds, Environments}, Writes: true,
		Governed: true, Permissions: []string{"admin_deployments"},
	},
	"deployment_delete": {
		Title: "delete deployments of", Role: Maintainer, Features: []Feature{Repository, Builds, Environments}, Writes: true,
		Governed: true, Permissions: []string{"admin_deployments"},
	},
	"environment_read": {
		Title: "read environments of", Role: Reporter, Features: []Feature{Repository, Builds, Environments}, Open: true,
		Governed: true, Permissions: []string{"read_environments"},
	},
	"environment_write_stop": {
		Title: "create, change or stop environments of", Role: Developer, Features: []Feature{Repository, Builds, Environments}, Writes: true,
		Governed: true, Permissions: []string{"admin_environments"},
	},
	"secure_file_read": {
		Title: "download secure files of", Role: Developer, Features: []Feature{Builds},
		Governed: true, Permissions: []string{"read_secure_files"},
	},
	"secure_file_write": {
		Title: "upload or delete secure files of", Role: Maintainer, Features: []Feature{Builds}, Writes: true,
		Governed: true, Permissions: []string{"admin_secure_files"},
	},
	"terraform_state_read": {
		Title: "read Terraform states, without locking, of", Role: Developer, Features: []Feature{Infrastructure},
		Governed: true, Permissions: []string{"read_terraform_state"},
	},
	"terraform_state_write_or_lock": {
		Title: "write or lock Terraform states of", Role: Maintainer, Features: []Feature{Infrastructure}, Writes: true,
		Governed: true, Permissions: []string{"admin_terraform_state"},
	},
	"merge_request_read": {
		Title: "read merge requests of", Role: Reporter, Features: []Feature{Repository, MergeRequests}, Open: true,
		Governed: true, Permissions: []string{"read_merge_requests"}, OpenWhen: []Feature{Repository, MergeRequests}, since: Version{18, 0},
	},
	"merge_request_write": {Title: "write merge requests of", impossible: "no endpoint that writes merge requests takes a job token"},
	"work_item_read": {
		Title: "read issues of", Role: Guest, Features: []Feature{Issues}, Open: true,
		Governed: true, Permissions: []string{"read_work_items"}, OpenWhen: []Feature{Issues}, since: Version{18, 0},
	},
	"work_item_write": {Title: "write issues of", impossible: "no endpoint that writes issues takes a job token"},
	"badge_read": {
		Title: "read badges of", Role: Guest, Open: true,
		Governed: true, Permissions: []string{"read_badges"}, OpenWhen: []Feature{Repository}, since: Version{19, 0},
	},
	"badge_write": {
		Title: "write badges of", Role: Maintainer, Writes: true,
		Governed: true, Permissions: []string{"admin_badges"}, since: Version{19, 0},
	},

	"package_pull_composer": pull("Composer packages"),
	"package_push_composer": push("Composer packages"),
	"package_pull_conan":    with(pull("Conan packages"), publicly(PackageRegistry)),
	"package_push_conan":    push("Conan packages"),
	"package_pull_generic":  with(pull("generic packages"), publicly(PackageRegistry)),
	"package_push_generic":  push("generic packages"),
	"package_pull_go":       pull("Go modules"),
	"package_push_go":       {Title: "publish Go modules in", impossible: "the Go proxy takes no uploads: push the code, and a tag"},
	"package_pull_maven":    with(pull("Maven packages"), publicly(PackageRegistry)),
	"package_push_maven":    push("Maven packages"),
	"package_pull_npm":      with(pull("npm packages"), publicly(PackageRegistry)),
	"package_push_npm":      push("npm packages"),
	"package_pull_pypi":     pull("PyPI packages"),
	"package_push_pypi":     push("PyPI packages"),
	"package_delete": with(push("packages"), func(o *Operation) {
		o.Title, o.Role = "delete packages of", Maintainer
	}),

	"package_pull_cargo":            with(pull("Cargo crates"), ungovernedUntil(cargoUnsettled)),
	"package_push_cargo":            with(push("Cargo crates"), ungovernedUntil(cargoUnsettled)),
	"package_pull_helm":             with(pull("Helm charts"), ungoverned),
	"package_push_helm":             with(push("Helm charts"), ungoverned),
	"package_pull_nuget":            with(pull("NuGet packages"), ungoverned),
	"package_push_nuget":            with(push("NuGet packages"), ungoverned),
	"package_pull_debian":           with(pull("Debian packages"), ungoverned),
	"package_push_debian":           with(push("Debian packages"), ungoverned),
	"package_pull_terraform_module": with(pull("Terraform modules"), ungoverned),
	"package_push_terraform_module": with(push("Terraform modules"), ungoverned),
	"package_pull_rubygems":         with(pull("RubyGems"), ungovernedUntil(always)),
	"package_push_rubygems":         with(push("RubyGems"), ungovernedUntil(always)),
	"package_pull_ml_model":         with(pull("machine learning models"), ungovernedUntil(always)),
	"package_push_ml_model":         with(push("machine learning models"), ungovernedUntil(always)),
}

// ungovernedUntil marks what asks no permission, until the version from which that is not known.
func ungovernedUntil(unsettled func(Version) bool) func(*Operation) {
	return func(o *Operation) { o.unsettled = unsettled }
}

// aliases are friendly names of the most common operations.
var aliases = map[string]string{
	"clone":                 "git_clone_other_project",
	"push":                  "git_push_other_project",
	"git_push_own_project":  "git_push_other_project",
	"pull_image":            "container_image_pull_other_project",
	"push_image":            "container_image_push_other_project",
	"download_artifacts":    "artifacts_download",
	"download_packages":     "package_pull_generic",
	"publish_packages":      "package_push_generic",
	"delete_packages":       "package_delete",
	"trigger_pipeline":      "pipeline_trigger",
	"read_releases":         "release_read",
	"create_release":        "release_write",
	"read_file":             "repository_file",
	"read_issues":           "work_item_read",
	"read_terraform_state":  "terraform_state_read",
	"write_terraform_state": "terraform_state_write_or_lock",

	// Who may publish may download.
	"package_pull_push_helm":             "package_push_helm",
	"package_pull_push_nuget":            "package_push_nuget",
	"package_pull_push_rubygems":         "package_push_rubygems",
	"package_pull_push_debian":           "package_push_debian",
	"package_pull_push_terraform_module": "package_push_terraform_module",
	"package_pull_push_ml_model":         "package_push_ml_model",
}

// Lookup finds an operation by its name or alias.
func Lookup(name string) (Operation, bool) {
	if to, ok := aliases[name]; ok {
		name = to
	}
	o, ok := operations[name]
	return o, ok
}

// Names are the names and aliases of all operations.
func Names() []string {
	return slices.Sorted(maps.Keys(allNames()))
}

// Aliases are the friendly names alone, each with the operation that it means.
func Aliases() map[string]string { return maps.Clone(aliases) }

func allNames() map[string]bool {
	names := map[string]bool{}
	for name := range operations {
		names[name] = true
	}
	for name := range aliases {
		names[name] = true
	}
	return names
}

// governed tells whether an operation asks permissions, which may not be known.
func (o Operation) governed(v Version) truth {
	switch {
	case o.unsettled == nil:
		return holds(o.Governed)
	case o.unsettled(v):
		return maybe
	}
	return no
}
