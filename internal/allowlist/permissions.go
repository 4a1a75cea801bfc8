package allowlist

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"

	"github.com/agnivade/levenshtein"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
)

// permissionPattern is the form of a permission name; which names there are, the server tells.
var permissionPattern = regexp.MustCompile(`^[a-z][a-z_]*$`)

// checkPermissions refuses permission names that this GitLab does not know. The server is asked once
// a walk, and only where one is configured that the list does not show.
func (l *lookup) checkPermissions(ctx context.Context, want []entry) {
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
func (l *lookup) checkOwn(ctx context.Context, want []entry) {
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
