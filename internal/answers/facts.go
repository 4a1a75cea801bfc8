package answers

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/access"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

// gathering reads what a decision rests on. What GitLab does not show to the token stays unknown.
type gathering struct {
	*session.Session

	facts access.Facts
	diags diag.Diagnostics
}

func gather(ctx context.Context, s *session.Session, m accessCheckModel) (access.Facts, diag.Diagnostics) {
	g := &gathering{Session: s}
	server, err := s.GitLab.Server(ctx)
	if err != nil {
		return g.facts, diag.Diagnostics{diagnose.ReadError(diagnose.ReadSettings, err)}
	}
	g.facts.Version = access.Version{Major: server.Version.Major, Minor: server.Version.Minor}
	g.facts.Enterprise = access.Known(server.Enterprise)
	from, diags := ref.Resolve(ctx, s.GitLab, gitlab.KindProject, path.Root("from_project"), m.From.ValueString())
	if g.diags.Append(diags...); g.diags.HasError() {
		return g.facts, g.diags
	}
	to, there := g.target(ctx, m.To.ValueString())
	if g.diags.HasError() {
		return g.facts, g.diags
	}
	g.from(ctx, from, to)
	if there {
		g.to(ctx, to)
	}
	g.user(ctx, m.User, to, there)
	return g.facts, g.diags
}

// target finds the project that is reached. One that the token does not see may be there all the same.
func (g *gathering) target(ctx context.Context, spelling string) (gitlab.Target, bool) {
	parsed, err := gitlab.ParseRef(gitlab.KindProject, spelling)
	if err != nil { // validated
		g.diags.Append(ref.Malformed(path.Root("to_project"), gitlab.KindProject, spelling, err))
		return gitlab.Target{}, false
	}
	found, err := g.GitLab.Resolve(ctx, gitlab.KindProject, parsed)
	switch {
	case apierror.Is(err, apierror.NotFound), apierror.Is(err, apierror.FineGrained):
		g.facts.To.ID, g.facts.To.Path = parsed.ID, parsed.String()
		return gitlab.Target{}, false
	case err != nil:
		g.diags.Append(diagnose.LookupError(path.Root("to_project"), diagnose.FindProject, err))
		return gitlab.Target{}, false
	}
	g.facts.To.ID, g.facts.To.Path, g.facts.To.Missing = found.ID, found.Path, access.Known(false)
	return found, true
}

func (g *gathering) from(ctx context.Context, project, to gitlab.Target) {
	f := &g.facts.From
	f.ID, f.Path = project.ID, project.Path
	sight, err := g.GitLab.ProjectSight(ctx, project)
	if hidden(err) || g.failed(err) {
		return
	}
	if sight.Namespace.Kind == "" || sight.Namespace.Kind == string(gitlab.KindGroup) {
		f.Groups = above(project.Path)
	}
	f.Outbound = pointed(sight.Outbound)
	if sight.Builds != "" {
		f.BuildsOff = access.Known(access.Level(sight.Builds) == access.Disabled)
	}
	list, err := g.Lists.Project(ctx, project.ID)
	if hidden(err) || g.failed(err) {
		return
	}
	f.Outbound = access.Known(list.Settings.Outbound)
	f.OutboundHolds = access.Known(holds(list.Outbound, to))
}

func holds(targets []gitlab.Target, project gitlab.Target) bool {
	for _, target := range targets {
		if target.Key() == project.Key() {
			return true
		}
	}
	return false
}

// above are the groups above a project, the nearest first.
func above(project string) (groups []access.Target) {
	for {
		i := strings.LastIndex(project, "/")
		if i < 0 {
			return groups
		}
		project = project[:i]
		groups = append(groups, access.Target{Group: true, Path: project})
	}
}

func (g *gathering) to(ctx context.Context, project gitlab.Target) {
	sight, err := g.GitLab.ProjectSight(ctx, project)
	if hidden(err) || g.failed(err) {
		return
	}
	t := &g.facts.To
	if sight.Visibility != "" {
		t.Visibility = access.Known(access.Visibility(sight.Visibility))
	}
	if sight.Archived != nil {
		t.ReadOnly = access.Known(*sight.Archived || sight.DeletionOn != nil || project.DeletionScheduled())
	}
	t.PublicPipelines, t.Push = pointed(sight.PublicJobs), pointed(sight.PushRepository)
	t.Features = expandFeatures(sight)
	list, err := g.Lists.Project(ctx, project.ID)
	if hidden(err) || g.failed(err) {
		return
	}
	t.Push = access.Known(list.Settings.PushRepository)
	t.CrossProjectPush = pointed(list.Settings.CrossProjectPush)
	t.Entries = access.Known(expandEntries(list))
	if limited, err := g.Lists.Effective(ctx, list); !g.failed(err) {
		t.Limited = access.Known(limited)
	}
}

func expandFeatures(sight gitlab.ProjectSight) map[access.Feature]access.Level {
	features := map[access.Feature]access.Level{}
	for feature, level := range map[access.Feature]string{
		access.Repository: sight.Repository, access.Builds: sight.Builds, access.PackageRegistry: sight.PackageRegistry,
		access.ContainerRegistry: sight.ContainerRegistry, access.Releases: sight.Releases, access.Environments: sight.Environments,
		access.Infrastructure: sight.Infrastructure, access.MergeRequests: sight.MergeRequests, access.Issues: sight.Issues,
	} {
		if level != "" {
			features[feature] = access.Level(level)
		}
	}
	return features
}

func expandEntries(list *allowlists.Project) []access.Entry {
	var entries []access.Entry
	for _, kind := range []gitlab.Kind{gitlab.KindProject, gitlab.KindGroup} {
		for _, stored := range list.Entries(kind) {
			entry := access.Entry{
				Target:  access.Target{Group: kind == gitlab.KindGroup, ID: stored.Target.ID, Path: stored.Target.Path},
				Default: stored.Permissions.Default,
			}
			if !stored.PermissionsUnreadable {
				entry.Permissions = access.Known(stored.Permissions.Names)
			}
			entries = append(entries, entry)
		}
	}
	return entries
}

func (g *gathering) user(ctx context.Context, name types.String, to gitlab.Target, there bool) {
	if name.IsNull() {
		return
	}
	sight, err := g.GitLab.UserSight(ctx, name.ValueString())
	if err != nil {
		g.diags.Append(diagnose.LookupError(path.Root("user"), diagnose.FindUser, err))
		return
	}
	u := &g.facts.User
	u.Username, u.External, u.Admin = sight.Username, pointed(sight.External), pointed(sight.Admin)
	if sight.State != "" {
		u.Blocked = access.Known(sight.State != "active")
	}
	if !there {
		return
	}
	member, err := g.GitLab.RoleOf(ctx, to, sight.ID)
	if g.failed(err) || !member.Known {
		return
	}
	u.Role, u.CustomRole = access.Known(access.Role(member.Level)), member.Custom
}

func pointed(shown *bool) access.Maybe[bool] {
	if shown == nil {
		return access.Maybe[bool]{}
	}
	return access.Known(*shown)
}

// hidden tells a list that the token may not read from one that could not be read.
func hidden(err error) bool {
	return apierror.Is(err, apierror.Forbidden) || apierror.Is(err, apierror.NotFound) || apierror.Is(err, apierror.FineGrained)
}

func (g *gathering) failed(err error) bool {
	if err != nil {
		g.diags.Append(diagnose.ReadError(diagnose.ReadSettings, err))
	}
	return err != nil
}
