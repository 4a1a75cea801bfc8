package rest

import (
	"net/http"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// memberRoleEndpoints is the API of the page "Member roles" as far as it is about
// the instance. GitLab has it with an Ultimate licence alone; the emulator, always.
func (a *API) memberRoleEndpoints() []endpoint {
	attributes := []param{
		opt("name", text), opt("description", text),
		{name: "base_access_level", is: integer, required: true, notBlank: true, values: []string{"10", "15", "20", "25", "30", "40", "50"}},
	}
	for _, ability := range store.MemberRoleAbilities {
		attributes = append(attributes, opt(ability, boolean))
	}
	return []endpoint{
		{http.MethodGet, "/member_roles", admin, nil, a.listMemberRoles},
		{http.MethodPost, "/member_roles", admin, attributes, a.createMemberRole},
		{http.MethodDelete, "/member_roles/:member_role_id", admin, []param{req("member_role_id", integer)}, a.deleteMemberRole},
	}
}

// memberRole is the entity: each ability is a field.
func memberRole(r *store.MemberRole) map[string]any {
	entity := map[string]any{
		"id": r.ID, "group_id": nil, "name": r.Name, "description": r.Description, "base_access_level": int(r.Base),
	}
	for _, ability := range store.MemberRoleAbilities {
		entity[ability] = r.Has(ability)
	}
	return entity
}

func (a *API) listMemberRoles(r *request) (answer, error) {
	roles := []map[string]any{}
	for _, role := range r.state.MemberRoles() {
		roles = append(roles, memberRole(role))
	}
	return ok(roles)
}

func (a *API) createMemberRole(r *request) (answer, error) {
	role := store.MemberRole{
		Name: r.text("name"), Description: given[string](r, "description"), Base: store.AccessLevel(r.integer("base_access_level")),
	}
	for _, ability := range store.MemberRoleAbilities {
		if r.boolean(ability) {
			role.Abilities = append(role.Abilities, ability)
		}
	}
	if role.Name == "" {
		role.Name = "Custom"
	}
	return created(memberRole(r.state.CreateMemberRole(role)))
}

func (a *API) deleteMemberRole(r *request) (answer, error) {
	role := r.state.MemberRole(r.integer("member_role_id"))
	switch {
	case role == nil:
		return answer{}, notFound("Member Role")
	case r.state.HoldersOf(role) > 0:
		return answer{}, badRequest("Role is assigned to one or more group members. Remove role from all group members, then delete role.")
	}
	r.state.DeleteMemberRole(role)
	return noContent()
}
