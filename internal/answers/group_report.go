package answers

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/answers/report"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/check"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/query"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

var _ datasource.DataSourceWithConfigure = (*groupReport)(nil)

// NewGroupReport makes the data source jobtoken_group_report.
func NewGroupReport() datasource.DataSource { return &groupReport{} }

type groupReport struct {
	session *session.Session
}

// groupReportModel is the data source jobtoken_group_report.
type groupReportModel struct {
	Group      types.String `tfsdk:"group"`
	Project    types.String `tfsdk:"project"`
	UnusedDays types.Int64  `tfsdk:"unused_days"`
	Tokens     types.Bool   `tfsdk:"tokens"`

	Projects    map[string]reportedModel `tfsdk:"projects"`
	Risks       []riskModel              `tfsdk:"risks"`
	Edges       []edgeModel              `tfsdk:"edges"`
	Reaches     []reachModel             `tfsdk:"reaches"`
	ReachableBy []reachModel             `tfsdk:"reachable_by"`
	Mermaid     types.String             `tfsdk:"mermaid"`
	Dot         types.String             `tfsdk:"dot"`
}

// reportedModel is a project of the group.
type reportedModel struct {
	ID                int64         `tfsdk:"project_id"`
	Readable          bool          `tfsdk:"readable"`
	Reason            *string       `tfsdk:"reason"`
	Archived          bool          `tfsdk:"archived"`
	DeletionScheduled bool          `tfsdk:"deletion_scheduled"`
	Enabled           *bool         `tfsdk:"enabled"`
	Effective         *bool         `tfsdk:"effective"`
	Push              *bool         `tfsdk:"push_repository_allowed"`
	CrossProjectPush  *bool         `tfsdk:"cross_project_push_allowed"`
	Outbound          *bool         `tfsdk:"outbound_allowlist_enabled"`
	Entries           []listedModel `tfsdk:"entries"`
}

// listedModel is an entry of a project's list.
type listedModel struct {
	Kind        string   `tfsdk:"kind"`
	Path        string   `tfsdk:"path"`
	ID          int64    `tfsdk:"id"`
	Permissions []string `tfsdk:"permissions"`
	Admits      *int64   `tfsdk:"admits"`
	AddedAt     *string  `tfsdk:"added_at"`
	LastUsed    *string  `tfsdk:"last_used_at"`
}

type riskModel struct {
	Rule     string  `tfsdk:"rule"`
	Severity string  `tfsdk:"severity"`
	Project  string  `tfsdk:"project"`
	Entry    *string `tfsdk:"entry"`
	About    string  `tfsdk:"about"`
	Fix      string  `tfsdk:"fix"`
	HCL      *string `tfsdk:"hcl"`
}

type edgeModel struct {
	From        string   `tfsdk:"from"`
	FromKind    string   `tfsdk:"from_kind"`
	To          string   `tfsdk:"to"`
	Permissions []string `tfsdk:"permissions"`
	Admits      *int64   `tfsdk:"admits"`
}

type reachModel struct {
	Path        string   `tfsdk:"path"`
	Kind        string   `tfsdk:"kind"`
	Through     *string  `tfsdk:"through"`
	Permissions []string `tfsdk:"permissions"`
}

func (d *groupReport) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_group_report"
}

const (
	statedPermissions = "Fine-grained permissions, or `[\"default\"]`."
	admitsProjects    = "How many projects it lets in: 1, or those below the group now, as many as the token's user sees. Null where that user does not see the group."
)

func (d *groupReport) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Who may reach whom by CI/CD job token among the projects of a group and its subgroups, what of it is too wide, and a picture of it.",
		Attributes: map[string]schema.Attribute{
			"group": schema.StringAttribute{
				MarkdownDescription: "Full path or numeric id of the group.",
				Required:            true,
				Validators:          []validator.String{ref.Valid(gitlab.KindGroup)},
			},
			"project": schema.StringAttribute{
				MarkdownDescription: "Full path or numeric id of a project of the group, which `reaches` and `reachable_by` are then about.",
				Optional:            true,
				Validators:          []validator.String{ref.Valid(gitlab.KindProject)},
			},
			"unused_days": schema.Int64Attribute{
				MarkdownDescription: "Finds entries that nobody has used for so many days, in GitLab's authentication log: one more request for each project that has entries.",
				Optional:            true,
				Validators:          []validator.Int64{check.Between(1, 3650)},
			},
			"tokens": schema.BoolAttribute{
				MarkdownDescription: "Finds deploy tokens and access tokens of the projects that never end: two more requests for each project. Default `false`.",
				Optional:            true,
			},
			"projects":     reportedAttribute(),
			"risks":        risksAttribute(),
			"edges":        edgesAttribute(),
			"reaches":      reachAttribute("The projects of the group that jobs of `project` reach by their token; null without `project`."),
			"reachable_by": reachAttribute("Whose jobs reach `project` by their token: projects of the group, and what its list names outside of it; null without `project`."),
			"mermaid":      schema.StringAttribute{MarkdownDescription: fmt.Sprintf("The edges as a flowchart, which GitLab's Markdown shows in a block of `mermaid`. At most %d nodes: a larger group is drawn by subgroup.", report.MaxNodes), Computed: true},
			"dot":          schema.StringAttribute{MarkdownDescription: "The whole group as a graph for Graphviz, with a box for each subgroup.", Computed: true},
		},
	}
}

