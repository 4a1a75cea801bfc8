package ref

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

// Attribute is where resources name the project they belong to.
var Attribute = path.Root("project")

// Planned is what becomes of a reference in a plan.
type Planned struct {
	// Spelling is the value to plan: the prior one where the configured one means the same.
	Spelling types.String
	// ID is the project or group; 0 while it is unknown.
	ID int64
	// Replace means that the configuration names another one than the state holds.
	Replace bool
}

// Unknown tells whether the reference cannot be known before the apply.
func (p Planned) Unknown() bool { return p.ID == 0 }

// PlanProject is [Plan] for the attribute "project".
func PlanProject(ctx context.Context, client *gitlab.Client, config, state types.String, stateID types.Int64) (Planned, diag.Diagnostics) {
	return Plan(ctx, client, gitlab.KindProject, Attribute, config, state, stateID)
}

// Plan compares a configured reference with the one in the state. Two spellings of one project or
// group are no change; a reference that resolves to nothing is an error, never a replacement. One
// unknown at plan is planned in place; should it turn out to mean something else, Terraform stops the
// apply before any write.
func Plan(ctx context.Context, client *gitlab.Client, kind gitlab.Kind, at path.Path, config, state types.String, stateID types.Int64) (Planned, diag.Diagnostics) {
	creating := state.IsNull() && (stateID.IsNull() || stateID.IsUnknown())
	switch {
	case config.IsUnknown():
		return Planned{Spelling: config}, nil
	case !creating && config.Equal(state) && stateID.ValueInt64() != 0:
		return Planned{Spelling: state, ID: stateID.ValueInt64()}, nil
	}
	target, diags := Resolve(ctx, client, kind, at, config.ValueString())
	if diags.HasError() || creating {
		return Planned{Spelling: config, ID: target.ID}, diags
	}
	want := stateID.ValueInt64()
	if want == 0 {
		held, diags := Resolve(ctx, client, kind, at, state.ValueString())
		if diags.HasError() {
			return Planned{}, diags
		}
		want = held.ID
	}
	if target.ID != want {
		return Planned{Spelling: config, ID: target.ID, Replace: true}, nil
	}
	return Planned{Spelling: state, ID: target.ID}, nil
}

// Resolve finds the project or group that a configuration names at an attribute.
func Resolve(ctx context.Context, client *gitlab.Client, kind gitlab.Kind, at path.Path, text string) (gitlab.Target, diag.Diagnostics) {
	ref, err := gitlab.ParseRef(kind, text)
	if err != nil {
		return gitlab.Target{}, diag.Diagnostics{Malformed(at, kind, text, err)}
	}
	target, err := client.Resolve(ctx, kind, ref)
	if err != nil {
		return gitlab.Target{}, diag.Diagnostics{diagnose.LookupError(at, NotFound(at), err)}
	}
	return target, nil
}

// NotFound is the title for a reference that cannot be found. Only allowlists have targets.
func NotFound(at path.Path) diagnose.Title {
	last, _ := at.Steps().LastStep()
	switch last {
	case path.PathStepAttributeName("project"), path.PathStepAttributeName("from_project"):
		return diagnose.FindProject
	case path.PathStepAttributeName("group"):
		return diagnose.FindGroup
	default:
		return diagnose.FindTarget
	}
}

// Respell answers how the state should spell a project or group after a read. The spelling stays as it
// was typed while it means this one; once its path belongs to another, the current path stands in its
// place, with a warning, so that a plan shows the difference.
func Respell(ctx context.Context, client *gitlab.Client, at path.Path, spelling types.String, target gitlab.Target) (types.String, diag.Diagnostics) {
	if spelling.IsNull() {
		return types.StringValue(target.Path), nil
	}
	owner := Successors(ctx, client, []Spelled{{spelling.ValueString(), target}})[0]
	if owner.Err != nil {
		return spelling, diag.Diagnostics{diagnose.LookupError(at, diagnose.FindProject, owner.Err)}
	}
	if owner.Value.ID == 0 {
		return spelling, nil
	}
	return types.StringValue(target.Path), diag.Diagnostics{TakenOver(at, spelling.ValueString(), target, owner.Value)}
}

// Spelled is a target and how it was spelled.
type Spelled struct {
	Text   string
	Target gitlab.Target
}

// formerPath is the path by which a target is spelled, and which is not its path any more.
func (s Spelled) formerPath() (gitlab.Ref, bool) {
	ref, err := gitlab.ParseRef(s.Target.Kind, s.Text)
	return ref, err == nil && ref.ID == 0 && !strings.EqualFold(ref.Path, s.Target.Path)
}

