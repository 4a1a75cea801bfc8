package rules

import (
	"slices"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// Ability is a right to what a project holds, as the project policy of GitLab
// 19 grants it.
type Ability struct {
	// Features must all be open to the user; one is closed for all where it is
	// disabled, and for who has no role where it is for members.
	Features []store.Feature
	// Role is the least role that has the ability.
	Role store.AccessLevel
	// Public abilities come with a public or internal project, without a role.
	Public bool
	// Writes are lost while a project is archived or scheduled for deletion.
	Writes bool
}

// The abilities that job tokens are used for, under GitLab's names.
var (
	// DownloadCode is download_code.
	DownloadCode = Ability{Features: []store.Feature{store.Repository}, Role: store.Reporter, Public: true}
	// PushCode is push_code.
	PushCode = Ability{Features: []store.Feature{store.Repository}, Role: store.Developer, Writes: true}
	// ReadArtifacts is read_job_artifacts of a project with public pipelines.
	ReadArtifacts = Ability{Features: []store.Feature{store.Repository, store.Builds}, Role: store.Guest, Public: true}
	// CreatePipeline is create_pipeline.
	CreatePipeline = Ability{Features: []store.Feature{store.Repository, store.Builds}, Role: store.Developer, Writes: true}
	// ReadPackage is read_package.
	ReadPackage = Ability{Features: []store.Feature{store.PackageRegistry}, Role: store.Reporter, Public: true}
	// CreatePackage is create_package.
	CreatePackage = Ability{Features: []store.Feature{store.PackageRegistry}, Role: store.Developer, Writes: true}
	// ReadRelease is read_release.
	ReadRelease = Ability{Features: []store.Feature{store.Releases}, Role: store.Guest, Public: true}
	// CreateRelease is create_release.
	CreateRelease = Ability{Features: []store.Feature{store.Releases}, Role: store.Developer, Writes: true}
)

// Can says whether the caller has an ability in a project it can read.
func Can(st *store.State, c Caller, p *store.Project, a Ability) bool {
	if a.Writes && (p.Archived || p.MarkedForDeletion != nil) {
		return false
	}
	level := ProjectLevel(st, c.ID(), p)
	for _, feature := range a.Features {
		switch p.Features.Of(feature) {
		case store.FeatureDisabled:
			return false
		case store.FeaturePrivate:
			if !c.Admin() && level < leastRole(feature, p) {
				return false
			}
		case store.FeatureEnabled:
		}
	}
	return c.Admin() || level >= a.Role || a.Public && visibleToAll(c, p.Visibility)
}

// DeployTokenCan says whether a deploy token has an ability of the package registry in
// its project, or one below its group: a scope to write reads as well.
func DeployTokenCan(st *store.State, t *store.DeployToken, p *store.Project, a Ability) bool {
	switch {
	case !DeployTokenOpens(st, t, p), p.Features.Of(store.PackageRegistry) == store.FeatureDisabled,
		a.Writes && (p.Archived || p.MarkedForDeletion != nil):
		return false
	}
	return slices.Contains(t.Scopes, "write_package_registry") || !a.Writes && slices.Contains(t.Scopes, "read_package_registry")
}

// leastRole is what a feature for members asks of them.
func leastRole(f store.Feature, p *store.Project) store.AccessLevel {
	if f == store.PackageRegistry || f == store.Repository && p.Visibility == store.Private {
		return store.Reporter
	}
	return store.Guest
}

// AnyoneCan says whether an anonymous visitor would have an ability if the
// project were public.
func AnyoneCan(p *store.Project, a Ability) bool {
	return a.Public && OpenToAll(p, a.Features...)
}

// OpenToAll says whether features of a project are enabled for everyone.
func OpenToAll(p *store.Project, features ...store.Feature) bool {
	for _, feature := range features {
		if p.Features.Of(feature) != store.FeatureEnabled {
			return false
		}
	}
	return true
}
