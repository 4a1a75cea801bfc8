package jobtoken

import (
	"slices"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/release"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// Operation is something a job may try in a project.
type Operation struct {
	// Ability is what the job's user must have in the project.
	Ability rules.Ability
	// Governed operations ask the fine-grained permissions of the entry that
	// admits the job. Without any Permissions they are for entries with default
	// permissions alone.
	Governed bool
	// Permissions are all needed, in the stored, lower-case spelling.
	Permissions []string
	// PublicWhen names features; while they are open to all in a public or internal
	// project, no permission is asked. None: always asked.
	PublicWhen []store.Feature
	// Pushes is set for git push, which the project's toggles govern.
	Pushes bool
}

// Git operations. Cloning asks no fine-grained permission: an entry with an
// empty list opens the code.
var (
	Clone = Operation{Ability: rules.DownloadCode}
	Push  = Operation{Ability: rules.PushCode, Pushes: true}
)

// REST operations, with the permissions of GitLab's page "Fine-grained
// permissions for CI/CD job tokens" (18.4).
var (
	DownloadPackage = Operation{
		Ability: rules.ReadPackage, Governed: true, Permissions: []string{"read_packages"},
		PublicWhen: []store.Feature{store.PackageRegistry},
	}
	PublishPackage = Operation{Ability: rules.CreatePackage, Governed: true, Permissions: []string{"admin_packages"}}
	// DownloadArtifacts is for whole archives, which always need the permission.
	DownloadArtifacts = Operation{Ability: rules.ReadArtifacts, Governed: true, Permissions: []string{"read_jobs"}}
	// ReadArtifact is for a single file of them.
	ReadArtifact = Operation{
		Ability: rules.ReadArtifacts, Governed: true, Permissions: []string{"read_jobs"},
		PublicWhen: []store.Feature{store.Repository, store.Builds},
	}
	ReadReleases = Operation{
		Ability: rules.ReadRelease, Governed: true, Permissions: []string{"read_releases"},
		PublicWhen: []store.Feature{store.Repository, store.Releases},
	}
	CreateRelease = Operation{Ability: rules.CreateRelease, Governed: true, Permissions: []string{"admin_releases"}}
	ReadRawFile   = Operation{
		Ability: rules.DownloadCode, Governed: true, Permissions: []string{"read_repositories"},
		PublicWhen: []store.Feature{store.Repository},
	}
	TriggerPipeline = Operation{Ability: rules.CreatePipeline}
)

// Endpoint is a REST route that takes a job token.
type Endpoint struct {
	Operation Operation
	// Package routes take credentials by basic authentication too, as package clients
	// send them, and deploy tokens; and they do not tell who is not let in that there
	// is such a project.
	Package bool
}

var endpoints = map[string]Endpoint{
	"GET /job": {},
	"GET /projects/:id/packages/generic/:package_name/:package_version/:file_name": {DownloadPackage, true},
	"PUT /projects/:id/packages/generic/:package_name/:package_version/:file_name": {PublishPackage, true},
	"GET /projects/:id/jobs/:job_id/artifacts":                                     {DownloadArtifacts, false},
	"GET /projects/:id/jobs/artifacts/:ref_name/download":                          {DownloadArtifacts, false},
	"GET /projects/:id/jobs/artifacts/:ref_name/raw/*artifact_path":                {ReadArtifact, false},
	"GET /projects/:id/releases":                                                   {ReadReleases, false},
	"GET /projects/:id/releases/:tag_name":                                         {ReadReleases, false},
	"GET /projects/:id/releases/permalink/latest":                                  {ReadReleases, false},
	"POST /projects/:id/releases":                                                  {CreateRelease, false},
	"GET /projects/:id/repository/files/:file_path/raw":                            {ReadRawFile, false},
}

// EndpointOf finds a route that takes a job token as its credential; on every
// other route a job token is ignored. Releases that do not know a permission of
// a route do not take job tokens there.
func EndpointOf(version release.Version, method, path string) (Endpoint, bool) {
	found, takes := endpoints[method+" "+path]
	for _, permission := range found.Operation.Permissions {
		takes = takes && slices.Contains(version.Permissions(), permission)
	}
	return found, takes
}
