package allowlist

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/intent"
)

// allowlistModel is the resource jobtoken_allowlist.
type allowlistModel struct {
	Project   types.String `tfsdk:"project"`
	ProjectID types.Int64  `tfsdk:"project_id"`
	Enabled   types.Bool   `tfsdk:"enabled"`
	Exclusive types.Bool   `tfsdk:"exclusive"`
	Projects  types.Map    `tfsdk:"projects"`
	Groups    types.Map    `tfsdk:"groups"`
	Removes   types.List   `tfsdk:"removes"`
	TargetIDs types.String `tfsdk:"target_ids_fingerprint"`
}

// entryModel is one value of the maps projects and groups.
type entryModel struct {
	Permissions types.Set    `tfsdk:"permissions"`
	Target      types.String `tfsdk:"target"`
}

type identityModel struct {
	ProjectID types.Int64 `tfsdk:"project_id"`
}

var entryType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"permissions": types.SetType{ElemType: types.StringType},
	"target":      types.StringType,
}}

// kinds are the two maps of a list, in the order in which they are treated.
var kinds = []gitlab.Kind{gitlab.KindProject, gitlab.KindGroup}

// bareEntry is {}.
var bareEntry = types.ObjectValueMust(entryType.AttrTypes, map[string]attr.Value{
	"permissions": types.SetNull(types.StringType), "target": types.StringNull(),
})

const enabledAttribute = "enabled"

// attribute is the name of the map that holds a kind.
func attribute(kind gitlab.Kind) string { return string(kind) + "s" }

// entries is the map of a kind.
func (m *allowlistModel) entries(kind gitlab.Kind) *types.Map {
	if kind == gitlab.KindGroup {
		return &m.Groups
	}
	return &m.Projects
}

// project is the list's project as the state spells it.
func (m *allowlistModel) project() gitlab.Target {
	return gitlab.Target{Kind: gitlab.KindProject, ID: m.ProjectID.ValueInt64(), Path: m.Project.ValueString()}
}

// place is what no two resources are to hold.
func (m *allowlistModel) place() string {
	return fmt.Sprintf("%s %d", typeName, m.ProjectID.ValueInt64())
}

// managed are the attributes that a configuration mentions, or that a state holds.
func (m *allowlistModel) managed() (names []string) {
	if !m.Enabled.IsNull() {
		names = append(names, enabledAttribute)
	}
	for _, kind := range kinds {
		if !m.entries(kind).IsNull() {
			names = append(names, attribute(kind))
		}
	}
	return names
}

// entry is one configured or stored entry of a map.
type entry struct {
	kind gitlab.Kind
	key  string
	// text is the reference as typed: the value of target, else the key.
	text string
	// alone means that the entry is a resource of its own, not a line of a map.
	alone bool
	// labelled means that the key is only a label, beside a target.
	labelled bool
	// bare means that the element is null, which stands for {}. Terraform shows no line for it.
	bare bool
	// unknown means that the target cannot be known before the apply.
	unknown bool
	// permissions are only meaningful where permissionsKnown.
	permissions      allowlists.Permissions
	permissionsKnown bool
	model            entryModel
	// target is filled by resolving; its ID is 0 before.
	target gitlab.Target
	// dead means that the state knows the target and that it was deleted for good.
	dead bool
}

// intended is the entry as the difference between a state and a plan takes it.
func (e entry) intended() intent.Entry {
	return intent.Entry{Target: e.target, Permissions: e.permissions, Undecided: !e.permissionsKnown, Dead: e.dead}
}

func intended(entries []entry) []intent.Entry {
	all := make([]intent.Entry, 0, len(entries))
	for _, e := range entries {
		all = append(all, e.intended())
	}
	return all
}

// at is the attribute that holds the reference.
func (e entry) at() path.Path {
	if e.alone {
		return path.Root("target_" + string(e.kind))
	}
	at := path.Root(attribute(e.kind)).AtMapKey(e.key)
	if e.labelled {
		return at.AtName("target")
	}
	return at
}

