package acctest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Entries are the lines of an allowlist: the path of what is admitted, and its permissions ("default",
// or the fine-grained ones joined by commas).
type Entries map[string]string

// Allow adds a project or group to a list by hand, with default permissions or fine-grained ones.
func (g *GitLab) Allow(t testing.TB, source Project, targetPath string, permissions ...string) {
	t.Helper()
	g.mutate(t, "ciJobTokenScopeAddGroupOrProject", "CiJobTokenScopeAddGroupOrProjectInput", entryInput(source, targetPath, permissions))
}

// Permit changes the permissions of an entry by hand.
func (g *GitLab) Permit(t testing.TB, source Project, targetPath string, permissions ...string) {
	t.Helper()
	g.mutate(t, "ciJobTokenScopeUpdatePolicies", "CiJobTokenScopeUpdatePoliciesInput", entryInput(source, targetPath, permissions))
}

// None are no permissions at all, as opposed to the default ones.
const None = "-"

func entryInput(source Project, targetPath string, permissions []string) map[string]any {
	policies := []string{}
	for _, permission := range permissions {
		if permission != None {
			policies = append(policies, strings.ToUpper(permission))
		}
	}
	return map[string]any{
		"projectPath": source.Path, "targetPath": targetPath,
		"defaultPermissions": len(permissions) == 0, "jobTokenPolicies": policies,
	}
}

// Deny removes a project from a list by hand.
func (g *GitLab) Deny(t testing.TB, source Project, targetPath string) {
	t.Helper()
	g.mutate(t, "ciJobTokenScopeRemoveProject", "CiJobTokenScopeRemoveProjectInput",
		map[string]any{"projectPath": source.Path, "targetProjectPath": targetPath, "direction": "INBOUND"})
}

// DenyGroup removes a group from a list by hand.
func (g *GitLab) DenyGroup(t testing.TB, source Project, targetPath string) {
	t.Helper()
	g.mutate(t, "ciJobTokenScopeRemoveGroup", "CiJobTokenScopeRemoveGroupInput",
		map[string]any{"projectPath": source.Path, "targetGroupPath": targetPath})
}

func (g *GitLab) mutate(t testing.TB, field, inputType string, input map[string]any) {
	t.Helper()
	var answer map[string]struct {
		Errors []string `json:"errors"`
	}
	g.GraphQL(t, fmt.Sprintf("mutation ByHand($input: %s!) { %s(input: $input) { errors } }", inputType, field), map[string]any{"input": input}, &answer)
	if problems := answer[field].Errors; len(problems) > 0 {
		t.Fatalf("%s: %s", field, strings.Join(problems, ", "))
	}
}

// SetToggle switches "Limit access to this project" by hand.
func (g *GitLab) SetToggle(t testing.TB, project Project, enabled bool) {
	t.Helper()
	g.Admin(t, http.MethodPatch, fmt.Sprintf("/projects/%d/job_token_scope", project.ID), map[string]any{"enabled": enabled}, nil)
}

// Settings are the stored toggles of a project.
type Settings struct {
	Inbound          bool `json:"inboundJobTokenScopeEnabled"`
	Outbound         bool `json:"jobTokenScopeEnabled"`
	PushRepository   bool `json:"pushRepositoryForJobTokenAllowed"`
	CrossProjectPush bool `json:"crossProjectPushForJobTokenAllowed"`
}

// Settings reads the stored toggles of a project.
func (g *GitLab) Settings(t testing.TB, project Project) Settings {
	t.Helper()
	var answer struct {
		Projects struct {
			Nodes []struct {
				Settings Settings `json:"ciCdSettings"`
			} `json:"nodes"`
		} `json:"projects"`
	}
	g.GraphQL(t, `query Check($ids: [ID!]) { projects(ids: $ids) { nodes { ciCdSettings {
		inboundJobTokenScopeEnabled jobTokenScopeEnabled pushRepositoryForJobTokenAllowed `+g.crossProjectPush(t)+` } } } }`,
		map[string]any{"ids": []string{fmt.Sprintf("gid://gitlab/Project/%d", project.ID)}}, &answer)
	if len(answer.Projects.Nodes) != 1 {
		t.Fatalf("GitLab knows no project %d", project.ID)
	}
	return answer.Projects.Nodes[0].Settings
}

// Allowlist reads what a project's list holds.
func (g *GitLab) Allowlist(t testing.TB, project Project) Entries {
	t.Helper()
	entries := Entries{}
	for _, list := range []string{"projectsAllowlist", "groupsAllowlist"} {
		for after := ""; ; {
			page := g.allowlistPage(t, project, list, after)
			for _, node := range page.Nodes {
				permissions := "default"
				if !node.Default {
					slices.Sort(node.Policies)
					permissions = strings.ToLower(strings.Join(node.Policies, ","))
				}
				entries[node.Target.Path] = permissions
			}
			if !page.PageInfo.HasNextPage {
				break
			}
			after = page.PageInfo.EndCursor
		}
	}
	return entries
}

type allowlistPage struct {
	PageInfo struct {
		HasNextPage bool   `json:"hasNextPage"`
		EndCursor   string `json:"endCursor"`
	} `json:"pageInfo"`
	Nodes []struct {
		Default  bool     `json:"defaultPermissions"`
		Policies []string `json:"jobTokenPolicies"`
		Target   struct {
			Path string `json:"fullPath"`
		} `json:"target"`
	} `json:"nodes"`
}

// allowlistPage reads up to 200 entries, which is a page of GitLab 19; older ones give 100.
func (g *GitLab) allowlistPage(t testing.TB, project Project, list, after string) allowlistPage {
	t.Helper()
	var answer struct {
		Projects struct {
			Nodes []struct {
				Allowlist map[string]allowlistPage `json:"ciJobTokenScopeAllowlist"`
			} `json:"nodes"`
		} `json:"projects"`
	}
	variables := map[string]any{"ids": []string{fmt.Sprintf("gid://gitlab/Project/%d", project.ID)}}
	if after != "" {
		variables["after"] = after
	}
	g.GraphQL(t, `query Check($ids: [ID!], $after: String) { projects(ids: $ids) { nodes { ciJobTokenScopeAllowlist { `+list+`(first: 200, after: $after) {
		pageInfo { hasNextPage endCursor }
		nodes { defaultPermissions jobTokenPolicies target { ... on CiJobTokenAccessibleProject { fullPath } ... on CiJobTokenAccessibleGroup { fullPath } } } } } } } }`,
		variables, &answer)
	if len(answer.Projects.Nodes) != 1 {
		t.Fatalf("GitLab knows no project %d", project.ID)
	}
	return answer.Projects.Nodes[0].Allowlist[list]
}

// SetSettings sets the toggles of a project by hand. The legacy outbound one is left out, since
// GitLab only lets it be switched off.
func (g *GitLab) SetSettings(t testing.TB, project Project, settings Settings) {
	t.Helper()
	input := map[string]any{
		"fullPath":                         project.Path,
		"inboundJobTokenScopeEnabled":      settings.Inbound,
		"pushRepositoryForJobTokenAllowed": settings.PushRepository,
	}
	if name := g.crossProjectPush(t); name != "" {
		input[name] = settings.CrossProjectPush
	}
	g.mutate(t, "projectCiCdSettingsUpdate", "ProjectCiCdSettingsUpdateInput", input)
}

// CheckAllowlist compares a project's list with what it is to hold.
func (g *GitLab) CheckAllowlist(t testing.TB, project Project, want Entries) {
	t.Helper()
	if got := g.Allowlist(t, project); !maps.Equal(got, want) {
		t.Errorf("the allowlist of %s holds %v, want %v", project.Path, got, want)
	}
}

// CheckSettings compares a project's stored toggles with what they are to be, without those that this
// GitLab does not have.
func (g *GitLab) CheckSettings(t testing.TB, project Project, want Settings) {
	t.Helper()
	want.CrossProjectPush = want.CrossProjectPush && g.Since(t, "19.0")
	if got := g.Settings(t, project); got != want {
		t.Errorf("the toggles of %s are %+v, want %+v", project.Path, got, want)
	}
}