func computedFlag(about string) schema.BoolAttribute {
	return schema.BoolAttribute{MarkdownDescription: about, Computed: true}
}

func computedText(about string) schema.StringAttribute {
	return schema.StringAttribute{MarkdownDescription: about, Computed: true}
}

func computedNumber(about string) schema.Int64Attribute {
	return schema.Int64Attribute{MarkdownDescription: about, Computed: true}
}

func computedList(about string, of map[string]schema.Attribute) schema.ListNestedAttribute {
	return schema.ListNestedAttribute{MarkdownDescription: about, Computed: true, NestedObject: schema.NestedAttributeObject{Attributes: of}}
}

func permissionsAttribute(about string) schema.SetAttribute {
	return schema.SetAttribute{MarkdownDescription: about, Computed: true, ElementType: types.StringType}
}

func reportedAttribute() schema.MapNestedAttribute {
	return schema.MapNestedAttribute{
		MarkdownDescription: "The projects of the group and its subgroups by full path, archived ones too, as far as the token's user sees them.",
		Computed:            true,
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"project_id":                 computedNumber("Numeric id of the project."),
			"readable":                   computedFlag("Whether the token may read the list; where it may not, `enabled` and all below is null."),
			"reason":                     computedText("Why it may not; null where it may."),
			"archived":                   computedFlag("Whether the project is archived."),
			"deletion_scheduled":         computedFlag("Whether the project, or a group that it is in, is scheduled for deletion."),
			"enabled":                    computedFlag("The project's own toggle \"Limit access **to** this project\", as stored."),
			"effective":                  computedFlag("Whether access is limited: the toggle is on, or the instance enforces it. Null where GitLab does not tell."),
			"push_repository_allowed":    computedFlag("Whether jobs of the project may push to its own repository."),
			"cross_project_push_allowed": computedFlag("Whether jobs of projects on the list may push too. Null below GitLab 19.0."),
			"outbound_allowlist_enabled": computedFlag("The legacy \"Limit access **from** this project\"."),
			"entries": computedList("The list, groups first, by path.", map[string]schema.Attribute{
				"kind":         computedText("`project` or `group`."),
				"path":         computedText("Full path."),
				"id":           computedNumber("Numeric id."),
				"permissions":  permissionsAttribute(statedPermissions + " Null where GitLab cannot show them."),
				"admits":       computedNumber(admitsProjects),
				"added_at":     computedText("When the entry was added, in RFC 3339; null where GitLab does not tell."),
				"last_used_at": computedText("The last use that the log shows, in RFC 3339; null without one, and without `unused_days`."),
			}),
		}},
	}
}

func risksAttribute() schema.ListNestedAttribute {
	return computedList("What is wider than it need be, the worst first. The rules are below.", map[string]schema.Attribute{
		"rule":     computedText("Name of the rule."),
		"severity": computedText("`high`, `medium` or `low`."),
		"project":  computedText("Full path of the project that it is about."),
		"entry":    computedText("Full path of the project or group on its list that it is about; null where it is about the project itself."),
		"about":    computedText("What was found, in one sentence."),
		"fix":      computedText("What mends it: where to click, or where `hcl` goes."),
		"hcl":      computedText("The line of HCL that mends it; null where none does."),
	})
}

func edgesAttribute() schema.ListNestedAttribute {
	return computedList("Every entry that is in effect, but for those of projects for themselves. A list that limits nothing has none, and neither has a consumer that is archived or scheduled for deletion, which has no jobs.", map[string]schema.Attribute{
		"from":        computedText("Full path of the project or group whose jobs get in."),
		"from_kind":   computedText("`project` or `group`."),
		"to":          computedText("Full path of the project that they reach."),
		"permissions": permissionsAttribute(statedPermissions + " Null where GitLab cannot show them."),
		"admits":      computedNumber(admitsProjects),
	})
}

func reachAttribute(about string) schema.ListNestedAttribute {
	return computedList(about, map[string]schema.Attribute{
		"path":        computedText("Full path of the other project, or of a group outside the report."),
		"kind":        computedText("`project` or `group`."),
		"through":     computedText("Full path of the entry that rules: that of the project, else of the nearest group above it. Null where no list limits access."),
		"permissions": permissionsAttribute("Those of that entry: fine-grained ones, or `[\"default\"]`. Null where no list limits access, or GitLab cannot show them."),
	})
}

