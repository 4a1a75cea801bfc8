package answers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/answers/proposal"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/check"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

var _ datasource.DataSourceWithConfigure = (*allowlistProposal)(nil)

// NewAllowlistProposal makes the data source jobtoken_allowlist_proposal.
func NewAllowlistProposal() datasource.DataSource { return &allowlistProposal{} }

type allowlistProposal struct {
	session *session.Session
}

// proposalModel is the data source jobtoken_allowlist_proposal.
type proposalModel struct {
	Project      types.String `tfsdk:"project"`
	Since        types.String `tfsdk:"since"`
	KeepExisting types.Bool   `tfsdk:"keep_existing"`
	MaxEntries   types.Int64  `tfsdk:"max_entries"`
	GroupWhen    types.Int64  `tfsdk:"group_when"`
	TopLevel     types.Bool   `tfsdk:"allow_top_level_groups"`

	ProjectID types.Int64              `tfsdk:"project_id"`
	Projects  map[string]proposedModel `tfsdk:"projects"`
	Groups    map[string]proposedModel `tfsdk:"groups"`
	HCL       types.String             `tfsdk:"hcl"`
	Unused    map[string]unusedModel   `tfsdk:"unused"`
	Hidden    types.Int64              `tfsdk:"hidden"`
}

// proposedModel is an entry in the form that jobtoken_allowlist takes.
type proposedModel struct {
	Permissions []string `tfsdk:"permissions"`
	New         bool     `tfsdk:"new"`
	Reason      string   `tfsdk:"reason"`
	Consumers   []string `tfsdk:"consumers"`
	LastUsed    *string  `tfsdk:"last_used_at"`
}

type unusedModel struct {
	Kind     string  `tfsdk:"kind"`
	LastUsed *string `tfsdk:"last_used_at"`
}

func (d *allowlistProposal) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_allowlist_proposal"
}

func (d *allowlistProposal) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	proposed := func(about string) schema.MapNestedAttribute {
		return schema.MapNestedAttribute{
			MarkdownDescription: about,
			Computed:            true,
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"permissions":  schema.SetAttribute{MarkdownDescription: "As they are on the list now; `[\"default\"]` for GitLab's default permissions, which every new entry has: the log does not show what a job did.", Computed: true, ElementType: types.StringType},
				"new":          schema.BoolAttribute{MarkdownDescription: "Whether the list has no such entry now.", Computed: true},
				"reason":       schema.StringAttribute{MarkdownDescription: "Why it is proposed, in one sentence.", Computed: true},
				"consumers":    schema.ListAttribute{MarkdownDescription: "Full paths of the projects that need it, the one that came last first.", Computed: true, ElementType: types.StringType},
				"last_used_at": schema.StringAttribute{MarkdownDescription: "The last use through it, in RFC 3339; null where there is none.", Computed: true},
			}},
		}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The smallest CI/CD job token allowlist that keeps every recent consumer of a project working, made from its authentication log and its present list.",
		Attributes: map[string]schema.Attribute{
			"project": schema.StringAttribute{
				MarkdownDescription: "Full path or numeric id of the project whose list it is.",
				Required:            true,
				Validators:          []validator.String{ref.Valid(gitlab.KindProject)},
			},
			"since": schema.StringAttribute{
				MarkdownDescription: "Only uses since this date, as `2026-01-31` (its beginning in UTC), or time in RFC 3339 count. Without it all do.",
				Optional:            true,
				Validators:          []validator.String{moment{}},
			},
			"keep_existing": schema.BoolAttribute{
				MarkdownDescription: "Whether all entries of now stay as they are; default `true`. With `false` those that nobody has used since go, and a group may take the place of projects that have the default permissions.",
				Optional:            true,
			},
			"max_entries": schema.Int64Attribute{
				MarkdownDescription: "How many entries there may be in all, 1 to 200, which is GitLab's own limit and the default. Where the projects are more, groups take them in: those that let in the fewest projects which have not used this one.",
				Optional:            true,
				Validators:          []validator.Int64{check.Between(1, proposal.MaxEntries)},
			},
			"group_when": schema.Int64Attribute{
				MarkdownDescription: "How many consumers below one group, besides those of groups below it that became entries, make it an entry; 2 or more. Without it there is a new group only where `max_entries` asks for one.",
				Optional:            true,
				Validators:          []validator.Int64{check.AtLeast(2)},
			},
			"allow_top_level_groups": schema.BoolAttribute{
				MarkdownDescription: "Whether a top-level group may become an entry; default `false`, since it lets in everything that is ever made below it.",
				Optional:            true,
			},
			"project_id": schema.Int64Attribute{MarkdownDescription: "Numeric id of the project.", Computed: true},
			"projects":   proposed("The projects of the proposed list by full path, fit for `projects` of `jobtoken_allowlist`."),
			"groups":     proposed("The groups of the proposed list by full path, fit for `groups` of `jobtoken_allowlist`."),
			"hcl":        schema.StringAttribute{MarkdownDescription: "The proposed list as a resource to paste, each entry with its reason.", Computed: true},
			"unused": schema.MapNestedAttribute{
				MarkdownDescription: "Entries of the present list that nobody has used in that time, by full path. The log knows only uses across projects that succeeded, and none of a public project by a job that is not on the list.",
				Computed:            true,
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"kind":         schema.StringAttribute{MarkdownDescription: "`project` or `group`.", Computed: true},
					"last_used_at": schema.StringAttribute{MarkdownDescription: "The last use before that, in RFC 3339; null where the log has none.", Computed: true},
				}},
			},
			"hidden": schema.Int64Attribute{MarkdownDescription: "How many recent consumers there are whose names GitLab does not show to the token's user. The list cannot name them.", Computed: true},
		},
	}
}

