package graphqlapi

import (
	"context"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/cost"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/graphql"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

func (r *resolvers) mutationFields() map[string]graphql.Resolver {
	mutations := map[string]func(query, *store.Project) (payload, error){
		"ciJobTokenScopeAddGroupOrProject": r.addGroupOrProject,
		"ciJobTokenScopeAddProject":        r.addProject,
		"ciJobTokenScopeRemoveGroup":       r.removeGroup,
		"ciJobTokenScopeRemoveProject":     r.removeProject,
		"ciJobTokenScopeUpdatePolicies":    r.updatePolicies,
		"projectCiCdSettingsUpdate":        r.updateSettings,
	}
	if r.services.Version.HasAutopopulation() {
		mutations["ciJobTokenScopeAutopopulateAllowlist"] = r.autopopulate
		mutations["ciJobTokenScopeClearAllowlistAutopopulations"] = r.clearAutopopulations
	}
	fields := make(map[string]graphql.Resolver, len(mutations))
	for name, run := range mutations {
		fields["Mutation."+name] = r.mutating(name, run)
	}
	return fields
}

type payload = map[string]any

// mutating runs a mutation on the project that its input names, for callers who
// administer it with a token of the scope api, or a fine-grained one with the permission.
func (r *resolvers) mutating(name string, run func(query, *store.Project) (payload, error)) graphql.Resolver {
	pathField := "projectPath"
	if name == "projectCiCdSettingsUpdate" {
		pathField = "fullPath"
	}
	return func(ctx context.Context, _ any, args map[string]any) (value any, err error) {
		if denied := callerFrom(ctx).MutationDenied(name); denied != "" {
			return nil, &graphql.UserError{Message: denied}
		}
		input, _ := args["input"].(map[string]any)
		r.store.Write(func(st *store.State) {
			q := query{ctx: ctx, state: st, caller: callerFrom(ctx), args: input}
			p := st.ProjectByPath(q.text(pathField))
			if p == nil || !q.caller.HasScope("api") && !q.caller.IsGranular() || !rules.CanAdminProject(st, q.caller, p) {
				err = errNoAccess()
				return
			}
			cost.Projects(ctx, 1)
			result := refusedByFault(ctx, input)
			if result == nil {
				result, err = run(q, p)
			} else {
				result["ciCdSettings"] = ciCdSettings{p} // which a refused update of the settings shows as well
			}
			if err != nil {
				return
			}
			result["clientMutationId"] = input["clientMutationId"]
			value = result
		})
		return value, err
	}
}

// scopePayload is the answer of what adds and removes: objects, or errors.
func scopePayload(p *store.Project, link *store.Link, refusal *rules.Refusal) payload {
	if refusal != nil {
		return payload{"errors": []string{refusal.Text}}
	}
	return payload{"ciJobTokenScope": scope{p}, "ciJobTokenScopeAllowlistEntry": entry{link}, "errors": []string{}}
}

func entryInput(q query) rules.Entry {
	names, _ := q.texts("jobTokenPolicies")
	policies := make([]string, len(names))
	for i, name := range names {
		policies[i] = strings.ToLower(name)
	}
	return rules.Entry{DefaultPermissions: q.boolean("defaultPermissions"), Policies: policies}
}

func (r *resolvers) addGroupOrProject(q query, p *store.Project) (payload, error) {
	target := rules.FindTarget(q.state, q.text("targetPath"))
	link, refusal := r.services.AddEntry(q.state, q.caller, p, target, entryInput(q))
	return scopePayload(p, link, refusal), nil
}

func (r *resolvers) addProject(q query, p *store.Project) (payload, error) {
	if q.text("direction") == "OUTBOUND" {
		return nil, &graphql.UserError{Message: "direction: OUTBOUND scope entries can only be removed. Only INBOUND scope can be expanded."}
	}
	target := q.state.ProjectByPath(q.text("targetProjectPath"))
	if target == nil {
		return payload{"errors": []string{"The target_project that you are attempting to access does not exist or you don't have permission to perform this action"}}, nil
	}
	link, refusal := r.services.AddEntry(q.state, q.caller, p, rules.Target{Project: target}, rules.Entry{DefaultPermissions: true, Policies: []string{}})
	return scopePayload(p, link, refusal), nil
}

func (r *resolvers) removeGroup(q query, p *store.Project) (payload, error) {
	link, refusal := r.services.RemoveGroup(q.state, q.caller, p, q.state.GroupByPath(q.text("targetGroupPath")))
	return scopePayload(p, link, refusal), nil
}

func (r *resolvers) removeProject(q query, p *store.Project) (payload, error) {
	direction := store.Direction(strings.ToLower(q.text("direction")))
	if direction == "" {
		direction = store.Outbound
		if r.services.Version.RemovesInboundByDefault() {
			direction = store.Inbound
		}
	}
	target := q.state.ProjectByPath(q.text("targetProjectPath"))
	link, refusal := r.services.RemoveProject(q.state, q.caller, p, target, direction)
	return scopePayload(p, link, refusal), nil
}

func (r *resolvers) updatePolicies(q query, p *store.Project) (payload, error) {
	target := rules.FindTarget(q.state, q.text("targetPath"))
	link, refusal := r.services.UpdatePolicies(q.state, q.caller, p, target, entryInput(q))
	if refusal != nil {
		return payload{"errors": []string{refusal.Text}}, nil
	}
	return payload{"ciJobTokenScopeAllowlistEntry": entry{link}, "errors": []string{}}, nil
}

func (r *resolvers) updateSettings(q query, p *store.Project) (payload, error) {
	toggle := func(name string) *bool {
		value, given := q.args[name].(bool)
		if !given {
			return nil
		}
		return &value
	}
	change := rules.SettingsChange{
		Inbound:          toggle("inboundJobTokenScopeEnabled"),
		Outbound:         toggle("jobTokenScopeEnabled"),
		Push:             toggle("pushRepositoryForJobTokenAllowed"),
		CrossProjectPush: toggle("crossProjectPushForJobTokenAllowed"),
	}
	if change.Outbound != nil && *change.Outbound {
		return nil, &graphql.UserError{Message: "job_token_scope_enabled can only be set to false"}
	}
	changed, refusal := r.services.UpdateSettings(q.state, p, change)
	errs := []string{}
	if refusal != nil {
		errs = append(errs, refusal.Text)
	}
	return payload{"ciCdSettings": ciCdSettings{changed}, "errors": errs}, nil
}

func (r *resolvers) autopopulate(q query, p *store.Project) (payload, error) {
	r.services.Autopopulate(q.state, q.caller, p)
	return payload{"status": "complete", "errors": []string{}}, nil
}

func (r *resolvers) clearAutopopulations(q query, p *store.Project) (payload, error) {
	r.services.ClearAutopopulations(q.state, p)
	return payload{"status": "complete", "errors": []string{}}, nil
}
