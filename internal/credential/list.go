package credential

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
)

var _ list.ListResourceWithConfigure = (*tokenList)(nil)

// NewProjectDeployTokenList makes the list resource jobtoken_project_deploy_token.
func NewProjectDeployTokenList() list.ListResource {
	return &tokenList{tokenResource{kind: projectDeployTokens}}
}

// NewGroupDeployTokenList makes the list resource jobtoken_group_deploy_token.
func NewGroupDeployTokenList() list.ListResource {
	return &tokenList{tokenResource{kind: groupDeployTokens}}
}

// NewProjectAccessTokenList makes the list resource jobtoken_project_access_token.
func NewProjectAccessTokenList() list.ListResource {
	return &tokenList{tokenResource{kind: projectAccessTokens}}
}

// NewGroupAccessTokenList makes the list resource jobtoken_group_access_token.
func NewGroupAccessTokenList() list.ListResource {
	return &tokenList{tokenResource{kind: groupAccessTokens}}
}

// tokenList finds the tokens of a project or group, with Terraform 1.14's "query", for imports to take
// over. It has the name and the schema of its resource.
type tokenList struct{ tokenResource }

func (l *tokenList) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	parent := string(l.kind.parent)
	resp.Schema = schema.Schema{
		MarkdownDescription: fmt.Sprintf("Finds the %ss of a %s that still work. Needs the %s role in the %s.", l.kind.token, parent, tokens.ListingRole(l.kind.token, l.kind.parent).Title, parent),
		Attributes: map[string]schema.Attribute{
			parent: schema.StringAttribute{
				MarkdownDescription: fmt.Sprintf("Full path or numeric id of the %s that the tokens belong to.", parent),
				Required:            true,
				Validators:          []validator.String{ref.Valid(l.kind.parent)},
			},
			"include_inactive": schema.BoolAttribute{
				MarkdownDescription: "Finds expired and revoked tokens too, as far as GitLab lists them. Default `false`.",
				Optional:            true,
			},
		},
	}
}

// List implements [list.ListResource].
func (l *tokenList) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	stream.Results = func(push func(list.ListResult) bool) {
		parent, tokens, diags := l.find(ctx, req.Config)
		if diags.HasError() {
			push(list.ListResult{Diagnostics: diags})
			return
		}
		names := displayNames(tokens)
		if req.Limit > 0 && int64(len(tokens)) > req.Limit {
			tokens = tokens[:req.Limit]
		}
		for _, token := range tokens {
			if !push(l.result(ctx, req, parent, token, names[token.ID])) {
				return
			}
		}
	}
}

// find reads the tokens that a list block asks for, by id.
func (l *tokenList) find(ctx context.Context, config tfsdk.Config) (gitlab.Target, []tokens.Token, diag.Diagnostics) {
	var spelling types.String
	var inactive types.Bool
	diags := config.GetAttribute(ctx, l.kind.at(), &spelling)
	diags.Append(config.GetAttribute(ctx, path.Root("include_inactive"), &inactive)...)
	if diags.HasError() {
		return gitlab.Target{}, nil, diags
	}
	parent, found, diags := l.kind.list(ctx, l.session, spelling)
	if now := l.session.GitLab.Now(); !inactive.ValueBool() {
		found = slices.DeleteFunc(found, func(t tokens.Token) bool { return !t.Active(now) })
	}
	return parent, found, diags
}

// displayNames tell tokens apart, by id. Those of one name have their scopes and end beside it, and the id where
// that is not enough; and each is marked that a newer one like it seems to have replaced: to import that one
// would take it from the resource that ends it.
func displayNames(tokens []tokens.Token) map[int64]string {
	names, count := map[int64]string{}, map[string]int{}
	for _, t := range tokens {
		count[t.Name]++
		names[t.ID] = t.Name
	}
	full := map[string]int{}
	for _, t := range tokens {
		if count[t.Name] > 1 {
			end := "never ends"
			if !t.ExpiresAt.IsZero() {
				end = "ends " + t.ExpiresAt.UTC().Format(time.RFC3339)
			}
			names[t.ID] += fmt.Sprintf(" (%s; %s)", strings.Join(t.Scopes, ", "), end)
			full[names[t.ID]]++
		}
	}
	for _, t := range tokens {
		if full[names[t.ID]] > 1 {
			names[t.ID] += fmt.Sprintf(" id %d", t.ID)
		}
	}
	for _, t := range tokens {
		if newer := successor(tokens, t); newer != 0 {
			names[t.ID] += fmt.Sprintf(", in its overlap if id %d has replaced it", newer)
		}
	}
	return names
}

// successor is the newest token that may have been made in the place of another, which still works; 0 is none.
func successor(tokens []tokens.Token, of tokens.Token) (id int64) {
	for _, t := range tokens {
		username := t.Username == of.Username || madeUpName(t.Username) && madeUpName(of.Username)
		if t.ID > of.ID && t.Name == of.Name && slices.Equal(t.Scopes, of.Scopes) && username &&
			t.AccessLevel == of.AccessLevel && t.Description == of.Description && !t.Revoked && !of.Revoked {
			id = max(id, t.ID)
		}
	}
	return id
}

// result is a token as the read of its import would write it.
func (l *tokenList) result(ctx context.Context, req list.ListRequest, parent gitlab.Target, token tokens.Token, name string) list.ListResult {
	result := req.NewListResult(ctx)
	result.DisplayName = name
	id, tokenID := types.Int64Value(parent.ID), types.Int64Value(token.ID)
	result.Diagnostics.Append(l.identify(ctx, result.Identity, view{common: &common{TokenID: tokenID}, ParentID: &id})...)
	if !req.IncludeResource {
		return result
	}
	m := l.kind.make()
	result.Diagnostics.Append(result.Resource.SetAttribute(ctx, path.Root("token_id"), tokenID)...)
	result.Diagnostics.Append(result.Resource.Get(ctx, m)...)
	v := m.view()
	*v.Parent, *v.ParentID, v.TokenInState = types.StringValue(parent.Path), id, types.BoolValue(false)
	// Its one warning, that the token has expired, is no news to who asks for inactive ones.
	r := refresher{Session: l.session, kind: l.kind, parent: parent, state: v}
	r.refresh(ctx, []tokens.Token{token})
	result.Diagnostics.Append(result.Resource.Set(ctx, m)...)
	return result
}
