package emulator_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

func TestGraphQLOverHTTP(t *testing.T) {
	t.Parallel()
	const ask = "{currentUser{username}}"
	const told = `{"data":{"currentUser":{"username":"terraform"}}}`
	filled := ask + strings.Repeat(" ", 10_000-len(ask))
	i := start(t, emulator.Options{Seed: "acme"})
	at := func(query string) string { return "/api/graphql?query=" + url.QueryEscape(query) }
	i.play(t, []step{
		{"10,000 characters", document(t, "terraform", filled), 200, told},
		{"10,001 characters", document(t, "terraform", filled+" "), 422, `{"errors":[{"message":"Query too large"}]}`},
		{"characters, not bytes", document(t, "terraform", "#"+strings.Repeat("é", 9_900)+"\n"+ask), 200, told},
		{"a batch adds up", request{"terraform", post, "/api/graphql", quote(t, []map[string]string{{"query": filled}, {"query": ask}})}, 422, `{"errors":[{"message":"Query too large"}]}`},
		{"batch", request{"terraform", post, "/api/graphql", `[{"query":"` + ask + `"},{"query":"{nope}"}]`}, 200, `~` + `[` + told + `,{"errors":[{"message":"Field 'nope' doesn't exist on type 'Query'"`},
		{"variables do not count", request{"terraform", post, "/api/graphql", quote(t, map[string]any{
			"query": "query($p:[String!]){projects(fullPaths:$p){count}}", "variables": map[string]any{"p": []string{strings.Repeat("x", 20_000)}}})}, 200, `{"data":{"projects":{"count":0}}}`},
		{"variables as text", request{"terraform", post, "/api/graphql", `{"query":"query($p:ID!){project(fullPath:$p){path}}","variables":"{\"p\":\"acme/app\"}"}`}, 200, `{"data":{"project":{"path":"app"}}}`},
		{"unreadable variables", request{"terraform", post, "/api/graphql", `{"query":"{currentUser{id}}","variables":"{"}`}, 422, `~"errors":[{"message":`},
		{"no JSON", request{"terraform", post, "/api/graphql", `{`}, 400, `~Bad Request`},
		{"GET", request{"terraform", get, at(ask), ""}, 200, told},
		{"GET of a mutation", request{"terraform", get, at(`mutation{projectCiCdSettingsUpdate(input:{fullPath:"acme/app"}){errors}}`), ""}, 422, `{"errors":[{"message":"Mutations are forbidden in GET requests"}]}`},
	})
	if got := i.must(t, document(t, "terraform", ask)).header.Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
}

func TestGraphQLLimits(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	// Each alias costs 2: the field, and its name.
	users := func(n int) string {
		var query strings.Builder
		for alias := range n {
			fmt.Fprintf(&query, "a%d:currentUser{id}", alias)
		}
		return "{" + query.String() + "}"
	}
	tooMuch := func(n, limit int) string {
		return fmt.Sprintf(`{"errors":[{"message":"Query has complexity of %d, which exceeds max complexity of %d"}]}`, n, limit)
	}
	i.play(t, []step{
		{"anonymous, 200", document(t, "", users(100)), 200, `~"data"`},
		{"anonymous, 202", document(t, "", users(101)), 200, tooMuch(202, 200)},
		{"user, 250", document(t, "terraform", users(125)), 200, `~"data"`},
		{"user, 252", document(t, "terraform", users(126)), 200, tooMuch(252, 250)},
		{"administrator, 300", document(t, "root", users(150)), 200, `~"data"`},
		{"administrator, 302", document(t, "root", users(151)), 200, tooMuch(302, 300)},
		{"a batch adds up, all fail", request{"terraform", post, "/api/graphql", quote(t, []map[string]string{{"query": users(100)}, {"query": users(100)}})}, 200,
			`[` + tooMuch(400, 250) + `,` + tooMuch(400, 250) + `]`},
		{"what a client can ask", document(t, "terraform", `{currentUser{id} queryComplexity{limit score}}`), 200, `~"limit":250`},
	})
	// Fields that lead into each other, none more than twice.
	chain := strings.Fields(`project(fullPath:"acme/app") ciCdSettings project ciJobTokenScopeAllowlist projectsAllowlist nodes sourceProject
		group parent rootNamespace projects(first:1) edges node namespace rootNamespace projects(first:1) edges node rootGroup parent`)
	deep := func(levels int) string {
		return "{" + strings.Join(chain[:levels-1], "{") + "{id" + strings.Repeat("}", levels)
	}
	i.play(t, []step{
		{"depth 20", document(t, "terraform", deep(20)), 200, `~"data"`},
		{"depth 21", document(t, "terraform", deep(21)), 200, `{"errors":[{"message":"Query has depth of 21, which exceeds max depth of 20"}]}`},
		{"anonymous depth 16", document(t, "", deep(16)), 200, `{"errors":[{"message":"Query has depth of 16, which exceeds max depth of 15"}]}`},
	})
}
