package answers

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/access/refusal"
)

// NewExplainRefusal makes the function explain_refusal.
func NewExplainRefusal() function.Function { return &explainRefusal{} }

type explainRefusal struct{}

// explanationModel is what explain_refusal returns.
type explanationModel struct {
	Known    bool           `tfsdk:"known"`
	Summary  string         `tfsdk:"summary"`
	Refusals []refusalModel `tfsdk:"refusals"`
}

type refusalModel struct {
	Text        string      `tfsdk:"text"`
	Where       string      `tfsdk:"where"`
	From        *string     `tfsdk:"from_project"`
	To          *string     `tfsdk:"to_project"`
	Permissions []string    `tfsdk:"permissions"`
	Cases       []caseModel `tfsdk:"cases"`
	NoHelp      []string    `tfsdk:"no_help"`
}

type caseModel struct {
	Cause  string  `tfsdk:"cause"`
	Tell   *string `tfsdk:"tell"`
	Who    string  `tfsdk:"who"`
	Change string  `tfsdk:"change"`
}

var (
	texts    = types.ListType{ElemType: types.StringType}
	caseType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"cause": types.StringType, "tell": types.StringType, "who": types.StringType, "change": types.StringType,
	}}
	refusalType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"text": types.StringType, "where": types.StringType, "from_project": types.StringType, "to_project": types.StringType,
		"permissions": texts, "cases": types.ListType{ElemType: caseType}, "no_help": texts,
	}}
	explanationType = map[string]attr.Type{
		"known": types.BoolType, "summary": types.StringType, "refusals": types.ListType{ElemType: refusalType},
	}
)

func (f *explainRefusal) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "explain_refusal"
}

func (f *explainRefusal) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary:             "What a refusal in a job's log can mean",
		MarkdownDescription: "Reads lines of a job's log in which GitLab refuses the job token and tells what each can mean, how to tell the cases apart, which project has to change what, and what does not help. It needs neither a token nor a network.",
		Parameters: []function.Parameter{function.StringParameter{
			Name:                "text",
			MarkdownDescription: "Lines of the log, as many as there are: git's `remote:` lines, an answer of the API, what npm, pip, Maven or docker print.",
		}},
		Return: function.ObjectReturn{AttributeTypes: explanationType},
	}
}

func (f *explainRefusal) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var text string
	if resp.Error = req.Arguments.Get(ctx, &text); resp.Error != nil {
		return
	}
	resp.Error = resp.Result.Set(ctx, explain(text))
}

func explain(text string) explanationModel {
	found := refusal.Read(text)
	m := explanationModel{Known: len(found) > 0, Summary: refusal.Summary(found), Refusals: make([]refusalModel, 0, len(found))}
	for _, r := range found {
		told := refusalModel{
			Text: r.Text, Where: r.Where, From: unlessEmpty(r.From), To: unlessEmpty(r.To),
			Permissions: append([]string{}, r.Permissions...), NoHelp: append([]string{}, r.NoHelp...),
		}
		for _, c := range r.Cases {
			told.Cases = append(told.Cases, caseModel{Cause: c.Cause, Tell: unlessEmpty(c.Tell), Who: string(c.Party), Change: c.Change})
		}
		m.Refusals = append(m.Refusals, told)
	}
	return m
}

func unlessEmpty(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
