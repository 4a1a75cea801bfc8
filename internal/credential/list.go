package credential

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/query"
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

// tokenList finds the tokens of projects or groups, with Terraform 1.14's "query", for imports to take
// over. It has the name and the schema of its resource.
type tokenList struct{ tokenResource }

func (l *tokenList) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	role := tokens.ListingRole(l.kind.token, l.kind.parent).Title
	attributes := map[string]schema.Attribute{
		"include_inactive": schema.BoolAttribute{
			MarkdownDescription: "Finds expired and revoked tokens too, as far as GitLab lists them. Default `false`.",
			Optional:            true,
		},
	}
	if l.kind.parent == gitlab.KindProject {
		resp.Schema = schema.Schema{
			MarkdownDescription: fmt.Sprintf("Finds the %ss of a project, or of all projects of a group, that still work. Needs the %s role in each project.", l.kind.token, role),
			Attributes:          query.Attributes(attributes),
		}
		return
	}
	attributes["group"] = schema.StringAttribute{
		MarkdownDescription: "Full path or numeric id of the group that the tokens belong to.",
		Required:            true,
		Validators:          []validator.String{ref.Valid(gitlab.KindGroup)},
	}
	attributes["include_descendants"] = schema.BoolAttribute{
		MarkdownDescription: "Finds the tokens of all its subgroups too. Default `false`.",
		Optional:            true,
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: fmt.Sprintf("Finds the %ss of a group, or of its subgroups too, that still work. Needs the %s role in each group.", l.kind.token, role),
		Attributes:          attributes,
	}
}

// List implements [list.ListResource].
func (l *tokenList) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	query.Stream(ctx, req, stream, func(ctx context.Context, g *query.Gathering) diag.Diagnostics {
		var inactive types.Bool
		if diags := req.Config.GetAttribute(ctx, path.Root("include_inactive"), &inactive); diags.HasError() {
			return diags
		}
		add := func(parent gitlab.Target, found []tokens.Token, prefix string) {
			if now := l.session.GitLab.Now(); !inactive.ValueBool() {
				found = slices.DeleteFunc(found, func(t tokens.Token) bool { return !t.Active(now) })
			}
			names := displayNames(found)
			for _, token := range found {
				g.Add(query.Found{Name: prefix + names[token.ID], Fill: func(ctx context.Context, result *list.ListResult) diag.Diagnostics {
					return l.fill(ctx, req, result, parent, token)
				}})
			}
		}
		if l.kind.parent == gitlab.KindProject {
			return l.ofProjects(ctx, req.Config, g, add)
		}
		return l.ofGroups(ctx, req.Config, g, add)
	})
}

// adding adds tokens of a project or group, with names that begin with a prefix.
type adding func(parent gitlab.Target, found []tokens.Token, prefix string)

func (l *tokenList) ofProjects(ctx context.Context, config tfsdk.Config, g *query.Gathering, add adding) diag.Diagnostics {
	scope, diags := query.ReadScope(ctx, config)
	if diags.HasError() {
		return diags
	}
	g.In(scope)
	if scope.Group.IsNull() {
		parent, found, diags := l.kind.list(ctx, l.session, scope.Project)
		if !diags.HasError() {
			add(parent, found, "")
		}
		return diags
	}
	for page, diags := range scope.Members(ctx, l.session) {
		if diags.HasError() {
			return diags
		}
		projects := make([]gitlab.Target, 0, len(page))
		for _, m := range page {
			projects = append(projects, m.Target)
		}
		if diags := l.ofEach(ctx, projects, g, add); diags.HasError() || g.Full() {
			return diags
		}
	}
	return nil
}

func (l *tokenList) ofGroups(ctx context.Context, config tfsdk.Config, g *query.Gathering, add adding) diag.Diagnostics {
	var scope query.Scope
	var descendants types.Bool
	diags := config.GetAttribute(ctx, l.kind.at(), &scope.Group)
	diags.Append(config.GetAttribute(ctx, path.Root("include_descendants"), &descendants)...)
	if diags.HasError() {
		return diags
	}
	g.In(scope)
	if !descendants.ValueBool() {
		parent, found, diags := l.kind.list(ctx, l.session, scope.Group)
		if !diags.HasError() {
			add(parent, found, "")
		}
		return diags
	}
	top, diags := ref.Resolve(ctx, l.session.GitLab, gitlab.KindGroup, l.kind.at(), scope.Group.ValueString())
	if diags.HasError() {
		return diags
	}
	below, err := l.session.GitLab.Descendants(ctx, top)
	if err != nil {
		return diag.Diagnostics{diagnose.LookupError(l.kind.at(), diagnose.ReadTokens, err)}
	}
	return l.ofEach(ctx, append([]gitlab.Target{top}, below...), g, add)
}

// listsAtOnce is how many lists are read side by side, and so how many at most that the limit makes useless.
const listsAtOnce = 8

// ofEach reads one list after the other until the limit is reached. What may not be listed is left out.
func (l *tokenList) ofEach(ctx context.Context, parents []gitlab.Target, g *query.Gathering, add adding) diag.Diagnostics {
	for some := range slices.Chunk(parents, listsAtOnce) {
		found, errs := make([][]tokens.Token, len(some)), make([]error, len(some))
		var all sync.WaitGroup
		for i, parent := range some {
			all.Go(func() { found[i], errs[i] = l.session.Tokens.List(ctx, l.kind.token, parent) })
		}
		all.Wait()
		for i, parent := range some {
			if errs[i] != nil && !g.Withhold(parent, errs[i]) {
				return diag.Diagnostics{diagnose.ReadError(diagnose.ReadTokens, errs[i])}
			}
			add(parent, found[i], parent.Path+": ")
		}
		if g.Full() {
			break
		}
	}
	return nil
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

// fill is a token as the read of its import would write it.
func (l *tokenList) fill(ctx context.Context, req list.ListRequest, result *list.ListResult, parent gitlab.Target, token tokens.Token) diag.Diagnostics {
	id, tokenID := types.Int64Value(parent.ID), types.Int64Value(token.ID)
	diags := l.identify(ctx, result.Identity, attributes{common: &common{TokenID: tokenID}, ParentID: &id})
	if !req.IncludeResource {
		return diags
	}
	m := l.kind.make()
	diags.Append(result.Resource.SetAttribute(ctx, path.Root("token_id"), tokenID)...)
	diags.Append(result.Resource.Get(ctx, m)...)
	v := m.attributes()
	*v.Parent, *v.ParentID, v.TokenInState = types.StringValue(parent.Path), id, types.BoolValue(false)
	// Its one warning, that the token has expired, is no news to who asks for inactive ones.
	r := refresher{Session: l.session, kind: l.kind, parent: parent, state: v}
	r.refresh(ctx, []tokens.Token{token})
	diags.Append(result.Resource.Set(ctx, m)...)
	return diags
}
