package graphql

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
)

var (
	userLimits      = Limits{Complexity: 250, Depth: 20}
	anonymousLimits = Limits{Complexity: 200, Depth: 15}
)

// testEngine answers from literal maps: the engine is what is tested.
func testEngine(t testing.TB, change func(*Config)) *Engine {
	t.Helper()
	config := Config{Resolvers: testResolvers()}
	if change != nil {
		change(&config)
	}
	engine, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

func testResolvers() map[string]Resolver {
	return map[string]Resolver{
		"Query.project": func(_ context.Context, _ any, args map[string]any) (any, error) {
			if args["fullPath"] == "nowhere" {
				return nil, nil
			}
			return testProject(args["fullPath"]), nil
		},
		"Query.projects": func(_ context.Context, _ any, args map[string]any) (any, error) {
			var projects []any
			paths, _ := args["fullPaths"].([]any)
			for _, path := range paths {
				projects = append(projects, testProject(path))
			}
			return Connection(projects, args, 0), nil
		},
		"Query.currentUser": func(context.Context, any, map[string]any) (any, error) {
			return map[string]any{"id": "gid://gitlab/User/1", "username": "root", "name": "Root"}, nil
		},
		"Query.metadata": func(context.Context, any, map[string]any) (any, error) {
			return map[string]any{"version": "19.4.0", "revision": "abc", "enterprise": true}, nil
		},
		"Project.ciJobTokenScope": func(context.Context, any, map[string]any) (any, error) {
			return nil, &UserError{Message: "no access"}
		},
		"Mutation.ciJobTokenScopeUpdatePolicies": func(_ context.Context, _ any, args map[string]any) (any, error) {
			input, _ := args["input"].(map[string]any)
			switch input["projectPath"] {
			case "denied":
				return nil, &UserError{Message: "The resource that you are attempting to access does not exist or you don't have permission to perform this action"}
			case "broken":
				return nil, errors.New("broken")
			case "panics":
				panic("boom")
			}
			return map[string]any{"clientMutationId": input["clientMutationId"], "errors": []string{}}, nil
		},
		"Mutation.ciJobTokenScopeAddGroupOrProject": func(_ context.Context, _ any, args map[string]any) (any, error) {
			input, _ := args["input"].(map[string]any)
			encoded, err := json.Marshal(input)
			return map[string]any{"errors": []string{string(encoded)}}, err
		},
	}
}

func testProject(path any) map[string]any {
	return map[string]any{
		"id": "gid://gitlab/Project/1", "fullPath": path, "name": "one",
		"visibility":   nil,
		"ciCdSettings": map[string]any{"inboundJobTokenScopeEnabled": true},
		"ciJobTokenScopeAllowlist": map[string]any{
			"projectsAllowlist": Connection([]any{
				map[string]any{
					"defaultPermissions": false, "jobTokenPolicies": []string{"READ_JOBS"}, "createdAt": "2026-01-01T00:00:00Z",
					"target": map[string]any{"__typename": "CiJobTokenAccessibleProject", "id": "gid://gitlab/Project/2", "fullPath": "g/two"},
				},
			}, nil, 200),
			"groupsAllowlist": Connection([]any{
				map[string]any{
					"defaultPermissions": true, "createdAt": "2026-01-01T00:00:00Z",
					"target": map[string]any{"__typename": "CiJobTokenAccessibleGroup", "id": "gid://gitlab/Group/3", "fullPath": "g"},
				},
			}, nil, 200),
		},
	}
}

func marshal(t testing.TB, value any) string {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

func execute(t testing.TB, engine *Engine, query string, variables map[string]any) string {
	t.Helper()
	response := engine.Execute(t.Context(), Request{Query: query, Variables: variables}, userLimits)
	if response.Internal != nil {
		t.Fatalf("internal error: %v", response.Internal)
	}
	return marshal(t, response)
}
