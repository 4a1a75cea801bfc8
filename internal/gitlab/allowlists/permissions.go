package allowlists

import (
	"context"
	"slices"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
)

// Permissions are what an allowlist entry grants a job: GitLab's default permissions (all that the
// job's user may do), or fine-grained ones.
//
// See https://docs.gitlab.com/ci/jobs/fine_grained_permissions/.
type Permissions struct {
	// Default means GitLab's default permissions; Names is then empty.
	Default bool
	// Names are fine-grained permissions in lower case, sorted. None at all grants no endpoint (git
	// clone and image pull stay open to an entry).
	Names []string
}

// ByDefault is how a configuration asks for GitLab's default permissions in so many words.
const ByDefault = "default"

// Stated are the permissions in words of a configuration: their names, or [ByDefault] alone.
func (p Permissions) Stated() []string {
	if p.Default {
		return []string{ByDefault}
	}
	return p.Names
}

// DefaultPermissions are those of an entry without a fine-grained list.
func DefaultPermissions() Permissions { return Permissions{Default: true} }

// FineGrained makes permissions of names in any order and letter case.
func FineGrained(names ...string) Permissions {
	sorted := make([]string, 0, len(names))
	for _, name := range names {
		sorted = append(sorted, strings.ToLower(name))
	}
	slices.Sort(sorted)
	return Permissions{Names: slices.Compact(sorted)}
}

// Equal tells whether both grant the same: a read_ permission beside the admin_ one of the same name
// adds nothing.
func (p Permissions) Equal(other Permissions) bool {
	return p.Covers(other) && other.Covers(p)
}

// Covers tells whether p grants everything that other grants. An admin_ permission includes the
// read_ permission of the same name.
func (p Permissions) Covers(other Permissions) bool {
	if p.Default {
		return true
	}
	if other.Default {
		return false
	}
	for _, name := range other.Names {
		admin := "admin_" + strings.TrimPrefix(name, "read_")
		if !slices.Contains(p.Names, name) && !slices.Contains(p.Names, admin) {
			return false
		}
	}
	return true
}

// String writes the permissions for messages.
func (p Permissions) String() string {
	switch {
	case p.Default:
		return "default permissions"
	case len(p.Names) == 0:
		return "no permissions"
	default:
		return strings.Join(p.Names, ", ")
	}
}

// enums are the names as GraphQL wants them; never nil, since GitLab refuses null.
func (p Permissions) enums() []string {
	out := make([]string, 0, len(p.Names))
	for _, name := range p.Names {
		out = append(out, strings.ToUpper(name))
	}
	return out
}

// PermissionNames asks the server once which fine-grained permissions it knows, in lower case and
// sorted.
func (s *Service) PermissionNames(ctx context.Context) ([]string, error) {
	names, err := s.permissions.Load(ctx, struct{}{})
	return slices.Clone(names), s.gitlab.Annotate(err, readingPermissions, "at "+s.gitlab.BaseURL())
}

const readingPermissions = "read the names of fine-grained permissions"

func (s *Service) fetchPermissionNames(ctx context.Context, _ struct{}) ([]string, error) {
	const doing = readingPermissions
	var answer struct {
		Type *struct {
			EnumValues []struct {
				Name string `json:"name"`
			} `json:"enumValues"`
		} `json:"__type"`
	}
	problems, err := s.gitlab.Query(ctx, documents.PermissionNames, gitlab.Fit{}, nil, &answer)
	if err != nil {
		return nil, s.gitlab.Annotate(err, doing, "at "+s.gitlab.BaseURL())
	}
	if answer.Type == nil || len(answer.Type.EnumValues) == 0 {
		if len(problems) > 0 {
			return nil, apierror.FromGraphQL(problems).With(doing, "at "+s.gitlab.BaseURL())
		}
		return nil, &apierror.Error{Kind: apierror.Unsupported, Doing: doing, Target: "at " + s.gitlab.BaseURL(), Note: "this GitLab has no fine-grained permissions"}
	}
	names := make([]string, 0, len(answer.Type.EnumValues))
	for _, value := range answer.Type.EnumValues {
		names = append(names, strings.ToLower(value.Name))
	}
	slices.Sort(names)
	return names, nil
}