// permissionsAt is the attribute that holds the permissions.
func (e entry) permissionsAt() path.Path {
	if e.alone {
		return path.Root("permissions")
	}
	return path.Root(attribute(e.kind)).AtMapKey(e.key).AtName("permissions")
}

// expand reads a known map into entries, sorted by key.
func expand(ctx context.Context, kind gitlab.Kind, m types.Map) ([]entry, diag.Diagnostics) {
	var diags diag.Diagnostics
	elements := m.Elements() // a copy
	entries := make([]entry, 0, len(elements))
	for _, key := range slices.Sorted(maps.Keys(elements)) {
		e := entry{kind: kind, key: key, text: key}
		object, ok := elements[key].(types.Object)
		if !ok || object.IsUnknown() {
			e.unknown = true
			entries = append(entries, e)
			continue
		}
		if e.bare = object.IsNull(); e.bare {
			object = bareEntry
		}
		diags.Append(e.model.set(ctx, object)...)
		if !e.model.Target.IsNull() {
			e.labelled, e.unknown, e.text = true, e.model.Target.IsUnknown(), e.model.Target.ValueString()
		}
		e.permissions, e.permissionsKnown = expandPermissions(e.model.Permissions)
		entries = append(entries, e)
	}
	return entries, diags
}

// set reads an object of a map. Reflection, which costs more than all else of a plan, is left to what is
// no such object.
func (m *entryModel) set(ctx context.Context, object types.Object) diag.Diagnostics {
	attributes := object.Attributes()
	permissions, isSet := attributes["permissions"].(types.Set)
	target, isText := attributes["target"].(types.String)
	if !isSet || !isText {
		return object.As(ctx, m, basetypes.ObjectAsOptions{})
	}
	m.Permissions, m.Target = permissions, target
	return nil
}

// expandPermissions reads a set of names: null means GitLab's default permissions.
func expandPermissions(set types.Set) (permissions allowlists.Permissions, isKnown bool) {
	if set.IsUnknown() {
		return allowlists.Permissions{}, false
	}
	if set.IsNull() {
		return allowlists.DefaultPermissions(), true
	}
	elements := set.Elements() // a copy
	names := make([]string, 0, len(elements))
	for _, element := range elements {
		name, ok := element.(types.String)
		if !ok || name.IsUnknown() {
			return allowlists.Permissions{}, false
		}
		names = append(names, name.ValueString())
	}
	if slices.Equal(names, []string{allowlists.ByDefault}) {
		return allowlists.DefaultPermissions(), true
	}
	return allowlists.FineGrained(names...), true
}

// stated writes default permissions in words where a read comes upon them anew: require_permissions wants
// that of a configuration which is generated from the state, or held against it.
func stated(now, before types.Set) types.Set {
	if !now.IsNull() || before.IsNull() {
		return now
	}
	return types.SetValueMust(types.StringType, []attr.Value{types.StringValue(allowlists.ByDefault)})
}

func flattenPermissions(permissions allowlists.Permissions) types.Set {
	if permissions.Default {
		return types.SetNull(types.StringType)
	}
	elements := make([]attr.Value, 0, len(permissions.Names))
	for _, name := range permissions.Names {
		elements = append(elements, types.StringValue(name))
	}
	return types.SetValueMust(types.StringType, elements)
}

// mapping is one map of a state in the making, with the ids of the references in it.
type mapping struct {
	elements map[string]attr.Value
	ids      map[string]int64
}

func newMapping(size int) mapping {
	return mapping{make(map[string]attr.Value, size), make(map[string]int64, size)}
}

func (m mapping) put(e entry) {
	m.ids[e.text] = e.target.ID
	if e.bare && e.model.Permissions.IsNull() {
		m.elements[e.key] = types.ObjectNull(entryType.AttrTypes)
		return
	}
	m.elements[e.key] = types.ObjectValueMust(entryType.AttrTypes, map[string]attr.Value{
		"permissions": e.model.Permissions, "target": e.model.Target,
	})
}