func (d *allowlistProposal) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.session = session.From(req.ProviderData, &resp.Diagnostics)
}

func (d *allowlistProposal) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m proposalModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &m)...); resp.Diagnostics.HasError() {
		return
	}
	project, diags := ref.ReadProject(ctx, d.session, m.Project)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	log, err := d.session.Lists.AuthenticationLog(ctx, project.Target())
	if err != nil {
		resp.Diagnostics.Append(diagnose.LookupError(path.Root("project"), diagnose.ReadLog, err))
		return
	}
	if resp.Diagnostics.Append(unreadable(project)...); resp.Diagnostics.HasError() {
		return
	}
	asked := m.expand(project, log)
	if candidates := asked.Candidates(); len(candidates) > 0 {
		sizes, err := d.session.GitLab.GroupSizes(ctx, candidates)
		if err != nil {
			resp.Diagnostics.Append(diagnose.Error(diagnose.FindGroup, err))
			return
		}
		for name, size := range sizes {
			asked.Groups[name] = proposal.Group{Projects: size.Projects}
		}
	}
	if resp.Diagnostics.Append(m.answer(project, asked)...); resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// unreadable refuses a list with entries whose permissions GitLab cannot show: none that is proposed would leave
// them as they are.
func unreadable(project *allowlists.Project) (diags diag.Diagnostics) {
	for _, entry := range slices.Concat(project.Groups, project.Projects) {
		if entry.PermissionsUnreadable {
			diags.Append(diagnose.Problem(path.Root("project"), diagnose.ReadAllowlist,
				"Could not read the permissions of %s on the allowlist of %s: they hold a name that this GitLab no longer knows.\n\nWrite them anew, in GitLab or in a configuration, and ask again.",
				entry.Target, project.Target()))
		}
	}
	return diags
}

// expand is what is asked, with what GitLab knows but the groups; uses by hidden projects are counted.
func (m *proposalModel) expand(project *allowlists.Project, log []allowlists.LogEntry) proposal.Request {
	since, _ := parseMoment(m.Since.ValueString()) // validated; zero where it is not set
	r := proposal.Request{Project: project.Path, Groups: map[string]proposal.Group{}, Wishes: proposal.Wishes{
		Since:        since,
		KeepExisting: m.KeepExisting.IsNull() || m.KeepExisting.ValueBool(),
		TopLevel:     m.TopLevel.ValueBool(),
		Max:          proposal.MaxEntries,
		GroupWhen:    int(m.GroupWhen.ValueInt64()),
	}}
	if !m.MaxEntries.IsNull() {
		r.Wishes.Max = int(m.MaxEntries.ValueInt64())
	}
	hidden := int64(0)
	for _, use := range log {
		switch {
		case use.Origin.Path != "":
			r.Log = append(r.Log, proposal.Consumer{Path: use.Origin.Path, Last: use.LastAuthorized.UTC()})
		case !use.LastAuthorized.Before(since):
			hidden++
		}
	}
	m.Hidden = types.Int64Value(hidden)
	for _, entries := range [][]allowlists.Entry{project.Groups, project.Projects} {
		for _, entry := range entries {
			r.Existing = append(r.Existing, proposal.Entry{
				Group: entry.Target.Kind == gitlab.KindGroup, Path: entry.Target.Path,
				Default: entry.Permissions.Default, Permissions: entry.Permissions.Names,
			})
		}
	}
	return r
}

