package faults_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// subject is a resource of the table. The harness knows of it only this.
type subject struct {
	// name is the resource's type, and what is special of this row in brackets.
	name string
	// prepare makes what the resource needs.
	prepare func(testing.TB, *acctest.GitLab) scenario
}

// kind is the resource's type.
func (s subject) kind() string { return strings.Fields(s.name)[0] }

// scenario is a life of a resource.
type scenario struct {
	// created is the first configuration, updated the second.
	created, updated map[string]any
	// meanwhile is what happens before the update, if anything does.
	meanwhile func(testing.TB)
	// server is what GitLab has, as attributes of the state; nil where it has nothing of the
	// resource. Only these attributes are compared.
	server func(testing.TB) map[string]any
	// seen makes of a configuration, or of a state, what can be compared with the server; nil leaves
	// both as they are.
	seen func(map[string]any) map[string]any
	// revoke ends a token by hand: one that an error or a warning names for the user to look after.
	revoke func(testing.TB, int64)
	// token is the provider's where its user has to be another.
	token string
	// lets means that a destroy changes nothing at GitLab.
	lets bool
	// inUse means that somebody else has a token of the same name.
	inUse bool
	// withheld means that the update, after a renewal, finds a state without private state: the provider was
	// killed in an update before.
	withheld bool
	// keeps means that the update makes no token, and changes no variable.
	keeps bool
	// destroyed is what GitLab has in the end; nil is nothing.
	destroyed map[string]any
}

// resources are all that write. A new resource joins by being listed here.
var resources = []subject{
	{"jobtoken_allowlist", allowlist},
	{"jobtoken_allowlist_entry (project)", projectEntry},
	{"jobtoken_allowlist_entry (group)", groupEntry},
	{"jobtoken_settings", settings},
	{"jobtoken_project_deploy_token", tokenOf("projects", "deploy_tokens")},
	{"jobtoken_group_deploy_token", tokenOf("groups", "deploy_tokens")},
	{"jobtoken_project_access_token", tokenOf("projects", "access_tokens")},
	{"jobtoken_group_access_token", tokenOf("groups", "access_tokens")},
	{"jobtoken_project_access_token (rotated by GitLab)", rotatedToken},
	{"jobtoken_project_deploy_token (replaced)", replacedToken},
	{"jobtoken_project_deploy_token (of a name in use)", nameInUse},
	{"jobtoken_project_deploy_token (without private state)", withheldToken},
	{"jobtoken_project_deploy_token (one consumer)", lonelyToken},
	{"jobtoken_project_deploy_token (variables that were there)", takingToken},
	{"jobtoken_project_deploy_token (a hidden variable that was there)", hidingToken},
	{"jobtoken_project_deploy_token (relabelled)", relabelledToken},
	{"jobtoken_project_deploy_token (owners renamed and taken over)", followedToken},
	{"jobtoken_instance_enforcement", enforcement},
	{"jobtoken_project_share", share},
}

// allowlist has more entries than fit one request, to add, to change and to remove, and takes over a
// list that holds some already.
func allowlist(t testing.TB, g *acctest.GitLab) scenario {
	t.Helper()
	source, targets := g.Project(t, "shared-lib"), g.Projects(t, "app", 50)
	team, guild := g.Group(t, "team", &g.Root), g.Group(t, "guild", &g.Root)
	g.SetToggle(t, source, false)
	g.Allow(t, source, targets[0].Path, "read_jobs")
	g.Allow(t, source, targets[49].Path)
	g.Allow(t, source, guild.Path)
	entries := func(from, to int, permissions ...any) map[string]any {
		entries := map[string]any{}
		for _, target := range targets[from:to] {
			entry := map[string]any{}
			if len(permissions) > 0 {
				entry["permissions"] = permissions
			}
			entries[target.Path] = entry
		}
		return entries
	}
	wish := func(projects map[string]any, groups ...string) map[string]any {
		admitted := map[string]any{}
		for _, group := range groups {
			admitted[group] = map[string]any{}
		}
		return map[string]any{"project": source.Path, "enabled": true, "projects": projects, "groups": admitted}
	}
	updated := entries(22, 48)
	updated[targets[0].Path] = map[string]any{"permissions": []any{"read_jobs", "read_packages"}}
	return scenario{
		created: wish(entries(0, 44), team.Path),
		updated: wish(updated, guild.Path),
		server: func(t testing.TB) map[string]any {
			t.Helper()
			has := map[string]any{"project": source.Path, "enabled": g.Settings(t, source).Inbound, "projects": map[string]any{}, "groups": map[string]any{}}
			for path, permissions := range g.Allowlist(t, source) {
				kind := "projects"
				if path == team.Path || path == guild.Path {
					kind = "groups"
				}
				has[kind].(map[string]any)[path] = map[string]any{"permissions": asList(permissions), "target": nil} //nolint:forcetypeassert // made above
			}
			return has
		},
		destroyed: map[string]any{"project": source.Path, "enabled": true, "projects": map[string]any{}, "groups": map[string]any{}},
	}
}