// state writes default permissions in words, of entries that another map does not have with them.
func (m mapping) state(before types.Map) {
	for key, element := range m.elements {
		object, _ := element.(types.Object)
		if object.IsNull() {
			continue
		}
		former := types.SetUnknown(types.StringType)
		if held, ok := before.Elements()[key].(types.Object); ok {
			former, _ = held.Attributes()["permissions"].(types.Set)
		}
		permissions, _ := object.Attributes()["permissions"].(types.Set)
		attributes := maps.Clone(object.Attributes())
		attributes["permissions"] = stated(permissions, former)
		m.elements[key] = types.ObjectValueMust(entryType.AttrTypes, attributes)
	}
}

// asBare has null for the elements that are null in the configuration, as Terraform wants it of a plan.
func asBare(plan, config types.Map) types.Map {
	configured := config.Elements()
	if plan.IsNull() || plan.IsUnknown() || !anyNull(configured) {
		return plan
	}
	elements := plan.Elements()
	for key, element := range configured {
		if _, planned := elements[key]; planned && element.IsNull() {
			elements[key] = element
		}
	}
	return types.MapValueMust(entryType, elements)
}

func anyNull(elements map[string]attr.Value) bool {
	for _, element := range elements {
		if element.IsNull() {
			return true
		}
	}
	return false
}

func (m mapping) value() types.Map { return types.MapValueMust(entryType, m.elements) }

// byItsPath spells what the server holds by its path, or by its id where that path is the key of another
// entry.
func byItsPath(stored allowlists.Entry, keys map[string]bool) entry {
	e := entry{kind: stored.Target.Kind, key: stored.Target.Path, text: stored.Target.Path, target: stored.Target}
	if keys[e.key] {
		e.key = stored.Target.Ref().String()
		e.text = e.key
	}
	return e.granting(stored)
}

// flatten writes what the server holds as a map, spelling each entry as spelled does and the others
// by path.
//
// The project's own entry is implied: it is there only where it is spelled, stored or not, or where an
// import asks for all that is stored.
func flatten(project *allowlists.Project, held []allowlists.Entry, spelled []entry, all bool) mapping {
	byID, keys := make(map[int64]entry, len(spelled)), make(map[string]bool, len(spelled))
	for _, e := range spelled {
		byID[e.target.ID], keys[e.key] = e, true
	}
	m := newMapping(len(held))
	for _, stored := range held {
		e, isSpelled := byID[stored.Target.ID]
		switch implied := project.IsOwn(stored.Target) && (!all || stored.Permissions.Default); {
		case isSpelled:
			m.put(e.granting(stored))
		case !implied:
			m.put(byItsPath(stored, keys))
		}
	}
	onIt := idsHeld(held)
	for _, e := range spelled {
		switch {
		case onIt[e.target.ID]:
		case e.dead:
			m.put(e)
		case project.IsOwn(e.target):
			m.put(e.granting(allowlists.Entry{Target: project.Target(), Permissions: allowlists.DefaultPermissions()}))
		}
	}
	return m
}

// granting is the entry with the permissions that the server holds, kept as typed where they are
// the same.
func (e entry) granting(stored allowlists.Entry) entry {
	same := e.permissionsKnown && e.permissions.Equal(stored.Permissions)
	if !same && !(stored.PermissionsUnreadable && e.permissionsKnown) {
		e.model.Permissions = flattenPermissions(stored.Permissions)
	}
	if e.model.Target.IsUnknown() || !e.labelled {
		e.model.Target = types.StringNull()
	}
	return e
}

func holdsTarget(held []allowlists.Entry, id int64) bool {
	return slices.ContainsFunc(held, func(e allowlists.Entry) bool { return e.Target.ID == id })
}

func idsHeld(held []allowlists.Entry) map[int64]bool {
	ids := make(map[int64]bool, len(held))
	for _, e := range held {
		ids[e.Target.ID] = true
	}
	return ids
}

func idsOfTargets(entries []entry) map[int64]bool {
	ids := make(map[int64]bool, len(entries))
	for _, e := range entries {
		ids[e.target.ID] = true
	}
	return ids
}

func byPath(a, b gitlab.Target) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Path, b.Path), cmp.Compare(a.ID, b.ID))
}
