package rules

import (
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// DeployTokenScopes are the scopes of deploy tokens of projects and groups
// alike, in the order in which GitLab lists those of a token.
var DeployTokenScopes = []string{
	"read_repository", "read_registry", "write_registry", "read_package_registry", "write_package_registry",
	"read_virtual_registry", "write_virtual_registry",
}

// roleIn is the role a caller has in a project or group; administrators own
// everything.
func roleIn(st *store.State, c Caller, source store.Source) store.AccessLevel {
	switch {
	case c.Admin():
		return store.Owner
	case source.Kind == store.GroupSource:
		return NamespaceLevel(st, c.ID(), source.ID)
	}
	return ProjectLevel(st, c.ID(), st.Project(source.ID))
}

// CanReadDeployTokens is the ability read_deploy_token: Maintainer, or a custom role.
func CanReadDeployTokens(st *store.State, c Caller, parent store.Source) bool {
	return roleIn(st, c, parent) >= store.Maintainer || hasAbility(st, c, parent, store.ManageDeployTokens)
}

// CanWriteDeployTokens stands for create_deploy_token and destroy_deploy_token:
// Maintainer of a project, Owner of a group, or a custom role.
func CanWriteDeployTokens(st *store.State, c Caller, parent store.Source) bool {
	if hasAbility(st, c, parent, store.ManageDeployTokens) {
		return true
	}
	if parent.Kind == store.GroupSource {
		return roleIn(st, c, parent) >= store.Owner
	}
	return roleIn(st, c, parent) >= store.Maintainer
}

// DeployTokenAttributes are what a deploy token is made with, for good.
type DeployTokenAttributes struct {
	Name      string
	Username  string // empty: made from the token's id
	Scopes    []string
	ExpiresAt *time.Time // may have passed; nil: never
}

var deployTokenUsername = regexp.MustCompile(`\A[a-zA-Z0-9.+_-]+\z`)

// CreateDeployToken makes a deploy token. Neither its name nor its user name
// has to be unique.
func (s Services) CreateDeployToken(st *store.State, parent store.Source, attrs DeployTokenAttributes) (*store.DeployToken, *Refusal) {
	var problems []string
	if len(attrs.Scopes) == 0 {
		problems = append(problems, "Scopes can't be blank")
	}
	if utf8.RuneCountInString(attrs.Username) > maxName {
		problems = append(problems, "Username "+tooLong)
	}
	if attrs.Username != "" && !deployTokenUsername.MatchString(attrs.Username) {
		problems = append(problems, "Username can contain only letters, digits, '_', '-', '+', and '.'")
	}
	if utf8.RuneCountInString(attrs.Name) > maxName {
		problems = append(problems, "Name "+tooLong)
	}
	if len(problems) > 0 {
		return nil, plain(Sentence(problems))
	}
	scopes := slices.DeleteFunc(slices.Clone(DeployTokenScopes), func(scope string) bool { return !slices.Contains(attrs.Scopes, scope) })
	return st.CreateDeployToken(store.DeployToken{
		Parent: parent, Name: attrs.Name, Username: attrs.Username, Scopes: scopes, ExpiresAt: attrs.ExpiresAt,
	}), nil
}

// ActiveDeployToken is what the lists' filter active asks. It goes by the
// instant a token dies at, unlike the field expired, which goes by days.
func ActiveDeployToken(st *store.State, t *store.DeployToken) bool {
	return t.AuthenticatesAt(st.Now())
}

// DeployTokenOpens says whether a project is the token's, or below its group.
func DeployTokenOpens(st *store.State, t *store.DeployToken, p *store.Project) bool {
	if t.Parent.Kind == store.ProjectSource {
		return t.Parent.ID == p.ID
	}
	return slices.ContainsFunc(st.Lineage(p.NamespaceID), func(n *store.Namespace) bool { return n.ID == t.Parent.ID })
}