func (d *groupReport) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.session = session.From(req.ProviderData, &resp.Diagnostics)
}

func (d *groupReport) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m groupReportModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &m)...); resp.Diagnostics.HasError() {
		return
	}
	s := &survey{Session: d.session, unusedDays: int(m.UnusedDays.ValueInt64())}
	s.read(ctx, m.Group.ValueString(), m.Tokens.ValueBool())
	if resp.Diagnostics.Append(s.diags...); resp.Diagnostics.HasError() {
		return
	}
	r := s.report()
	if !m.Project.IsNull() {
		project, diags := ref.Resolve(ctx, d.session.GitLab, gitlab.KindProject, path.Root("project"), m.Project.ValueString())
		if !diags.HasError() && !r.Knows(project.Path) {
			diags.Append(diagnose.Problem(path.Root("project"), diagnose.FindProject, "The %s is not in the group %s, which the report is about. Write a project of the group, or leave it out.", project, s.group))
		}
		if resp.Diagnostics.Append(diags...); diags.HasError() {
			return
		}
		m.Reaches, m.ReachableBy = flattenReach(r.Reaches(project.Path)), flattenReach(r.ReachableBy(project.Path))
	}
	m.answer(s, r)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// answer fills in what is computed from the report.
func (m *groupReportModel) answer(s *survey, r *report.Report) {
	m.Projects = make(map[string]reportedModel, len(s.found))
	for _, p := range s.found {
		m.Projects[p.Path] = p.flatten(s)
	}
	m.Risks = []riskModel{}
	for _, risk := range r.Risks() {
		flat := riskModel{Rule: string(risk.Rule), Severity: string(risk.Severity), Project: risk.Project, About: risk.About, Fix: risk.Fix, HCL: unlessEmpty(risk.HCL)}
		if risk.Entry != nil {
			flat.Entry = &risk.Entry.Path
		}
		m.Risks = append(m.Risks, flat)
	}
	m.Edges = []edgeModel{}
	for _, e := range r.Edges() {
		m.Edges = append(m.Edges, edgeModel{From: e.From.Path, FromKind: kindOf(e.From), To: e.To, Permissions: stated(e.Default, e.Permissions), Admits: number(e.Projects)})
	}
	m.Mermaid, m.Dot = types.StringValue(r.Mermaid()), types.StringValue(r.Dot())
}

func flattenReach(reaches []report.Reach) []reachModel {
	flat := []reachModel{}
	for _, reach := range reaches {
		one := reachModel{Path: reach.Path, Kind: kindOf(reach.Target)}
		if !reach.Open {
			one.Through, one.Permissions = &reach.Through.Path, stated(reach.Default, reach.Permissions)
		}
		flat = append(flat, one)
	}
	return flat
}

// stated are permissions as jobtoken_allowlist takes them; nil where they cannot be shown.
func stated(isDefault bool, names []string) []string {
	if !isDefault && names == nil {
		return nil
	}
	return allowlists.Permissions{Default: isDefault, Names: names}.Stated()
}

func kindOf(t report.Target) string {
	if t.Group {
		return string(gitlab.KindGroup)
	}
	return string(gitlab.KindProject)
}

func number(count *int) *int64 {
	if count == nil {
		return nil
	}
	wide := int64(*count)
	return &wide
}

// flatten is the project with its entries as they are told elsewhere too.
func (p surveyed) flatten(s *survey) reportedModel {
	m := reportedModel{
		ID: p.ID, Readable: p.Project != nil, Reason: unlessEmpty(query.Reason(p.Member)), Archived: p.Archived, DeletionScheduled: p.DeletionScheduled(),
	}
	if !m.Readable {
		return m
	}
	settings := p.Project.Settings
	m.Enabled, m.Effective = &settings.InboundAllowlist, p.effective
	m.Push, m.CrossProjectPush, m.Outbound = &settings.PushRepository, settings.CrossProjectPush, &settings.Outbound
	m.Entries = []listedModel{}
	for _, stored := range slices.SortedFunc(slices.Values(slices.Concat(p.Project.Groups, p.Project.Projects)), func(a, b allowlists.Entry) int {
		return cmp.Or(cmp.Compare(a.Target.Kind, b.Target.Kind), strings.Compare(a.Target.Path, b.Target.Path))
	}) {
		e := s.entry(p, stored)
		flat := listedModel{
			Kind: string(stored.Target.Kind), Path: stored.Target.Path, ID: stored.Target.ID, Permissions: stated(e.Default, e.Permissions),
			Admits: number(e.Projects), AddedAt: rfc3339(stored.CreatedAt), LastUsed: rfc3339(e.Used),
		}
		if !e.Group {
			one := int64(1)
			flat.Admits = &one
		}
		m.Entries = append(m.Entries, flat)
	}
	return m
}