// answer fills in what is proposed.
func (m *proposalModel) answer(project *allowlists.Project, asked proposal.Request) (diags diag.Diagnostics) {
	proposed := proposal.Propose(asked)
	if proposed.Unfit > 0 {
		advice := "Write a larger max_entries, up to 200, or a larger since"
		if !asked.Wishes.TopLevel {
			advice += ", or allow_top_level_groups = true"
		}
		diags.Append(diagnose.Problem(path.Root("max_entries"), diagnose.TooManyEntries,
			"To keep the recent consumers of %s working takes %d entries at least, and there may be %d. %s.", project.Target(), len(proposed.Entries), asked.Wishes.Max, advice))
		return diags
	}
	m.ProjectID = types.Int64Value(project.ID)
	m.Projects, m.Groups = map[string]proposedModel{}, map[string]proposedModel{}
	for _, choice := range proposed.Entries {
		if choice.Group {
			m.Groups[choice.Path] = flattenChoice(choice, asked.Wishes)
		} else {
			m.Projects[choice.Path] = flattenChoice(choice, asked.Wishes)
		}
	}
	m.Unused = make(map[string]unusedModel, len(proposed.Unused))
	for _, unused := range proposed.Unused {
		kind := gitlab.KindProject
		if unused.Group {
			kind = gitlab.KindGroup
		}
		m.Unused[unused.Path] = unusedModel{Kind: string(kind), LastUsed: rfc3339(unused.Last)}
	}
	m.HCL = types.StringValue(m.hcl(project, proposed))
	if hidden := m.Hidden.ValueInt64(); hidden > 0 {
		diags.Append(diagnose.Warn(path.Root("project"), diagnose.HiddenConsumers.For(project.Path),
			"GitLab hides the names of %d recent consumers of %s from the token's user, so the proposal cannot have them: with it they would be refused. Ask as a user who sees them, such as an administrator or an Auditor.",
			hidden, project.Target()))
	}
	return diags
}

func flattenChoice(choice proposal.Choice, wishes proposal.Wishes) proposedModel {
	permissions := allowlists.Permissions{Default: choice.Default, Names: append([]string{}, choice.Permissions...)}.Stated()
	consumers := make([]string, 0, len(choice.Consumers))
	for _, consumer := range choice.Consumers {
		consumers = append(consumers, consumer.Path)
	}
	isNew := choice.Cause == proposal.Consumed || choice.Cause == proposal.Grouped || choice.Cause == proposal.Compacted
	return proposedModel{Permissions: permissions, New: isNew, Reason: reason(choice, wishes), Consumers: consumers, LastUsed: rfc3339(choice.Last())}
}

func rfc3339(at time.Time) *string {
	if at.IsZero() {
		return nil
	}
	text := at.UTC().Format(time.RFC3339)
	return &text
}

// reason is a sentence without its full stop.
func reason(choice proposal.Choice, wishes proposal.Wishes) string {
	last := choice.Last().Format(time.DateOnly)
	some := fmt.Sprintf("%d of its %d projects used it, the last on %s", len(choice.Consumers), choice.Projects, last)
	switch choice.Cause {
	case proposal.Used:
		return "on the list, and last used on " + last
	case proposal.Kept:
		return "on the list, though not used in this time"
	case proposal.Own:
		return "the project's own entry; what it does to itself is in no log"
	case proposal.Grouped:
		return fmt.Sprintf("%s; %d make a group an entry", some, wishes.GroupWhen)
	case proposal.Compacted:
		return fmt.Sprintf("%s; there would be more than %d entries without it", some, wishes.Max)
	default:
		return "used it last on " + last
	}
}

// hcl writes the resource. Paths hold nothing that HCL would take for a template.
func (m *proposalModel) hcl(project *allowlists.Project, proposed proposal.Proposal) string {
	var b strings.Builder
	fmt.Fprintf(&b, "resource \"jobtoken_allowlist\" \"this\" {\n  project = %q\n  enabled = true\n", project.Path)
	for _, part := range []struct {
		name    string
		entries map[string]proposedModel
		group   bool
	}{{"groups", m.Groups, true}, {"projects", m.Projects, false}} {
		if len(part.entries) == 0 {
			fmt.Fprintf(&b, "\n  %s = {}\n", part.name)
			continue
		}
		fmt.Fprintf(&b, "\n  %s = {\n", part.name)
		for _, choice := range proposed.Entries {
			if choice.Group != part.group {
				continue
			}
			entry := part.entries[choice.Path]
			quoted := make([]string, 0, len(entry.Permissions))
			for _, permission := range entry.Permissions {
				quoted = append(quoted, fmt.Sprintf("%q", permission))
			}
			fmt.Fprintf(&b, "    # %s\n    %q = { permissions = [%s] }\n", entry.Reason, choice.Path, strings.Join(quoted, ", "))
		}
		b.WriteString("  }\n")
	}
	b.WriteString("}\n")
	return b.String()
}
