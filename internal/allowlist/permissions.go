package allowlist

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
)

// permissionPattern is the form of a permission name; which names there are, the server tells.
var permissionPattern = regexp.MustCompile(`^[a-z][a-z_]*$`)

// checkPermissions refuses permission names that this GitLab does not know. The server is asked once
// a walk, and only where fine-grained permissions are configured.
func (l *lookup) checkPermissions(ctx context.Context, want []entry) {
	fineGrained := func(e entry) bool { return len(e.permissions.Names) > 0 }
	if !slices.ContainsFunc(want, fineGrained) {
		return
	}
	names, err := l.GitLab.PermissionNames(ctx)
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
