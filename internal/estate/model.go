package estate

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
)

// model is the data source jobtoken_allowlists.
type model struct {
	Group                    types.String  `tfsdk:"group"`
	Projects                 types.Set     `tfsdk:"projects"`
	Skip                     types.Set     `tfsdk:"skip"`
	OnlyWithEntries          types.Bool    `tfsdk:"only_with_entries"`
	IncludeArchived          types.Bool    `tfsdk:"include_archived"`
	IncludeDeletionScheduled types.Bool    `tfsdk:"include_deletion_scheduled"`
	Usage                    types.Bool    `tfsdk:"usage"`
	Settings                 types.Bool    `tfsdk:"settings"`
	Allowlists               types.Map     `tfsdk:"allowlists"`
	Configuration            types.String  `tfsdk:"configuration"`
	Files                    types.Map     `tfsdk:"files"`
	Estate                   types.Dynamic `tfsdk:"estate"`
}

var (
	entryType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"id":                  types.Int64Type,
		"default_permissions": types.BoolType,
		"permissions":         types.SetType{ElemType: types.StringType},
		"added_by":            types.StringType,
		"added_at":            types.StringType,
		"last_used":           types.StringType,
	}}
	allowlistType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"project_id":                 types.Int64Type,
		"readable":                   types.BoolType,
		"reason":                     types.StringType,
		"archived":                   types.BoolType,
		"deletion_scheduled":         types.BoolType,
		"enabled":                    types.BoolType,
		"effective":                  types.BoolType,
		"push_repository_allowed":    types.BoolType,
		"cross_project_push_allowed": types.BoolType,
		"outbound_allowlist_enabled": types.BoolType,
		"projects":                   types.MapType{ElemType: entryType},
		"groups":                     types.MapType{ElemType: entryType},
	}}
)

// flatten writes all that is computed.
func (m *model) flatten(found []*project, w writer) {
	elements := make(map[string]attr.Value, len(found))
	for _, p := range found {
		elements[p.Path] = p.flatten()
	}
	m.Allowlists = types.MapValueMust(allowlistType, elements)
	m.Configuration = types.StringValue(w.text(found))
	files := map[string]attr.Value{}
	for name, text := range w.files(found) {
		files[name] = types.StringValue(text)
	}
	m.Files = types.MapValueMust(types.StringType, files)
	m.Estate = types.DynamicValue(compact(found))
}

func (p *project) flatten() attr.Value {
	values := map[string]attr.Value{
		"project_id":                 types.Int64Null(),
		"readable":                   types.BoolValue(p.readable()),
		"reason":                     text(p.reason()),
		"archived":                   types.BoolNull(),
		"deletion_scheduled":         types.BoolNull(),
		"enabled":                    types.BoolNull(),
		"effective":                  types.BoolPointerValue(p.effective),
		"push_repository_allowed":    types.BoolNull(),
		"cross_project_push_allowed": types.BoolNull(),
		"outbound_allowlist_enabled": types.BoolNull(),
		"projects":                   types.MapNull(entryType),
		"groups":                     types.MapNull(entryType),
	}
	if p.ID != 0 {
		values["project_id"] = types.Int64Value(p.ID)
		values["archived"] = types.BoolValue(p.Archived)
		values["deletion_scheduled"] = types.BoolValue(p.DeletionScheduled())
	}
	if p.readable() {
		settings := p.Project.Settings
		values["enabled"] = types.BoolValue(settings.InboundAllowlist)
		values["push_repository_allowed"] = types.BoolValue(settings.PushRepository)
		values["cross_project_push_allowed"] = types.BoolPointerValue(settings.CrossProjectPush)
		values["outbound_allowlist_enabled"] = types.BoolValue(settings.Outbound)
		values["projects"] = flattenEntries(p.Project.Projects, p.lastUsed)
		values["groups"] = flattenEntries(p.Project.Groups, p.lastUsed)
	}
	return types.ObjectValueMust(allowlistType.AttrTypes, values)
}

func flattenEntries(entries []allowlists.Entry, lastUsed map[gitlab.Key]time.Time) types.Map {
	elements := make(map[string]attr.Value, len(entries))
	for _, e := range entries {
		elements[e.Target.Path] = types.ObjectValueMust(entryType.AttrTypes, map[string]attr.Value{
			"id":                  types.Int64Value(e.Target.ID),
			"default_permissions": types.BoolValue(e.Permissions.Default),
			"permissions":         flattenPermissions(e.Permissions),
			"added_by":            text(e.AddedBy),
			"added_at":            moment(e.CreatedAt),
			"last_used":           moment(lastUsed[e.Target.Key()]),
		})
	}
	return types.MapValueMust(entryType, elements)
}

func flattenPermissions(permissions allowlists.Permissions) types.Set {
	if permissions.Default {
		return types.SetNull(types.StringType)
	}
	return types.SetValueMust(types.StringType, values(permissions.Names))
}

func values(names []string) []attr.Value {
	elements := make([]attr.Value, 0, len(names))
	for _, name := range names {
		elements = append(elements, types.StringValue(name))
	}
	return elements
}

// text is null where there is none.
func text(value string) types.String {
	if value == "" {
		return types.StringNull()
	}
	return types.StringValue(value)
}

func moment(t time.Time) types.String {
	if t.IsZero() {
		return types.StringNull()
	}
	return types.StringValue(t.UTC().Format(time.RFC3339))
}

// texts are the strings of a known set.
func texts(set types.Set) []string {
	all := make([]string, 0, len(set.Elements()))
	for _, element := range set.Elements() {
		if s, ok := element.(types.String); ok {
			all = append(all, s.ValueString())
		}
	}
	return all
}

// compact is the map that examples/estate reads: what is as it would be anyway is left out.
func compact(found []*project) attr.Value {
	elements := map[string]attr.Value{}
	for _, p := range found {
		if !p.readable() {
			continue
		}
		attributes := map[string]attr.Value{}
		if !p.Project.Settings.InboundAllowlist {
			attributes["enabled"] = types.BoolValue(false)
		}
		for _, kind := range kinds {
			entries := map[string]attr.Value{}
			for _, e := range p.configured(kind) {
				entries[e.Target.Path] = types.ListValueMust(types.StringType, values(e.Permissions.Stated()))
			}
			if len(entries) > 0 {
				attributes[attribute(kind)] = object(entries)
			}
		}
		elements[p.Path] = object(attributes)
	}
	return object(elements)
}

// object is an object of whatever its values are.
func object(values map[string]attr.Value) types.Object {
	kinds := make(map[string]attr.Type, len(values))
	for name, value := range values {
		kinds[name] = value.Type(context.Background())
	}
	return types.ObjectValueMust(kinds, values)
}
