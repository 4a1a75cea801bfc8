// Package credential is deploy tokens and access tokens of projects and groups: one model and one life
// cycle for four resources. The secret of a token goes from GitLab's answer into CI/CD variables, and
// into the state only where that is asked for.
package credential

import (
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/credential/delivery"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"
)

// kind is what tells the four resources apart.
type kind struct {
	token  tokens.Kind
	parent gitlab.Kind
	// make gives an empty model.
	make func() model
}

var (
	projectDeployTokens = kind{tokens.Deploy, gitlab.KindProject, func() model { return &projectDeployToken{} }}
	groupDeployTokens   = kind{tokens.Deploy, gitlab.KindGroup, func() model { return &groupDeployToken{} }}
	projectAccessTokens = kind{tokens.Access, gitlab.KindProject, func() model { return &projectAccessToken{} }}
	groupAccessTokens   = kind{tokens.Access, gitlab.KindGroup, func() model { return &groupAccessToken{} }}
)

// typeName is the resource's type without the provider's prefix.
func (k kind) typeName() string {
	if k.token == tokens.Access {
		return string(k.parent) + "_access_token"
	}
	return string(k.parent) + "_deploy_token"
}

// resource is the resource's type.
func (k kind) resource() string { return "jobtoken_" + k.typeName() }

// at is where the parent stands in the configuration.
func (k kind) at() path.Path { return path.Root(string(k.parent)) }

// idName is the attribute of the parent's id.
func (k kind) idName() string { return string(k.parent) + "_id" }

// stores are what the token's deliveries can hold.
func (k kind) stores() []string {
	if k.token == tokens.Deploy {
		return []string{delivery.StoreToken, delivery.StoreUsername}
	}
	return []string{delivery.StoreToken}
}

// role is what making and ending such a token needs.
func (k kind) role() gitlab.Role { return gitlab.ManagingRole(k.parent) }

// ability is what a custom role must have for that.
func (k kind) ability() string {
	if k.token == tokens.Access {
		return "manage_" + string(k.parent) + "_access_tokens"
	}
	return "manage_deploy_tokens"
}
