package query

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/check"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

// Scope is which projects a list block asks for.
type Scope struct {
	Project   types.String
	Group     types.String
	archived  types.Bool
	scheduled types.Bool
}

// Attributes are those of a [Scope], and more.
func Attributes(more map[string]schema.Attribute) map[string]schema.Attribute {
	attributes := map[string]schema.Attribute{
		"project": schema.StringAttribute{
			MarkdownDescription: "Full path or numeric id of the one project to list. Exactly one of `project` and `group`.",
			Optional:            true,
			Validators:          []validator.String{ref.Valid(gitlab.KindProject), check.ExactlyOne("project", "group")},
		},
		"group": schema.StringAttribute{
			MarkdownDescription: "Full path or numeric id of the group whose projects are listed, those of its subgroups too.",
			Optional:            true,
			Validators:          []validator.String{ref.Valid(gitlab.KindGroup)},
		},
		"include_archived": schema.BoolAttribute{
			MarkdownDescription: "Lists archived projects of the group too. Default `false`.",
			Optional:            true,
		},
		"include_deletion_scheduled": schema.BoolAttribute{
			MarkdownDescription: "Lists projects of the group that are scheduled for deletion too. Default `false`.",
			Optional:            true,
		},
	}
	maps.Copy(attributes, more)
	return attributes
}

// ReadScope reads a list block.
func ReadScope(ctx context.Context, config tfsdk.Config) (s Scope, diags diag.Diagnostics) {
	for name, value := range map[string]any{"project": &s.Project, "group": &s.Group, "include_archived": &s.archived, "include_deletion_scheduled": &s.scheduled} {
		diags.Append(config.GetAttribute(ctx, path.Root(name), value)...)
	}
	return s, diags
}

// Members are the projects of the scope, a page at a time.
func (s Scope) Members(ctx context.Context, in *session.Session) iter.Seq2[[]allowlists.Member, diag.Diagnostics] {
	if s.Group.IsNull() {
		return s.one(ctx, in)
	}
	return func(yield func([]allowlists.Member, diag.Diagnostics) bool) {
		at := path.Root("group")
		group, diags := GroupPath(ctx, in, at, s.Group.ValueString())
		if diags.HasError() {
			yield(nil, diags)
			return
		}
		for page, err := range in.Lists.Group(ctx, group) {
			if err != nil {
				yield(nil, diag.Diagnostics{GroupError(at, err)})
				return
			}
			var members []allowlists.Member
			for _, m := range page {
				if s.wants(m) {
					members = append(members, m)
				}
			}
			if !yield(members, nil) {
				return
			}
		}
	}
}

func (s Scope) wants(m allowlists.Member) bool {
	if m.DeletionScheduled() {
		return s.scheduled.ValueBool()
	}
	return !m.Archived || s.archived.ValueBool()
}

func (s Scope) one(ctx context.Context, in *session.Session) iter.Seq2[[]allowlists.Member, diag.Diagnostics] {
	return func(yield func([]allowlists.Member, diag.Diagnostics) bool) {
		target, diags := ref.Resolve(ctx, in.GitLab, gitlab.KindProject, ref.Attribute, s.Project.ValueString())
		if diags.HasError() {
			yield(nil, diags)
			return
		}
		members, err := in.Lists.Members(ctx, []gitlab.Target{target})
		if err != nil {
			diags.Append(diagnose.LookupError(ref.Attribute, diagnose.ReadAllowlist, err))
		}
		yield(members, diags)
	}
}

// Projects adds what is found in each project of the scope. In a group, what may not be read is left out with a
// warning; of a project that is named it is an error.
func (g *Gathering) Projects(ctx context.Context, in *session.Session, config tfsdk.Config, title diagnose.Title, find func(*allowlists.Project) []Found) diag.Diagnostics {
	scope, diags := ReadScope(ctx, config)
	if diags.HasError() {
		return diags
	}
	g.In(scope)
	for page, diags := range scope.Members(ctx, in) {
		if diags.HasError() {
			return diags
		}
		for _, m := range page {
			switch {
			case m.Err == nil:
				g.Add(find(m.Project)...)
			case scope.Group.IsNull() || !g.Withhold(m.Target, m.Err):
				return diag.Diagnostics{diagnose.LookupError(ref.Attribute, title, m.Err)}
			}
		}
		if g.Full() {
			break
		}
	}
	return nil
}

// In notes the place of which warnings speak.
func (g *Gathering) In(s Scope) { g.place = s.Project.ValueString() + s.Group.ValueString() }

// GroupPath is the path of a group. A path is taken at its word: what it leads to is found out with the first page.
func GroupPath(ctx context.Context, in *session.Session, at path.Path, text string) (string, diag.Diagnostics) {
	if parsed, err := gitlab.ParseRef(gitlab.KindGroup, text); err == nil && parsed.ID == 0 {
		return text, nil
	}
	target, diags := ref.Resolve(ctx, in.GitLab, gitlab.KindGroup, at, text)
	return target.Path, diags
}

// GroupError is why the projects of a group cannot be read.
func GroupError(at path.Path, err error) diag.Diagnostic {
	title := diagnose.ReadAllowlist
	if apierror.Is(err, apierror.NotFound) {
		title = diagnose.FindGroup
	}
	return diagnose.LookupError(at, title, err)
}

// GroupMembers are all projects of a group and its subgroups, by path, each once: a page may repeat one where
// projects come and go meanwhile. It gives the group's full path too.
func GroupMembers(ctx context.Context, in *session.Session, at path.Path, text string) (string, []allowlists.Member, diag.Diagnostics) {
	group, diags := GroupPath(ctx, in, at, text)
	if diags.HasError() {
		return group, nil, diags
	}
	var all []allowlists.Member
	for page, err := range in.Lists.Group(ctx, group) {
		if err != nil {
			return group, nil, append(diags, GroupError(at, err))
		}
		all = append(all, page...)
	}
	slices.SortStableFunc(all, func(a, b allowlists.Member) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.ID, b.ID)) })
	return group, slices.CompactFunc(all, func(a, b allowlists.Member) bool { return a.ID == b.ID && a.Path == b.Path }), diags
}

// Reason says why the list of a project cannot be read; it is empty where it can.
func Reason(m allowlists.Member) string {
	e, ok := apierror.As(m.Err)
	switch {
	case m.Err == nil:
		return ""
	case !ok:
		return m.Err.Error()
	case e.Kind == apierror.NotFound:
		return "There is no such project, or the provider's user cannot see it."
	case e.Kind == apierror.FineGrained:
		return "GitLab shows job token allowlists to no fine-grained personal access token."
	case e.Words != "":
		return "The provider's user needs the Maintainer role in the project. GitLab says: " + e.Words
	default:
		return "The provider's user needs the Maintainer role in the project."
	}
}