// Successors are what [NewOwner] finds for many at once, in their order, with answers that are as old as
// the walk: for what only tells, and writes nothing.
func Successors(ctx context.Context, client *gitlab.Client, spelled []Spelled) []gitlab.Resolved {
	owners := make([]gitlab.Resolved, len(spelled))
	var formers []gitlab.Former
	var at []int
	for i, s := range spelled {
		if ref, former := s.formerPath(); former {
			formers, at = append(formers, gitlab.Former{Target: s.Target, Path: ref.Path}), append(at, i)
		}
	}
	if len(formers) > 0 {
		for i, owner := range client.Successors(ctx, formers) {
			owners[at[i]] = owner
		}
	}
	return owners
}

// NewOwner finds who has taken over the path that a target was spelled by; the zero target where
// nobody has. It asks GitLab only where the target's path has changed. A path that leads nowhere any
// more is still taken for the target's old one.
func NewOwner(ctx context.Context, client *gitlab.Client, spelling string, target gitlab.Target) (gitlab.Target, error) {
	ref, former := Spelled{spelling, target}.formerPath()
	if !former {
		return gitlab.Target{}, nil // nor has what cannot be a path
	}
	found, err := client.Resolve(ctx, target.Kind, ref)
	if apierror.Is(err, apierror.NotFound) || err == nil && found.ID == target.ID {
		return gitlab.Target{}, nil
	}
	return found, err
}

// TakenOver warns that a path means another project or group than the one it admitted so far.
func TakenOver(at path.Path, spelling string, was, owner gitlab.Target) diag.Diagnostic {
	return diagnose.Warn(at, diagnose.PathTakenOver.For(spelling),
		"So far %s meant the %s. That is now %s, and %s belongs to the %s. The plan treats them as two: write the path or id of the one that is meant.",
		spelling, gitlab.Target{Kind: was.Kind, ID: was.ID}, was, spelling, owner)
}

// Renamed warns, as long as the configuration holds the old path of a project. It takes the
// configured value, since the state keeps the old spelling after the configuration was mended.
func Renamed(at path.Path, config types.String, project gitlab.Target) diag.Diagnostics {
	ref, err := gitlab.ParseRef(project.Kind, config.ValueString())
	if config.IsUnknown() || config.IsNull() || err != nil || ref.ID != 0 || strings.EqualFold(ref.Path, project.Path) {
		return nil
	}
	if project.DeletionScheduled() {
		return diag.Diagnostics{diagnose.Warn(at, diagnose.DeletionScheduled,
			"%s is scheduled for deletion and has the path %s until then. Nothing is planned for that reason.", ref.Path, project.Path)}
	}
	title := map[diagnose.Title]diagnose.Title{
		diagnose.FindProject: diagnose.ProjectRenamed, diagnose.FindGroup: diagnose.GroupRenamed, diagnose.FindTarget: diagnose.TargetRenamed,
	}[NotFound(at)]
	return diag.Diagnostics{diagnose.Warn(at, title,
		"The %s with id %d is now %s, no longer %s. Nothing changes at GitLab, but write the new path: the old one stops working as soon as another %s takes it.",
		project.Kind, project.ID, project.Path, ref.Path, project.Kind)}
}

// ProjectID gives the id of a resource's project. It asks GitLab only for a state that was moved from
// another provider and not read since: that knows the project as it was typed.
func ProjectID(ctx context.Context, client *gitlab.Client, id types.Int64, spelling types.String) (types.Int64, diag.Diagnostics) {
	if !id.IsNull() && !id.IsUnknown() {
		return id, nil
	}
	found, diags := Resolve(ctx, client, gitlab.KindProject, Attribute, spelling.ValueString())
	return types.Int64Value(found.ID), diags
}

// KeepID plans a project's id: a state that was moved and not read since goes on without one, so that
// its plan is empty.
func KeepID(planned Planned, state types.Int64, creating bool) types.Int64 {
	if !creating && state.IsNull() {
		return state
	}
	return types.Int64Value(planned.ID)
}

// ReadProject reads the snapshot of the project that a data source names.
func ReadProject(ctx context.Context, s *session.Session, spelling types.String) (*allowlists.Project, diag.Diagnostics) {
	target, diags := Resolve(ctx, s.GitLab, gitlab.KindProject, Attribute, spelling.ValueString())
	if diags.HasError() {
		return nil, diags
	}
	project, err := s.Lists.WholeProject(ctx, target.ID)
	if err != nil {
		diags.Append(diagnose.LookupError(Attribute, diagnose.ReadSettings, err))
	}
	return project, diags
}
