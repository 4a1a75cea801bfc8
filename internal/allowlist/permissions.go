package allowlist

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/check"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
)

// permissionPattern is the form of a permission name; which names there are, the server tells.
var permissionPattern = regexp.MustCompile(`^[a-z][a-z_]*$`)

// permissionRules hold permissions against what every GitLab asks of them.
func permissionRules() []validator.Set {
	return []validator.Set{
		check.Texts(check.Form(permissionPattern, diagnose.InvalidPermission, "the name of a permission in lower case, such as read_packages")),
		defaultAlone{},
	}
}

// defaultAlone refuses names beside "default", which stands for all of them.
type defaultAlone struct{}

// Description implements validator.Describer.
func (defaultAlone) Description(context.Context) string { return `"default" alone, or names` }

// MarkdownDescription implements validator.Describer.
func (v defaultAlone) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateSet implements validator.Set.
func (defaultAlone) ValidateSet(_ context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	if !aloneIfDefault(req.ConfigValue) {
		resp.Diagnostics.Append(diagnose.Problem(req.Path, diagnose.InvalidPermission,
			"%s has %q beside names of permissions, and %[2]q means all that the job's user may do. Write [%[2]q] alone, or the names alone.", req.Path, allowlists.ByDefault))
	}
}

func aloneIfDefault(names types.Set) bool {
	elements := names.Elements()
	return len(elements) < 2 || !slices.ContainsFunc(elements, types.StringValue(allowlists.ByDefault).Equal)
}

// requirePermissions refuses entries that state none, where the provider block asks for that. It needs no
// GitLab: what is misspelt is refused whatever else a plan comes to.
func (l *listSession) requirePermissions(entries []entry) {
	for _, e := range entries {
		if !l.RequirePermissions || !e.permissionsKnown || !e.model.Permissions.IsNull() {
			continue
		}
		l.diags.Append(diagnose.Problem(e.permissionsAt(), diagnose.StatePermissions,
			"The entry %q states no permissions, and the provider block has require_permissions = true. Write permissions with the names that it needs, or [%q] for GitLab's default permissions: all that the job's user may do. If they are there, look at how the key is spelled: Terraform drops one that it does not know.",
			e.key, allowlists.ByDefault))
	}
}

// checkPermissions refuses permission names that this GitLab does not know. The server is asked once
// a walk, and only where one is configured that the list does not show.
func (l *listSession) checkPermissions(ctx context.Context, want []entry) {
	l.checkOwn(ctx, want)
	shown := l.project.PermissionNames()
	unseen := func(e entry) bool {
		return slices.ContainsFunc(e.permissions.Names, func(name string) bool { return !shown[name] })
	}
	if !slices.ContainsFunc(want, unseen) {
		return
	}
	names, err := l.Lists.PermissionNames(ctx)
	if err != nil {
		l.diags.Append(diagnose.Error(diagnose.ReadPermissions, err))
		return
	}
	for _, e := range want {
		for _, name := range e.permissions.Names {
			if slices.Contains(names, name) {
				continue
			}
			l.diags.Append(diagnose.Problem(e.permissionsAt(), diagnose.UnknownPermission,
				"The entry %q asks for %q, which this GitLab does not know.%s\n\nIt knows: %s.", e.key, name, suggestion(name, names), strings.Join(names, ", ")))
		}
	}
}

// checkOwn refuses fine-grained permissions of the project's own entry where GitLab stores none.
func (l *listSession) checkOwn(ctx context.Context, want []entry) {
	server, err := l.GitLab.Server(ctx)
	if err != nil || !server.Version.Less(allowlists.OwnEntry) {
		return
	}
	for _, e := range want {
		if l.project.IsOwn(e.target) && e.permissionsKnown && !e.permissions.Default {
			l.diags.Append(diagnose.Problem(e.permissionsAt(), diagnose.NotSupported,
				"Permissions for the project's own jobs came with GitLab %s; this one is older. Leave the entry out.", allowlists.OwnEntry))
		}
	}
}

// suggestion names the permissions that are spelled most like a name, or concern the same thing.
func suggestion(name string, names []string) string {
	const typos = 2
	distance := func(other string) int { return levenshtein.ComputeDistance(name, other) }
	thing := name[strings.Index(name, "_")+1:]
	var near []string
	for _, other := range names {
		if distance(other) <= typos || strings.HasSuffix(other, "_"+thing) {
			near = append(near, other)
		}
	}
	if len(near) == 0 {
		return ""
	}
	slices.SortStableFunc(near, func(a, b string) int { return cmp.Compare(distance(a), distance(b)) })
	return fmt.Sprintf(" Did you mean %s?", strings.Join(near[:min(2, len(near))], " or "))
}