func projectEntry(t testing.TB, g *acctest.GitLab) scenario {
	t.Helper()
	return entry(t, g, "target_project", g.Project(t, "app").Path)
}

func groupEntry(t testing.TB, g *acctest.GitLab) scenario {
	t.Helper()
	return entry(t, g, "target_group", g.Group(t, "team", &g.Root).Path)
}

func entry(t testing.TB, g *acctest.GitLab, attribute, target string) scenario {
	t.Helper()
	source := g.Project(t, "shared-lib")
	return scenario{
		created: map[string]any{"project": source.Path, attribute: target, "permissions": []any{"read_jobs"}},
		updated: map[string]any{"project": source.Path, attribute: target, "permissions": []any{"read_jobs", "read_packages"}},
		server: func(t testing.TB) map[string]any {
			t.Helper()
			permissions, listed := g.Allowlist(t, source)[target]
			if !listed {
				return nil
			}
			return map[string]any{"project": source.Path, attribute: target, "permissions": asList(permissions)}
		},
	}
}

func settings(t testing.TB, g *acctest.GitLab) scenario {
	t.Helper()
	project := g.Project(t, "app")
	wish := func(inbound, push bool) map[string]any {
		return map[string]any{"project": project.Path, "inbound_allowlist_enabled": inbound, "push_repository_allowed": push}
	}
	return scenario{
		created: wish(false, true),
		updated: wish(true, true),
		server: func(t testing.TB) map[string]any {
			t.Helper()
			has := g.Settings(t, project)
			return wish(has.Inbound, has.PushRepository)
		},
		destroyed: wish(true, false),
	}
}

// enforcement has nothing to take back: what it came to stays.
func enforcement(t testing.TB, g *acctest.GitLab) scenario {
	t.Helper()
	wish := func(on bool) map[string]any { return map[string]any{"enabled": on} }
	return scenario{
		created: wish(true),
		updated: wish(false),
		token:   g.AdminToken(),
		lets:    true,
		server: func(t testing.TB) map[string]any {
			t.Helper()
			return wish(g.Enforces(t))
		},
		destroyed: wish(false),
	}
}

// share changes the role, which GitLab can only by ending the share.
func share(t testing.TB, g *acctest.GitLab) scenario {
	t.Helper()
	project, team := g.Project(t, "app"), g.Group(t, "team", &g.Root)
	names := map[string]any{"": nil, "20": "reporter", "30": "developer"}
	wish := func(role any) map[string]any {
		return map[string]any{"project": project.Path, "group": team.Path, "role": role}
	}
	return scenario{
		created: wish("reporter"),
		updated: wish("developer"),
		server: func(t testing.TB) map[string]any {
			t.Helper()
			return wish(names[g.Shares(t, project)[team.Path]])
		},
		destroyed: wish(nil),
	}
}

// asList reads permissions as acctest writes them: null are GitLab's default ones.
func asList(permissions string) any {
	if permissions == "default" {
		return nil
	}
	list := []any{}
	for name := range strings.SplitSeq(permissions, ",") {
		if name != "" {
			list = append(list, name)
		}
	}
	slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return list
}
