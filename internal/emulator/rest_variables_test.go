package emulator_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator"
)

const (
	projectVariables = "/api/v4/projects/1/variables"
	groupVariables   = "/api/v4/groups/5/variables"
)

// shown is a variable as the API shows it, with some fields other than the defaults.
func shown(t *testing.T, fields map[string]any) string {
	t.Helper()
	entity := map[string]any{
		"variable_type": "env_var", "key": "TOKEN", "value": "secret-1", "hidden": false, "protected": false, "masked": false,
		"raw": false, "environment_scope": "*", "description": nil,
	}
	for name, value := range fields {
		entity[name] = value
	}
	return quote(t, entity)
}

type fields = map[string]any

// Both kinds of containers take a variable through the same life.
func TestVariableLife(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ as, path, byPath, missing string }{
		"project": {"terraform", projectVariables, "/api/v4/projects/acme%2Fshared-lib/variables", `{"message":"404 Variable Not Found"}`},
		"group":   {"root", groupVariables, "/api/v4/groups/acme/variables", `{"message":"404 GroupVariable Not Found"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := fields{"description": "why", "masked": true, "protected": true, "raw": true, "variable_type": "file"}
			i := start(t, emulator.Options{Seed: "acme"})
			i.play(t, []step{
				{"empty list", request{c.as, get, c.path, ""}, 200, `[]`},
				{"create", request{c.as, post, c.path, `{"key":"TOKEN","value":"secret-1"}`}, 201, shown(t, nil)},
				{"read", request{c.as, get, c.byPath + "/TOKEN", ""}, 200, shown(t, nil)},
				{"create again", request{c.as, post, c.path, `{"key":"TOKEN","value":"x"}`}, 400, `{"message":{"key":["(TOKEN) has already been taken"]}}`},
				{"letter case is another key", request{c.as, post, c.path, `{"key":"token","value":""}`}, 201, shown(t, fields{"key": "token", "value": ""})},
				{"list", request{c.as, get, c.path, ""}, 200, `[` + shown(t, nil) + `,` + shown(t, fields{"key": "token", "value": ""}) + `]`},
				{"change everything", request{c.as, put, c.path + "/TOKEN", `{"key":"OTHER","description":"why","masked":true,"protected":true,"raw":true,"variable_type":"file","hidden":true,"masked_and_hidden":true}`}, 200, shown(t, all)},
				{"change nothing", request{c.as, put, c.path + "/TOKEN", ``}, 200, shown(t, all)},
				{"change the value", request{c.as, put, c.path + "/TOKEN", `{"value":"secret-2"}`}, 200, `~"value":"secret-2"`},
				{"a value that cannot be masked", request{c.as, put, c.path + "/TOKEN", `{"value":"short"}`}, 400, `{"message":{"value":["is invalid"]}}`},
				{"unmask", request{c.as, put, c.path + "/TOKEN", `{"masked":false,"value":"short"}`}, 200, `~"value":"short"`},
				{"the new key does not exist", request{c.as, get, c.path + "/OTHER", ""}, 404, c.missing},
				{"update what is missing", request{c.as, put, c.path + "/OTHER", `{"value":"x"}`}, 404, c.missing},
				{"delete what is missing", request{c.as, del, c.path + "/OTHER", ""}, 404, c.missing},
				{"delete", request{c.as, del, c.path + "/TOKEN", ""}, 204, ``},
				{"delete again", request{c.as, del, c.path + "/TOKEN", ""}, 404, c.missing},
				{"hidden", request{c.as, post, c.path, `{"key":"TOKEN","value":"secret-1","masked":false,"masked_and_hidden":true}`}, 201, shown(t, fields{"value": nil, "hidden": true, "masked": true})},
				{"stays masked", request{c.as, put, c.path + "/TOKEN", `{"masked":false}`}, 400, `{"message":{"base":["The visibility setting cannot be changed for masked and hidden variables."]}}`},
				{"takes a value", request{c.as, put, c.path + "/TOKEN", `{"value":"secret-2","masked":true,"hidden":false}`}, 200, shown(t, fields{"value": nil, "hidden": true, "masked": true})},
				{"is never shown", request{c.as, get, c.path + "/TOKEN", ""}, 200, shown(t, fields{"value": nil, "hidden": true, "masked": true})},
				{"not in the list either", request{c.as, get, c.path, ""}, 200, `[` + shown(t, fields{"key": "token", "value": ""}) + `,` + shown(t, fields{"value": nil, "hidden": true, "masked": true}) + `]`},
			})
			header := i.must(t, request{c.as, get, c.path + "?per_page=1&page=2", ""}).header
			if header.Get("X-Total") != "2" || header.Get("X-Next-Page") != "" || header.Get("X-Prev-Page") != "1" {
				t.Errorf("paging headers %v", header)
			}
		})
	}
}

func TestVariablesThatAreRefused(t *testing.T) {
	t.Parallel()
	const scopeText = "can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', '*' and spaces"
	i := start(t, emulator.Options{Seed: "acme"})
	for name, c := range map[string]struct{ body, want string }{
		"no key":               {`{"value":"x"}`, `{"error":"key is missing"}`},
		"no value":             {`{"key":"A"}`, `{"error":"value is missing"}`},
		"nothing":              {`{}`, `{"error":"key is missing, value is missing"}`},
		"empty key":            {`{"key":" ","value":"x"}`, `{"message":{"key":["can't be blank","can contain only letters, digits and '_'."]}}`},
		"key with a dash":      {`{"key":"A-B","value":"x"}`, `{"message":{"key":["can contain only letters, digits and '_'."]}}`},
		"long key":             {`{"key":"` + strings.Repeat("A", 256) + `","value":"x"}`, `{"message":{"key":["is too long (maximum is 255 characters)"]}}`},
		"long description":     {`{"key":"A","value":"x","description":"` + strings.Repeat("é", 256) + `"}`, `{"message":{"description":["is too long (maximum is 255 characters)"]}}`},
		"unknown type":         {`{"key":"A","value":"x","variable_type":"secret"}`, `{"error":"variable_type does not have a valid value"}`},
		"no boolean":           {`{"key":"A","value":"x","masked":"maybe","raw":2}`, `{"error":"masked is invalid, raw is invalid"}`},
		"no text":              {`{"key":"A","value":["x"]}`, `{"error":"value is invalid"}`},
		"no scope":             {`{"key":"A","value":"x","environment_scope":""}`, `{"message":{"environment_scope":["can't be blank","` + scopeText + `"]}}`},
		"bad scope":            {`{"key":"A","value":"x","environment_scope":"a,b"}`, `{"message":{"environment_scope":["` + scopeText + `"]}}`},
		"masked, too short":    {`{"key":"A","value":"1234567","masked":true}`, `{"message":{"value":["is invalid"]}}`},
		"masked, no value":     {`{"key":"A","value":null,"masked":true}`, `{"message":{"value":["is invalid"]}}`},
		"masked, special":      {`{"key":"A","value":"1234567$","masked":true}`, `{"message":{"value":["is invalid"]}}`},
		"masked, two lines":    {`{"key":"A","value":"12345678\n12345678","masked":true,"raw":true}`, `{"message":{"value":["is invalid"]}}`},
		"masked, raw, a space": {`{"key":"A","value":"1234 5678","masked":true,"raw":true}`, `{"message":{"value":["is invalid"]}}`},
		"hidden, too short":    {`{"key":"A","value":"1234567","masked_and_hidden":true}`, `{"message":{"value":["is invalid"]}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i.play(t, []step{{name, request{"terraform", post, projectVariables, c.body}, 400, c.want}})
		})
	}
}

func TestMaskedVariables(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme"})
	for key, c := range map[string]struct {
		value string
		raw   bool
	}{
		"TOKEN":  {"glpat-aB_9=/+@:.~", false},
		"EIGHT":  {"12345678", false},
		"RAW":    {"$1'\"{}^&", true},
		"UMLAUT": {"ääääääää", true},
	} {
		i.play(t, []step{{key, request{"terraform", post, projectVariables, quote(t, fields{"key": key, "value": c.value, "raw": c.raw, "masked": true})}, 201, `~"masked":true`}})
	}
}

func TestVariableScopes(t *testing.T) {
	t.Parallel()
	const ambiguous = `{"message":"There are multiple variables with provided parameters. Please use 'filter[environment_scope]'"}`
	in := func(scope string) string { return "?" + url.Values{"filter[environment_scope]": {scope}}.Encode() }
	create := func(scope string) request {
		return request{"terraform", post, projectVariables, quote(t, fields{"key": "TOKEN", "value": scope, "environment_scope": scope})}
	}
	var (
		staging    = shown(t, fields{"value": "staging", "environment_scope": "staging"})
		production = shown(t, fields{"value": "new", "environment_scope": "review/*"})
	)
	start(t, emulator.Options{Seed: "acme"}).play(t, []step{
		{"one scope", create("staging"), 201, staging},
		{"found without a filter", request{"terraform", get, projectVariables + "/TOKEN", ""}, 200, staging},
		{"another scope", create(" review/* "), 201, `~"environment_scope":"review/*"`},
		{"the same scope", create("staging"), 400, `{"message":{"key":["(TOKEN) has already been taken"]}}`},
		{"read", request{"terraform", get, projectVariables + "/TOKEN", ""}, 409, ambiguous},
		{"update", request{"terraform", put, projectVariables + "/TOKEN", `{"value":"new"}`}, 409, ambiguous},
		{"delete", request{"terraform", del, projectVariables + "/TOKEN", ""}, 409, ambiguous},
		{"blank filter", request{"terraform", get, projectVariables + "/TOKEN" + in(" "), ""}, 409, ambiguous},
		{"read by scope", request{"terraform", get, projectVariables + "/TOKEN" + in("staging"), ""}, 200, staging},
		{"literal brackets", request{"terraform", get, projectVariables + "/TOKEN?filter[environment_scope]=staging", ""}, 200, staging},
		{"a filter that is none", request{"terraform", get, projectVariables + "/TOKEN?filter=staging", ""}, 400, `{"error":"filter is invalid"}`},
		{"scope that matches but is another", request{"terraform", get, projectVariables + "/TOKEN" + in("review/1"), ""}, 404, `{"message":"404 Variable Not Found"}`},
		{"update in the body", request{"terraform", put, projectVariables + "/TOKEN", `{"value":"new","filter":{"environment_scope":"review/*"}}`}, 200, production},
		{"move onto another", request{"terraform", put, projectVariables + "/TOKEN" + in("review/*"), `{"environment_scope":"staging"}`}, 400, `{"message":{"key":["(TOKEN) has already been taken"]}}`},
		{"delete by scope", request{"terraform", del, projectVariables + "/TOKEN" + in("staging"), ""}, 204, ``},
		{"the other stays", request{"terraform", get, projectVariables, ""}, 200, `[` + production + `]`},
		{"and moves", request{"terraform", put, projectVariables + "/TOKEN", `{"environment_scope":"*"}`}, 200, shown(t, fields{"value": "new"})},
	})
}

// Without a licence every scope of a group's variable is "*"; with one, PUT takes
// the oldest variable where GET and DELETE want a filter.
func TestGroupVariableScopes(t *testing.T) {
	t.Parallel()
	create := func(scope string) request {
		return request{"root", post, groupVariables, quote(t, fields{"key": "TOKEN", "value": "secret-1", "environment_scope": scope})}
	}
	change := func(query string) request {
		return request{"root", put, groupVariables + "/TOKEN" + query, `{"value":"new"}`}
	}
	start(t, emulator.Options{Seed: "acme"}).play(t, []step{
		{"ignored", create("staging"), 201, shown(t, nil)},
		{"so another scope is taken", create("production"), 400, `{"message":{"key":["(TOKEN) has already been taken"]}}`},
		{"ignored again", request{"root", put, groupVariables + "/TOKEN", `{"environment_scope":"staging"}`}, 200, shown(t, nil)},
	})
	start(t, emulator.Options{Seed: "acme", Flip: []string{"group-environment-scopes"}}).play(t, []step{
		{"staging", create("staging"), 201, shown(t, fields{"environment_scope": "staging"})},
		{"production", create("production"), 201, shown(t, fields{"environment_scope": "production"})},
		{"read without a filter", request{"root", get, groupVariables + "/TOKEN", ""}, 409, `~filter[environment_scope]`},
		{"read", request{"root", get, groupVariables + "/TOKEN?filter[environment_scope]=production", ""}, 200, `~"environment_scope":"production"`},
		{"update without a filter", change(""), 200, shown(t, fields{"value": "new", "environment_scope": "staging"})},
		{"update", change("?filter[environment_scope]=production"), 200, shown(t, fields{"value": "new", "environment_scope": "production"})},
		{"update with a filter for nothing", change("?filter[environment_scope]=x"), 200, shown(t, fields{"value": "new", "environment_scope": "staging"})},
		{"update with a blank filter", change("?filter[environment_scope]="), 409, `~There are multiple variables`},
		{"delete without a filter", request{"root", del, groupVariables + "/TOKEN", ""}, 409, `~There are multiple variables`},
		{"delete", request{"root", del, groupVariables + "/TOKEN?filter[environment_scope]=staging", ""}, 204, ``},
	})
}

func TestVariableRights(t *testing.T) {
	t.Parallel()
	const hiddenProject, hiddenGroup = `{"message":"404 Project Not Found"}`, `{"message":"404 Group Not Found"}`
	i := start(t, emulator.Options{Seed: "acme"})
	i.must(t, request{"root", post, projectVariables, `{"key":"A","value":"x"}`})
	i.must(t, request{"root", post, groupVariables, `{"key":"A","value":"x"}`})
	reader := decode[struct{ Token string }](t, i.must(t, request{"root", post, "/api/v4/users/1/personal_access_tokens", `{"name":"reader","scopes":["read_api"]}`}).body).Token
	for _, c := range []struct{ path, tooLow, hidden string }{
		{projectVariables, "dev", hiddenProject}, {groupVariables, "terraform", hiddenGroup},
	} {
		for _, call := range []struct{ method, path string }{
			{get, c.path}, {post, c.path}, {get, c.path + "/A"}, {put, c.path + "/A"}, {del, c.path + "/A"}, {get, c.path + "/NONE"},
		} {
			name := call.method + " " + call.path
			i.play(t, []step{
				{name + " anonymous", request{"", call.method, call.path, ""}, 401, `{"message":"401 Unauthorized"}`},
				{name + " too low", request{c.tooLow, call.method, call.path, ""}, 403, `{"message":"403 Forbidden"}`},
				{name + " hidden", request{"mallory", call.method, call.path, ""}, 404, c.hidden},
			})
		}
		i.play(t, []step{
			{"read_api reads", request{reader, get, c.path + "/A", ""}, 200, `~"key":"A"`},
			{"read_api does not write", request{reader, del, c.path + "/A", ""}, 403, `~insufficient_scope`},
		})
	}
}

func TestVariablesGoWithTheirContainer(t *testing.T) {
	t.Parallel()
	// 17.11 deletes at once.
	i := start(t, emulator.Options{Seed: "acme", Version: "17.11"})
	for _, path := range []string{projectVariables, groupVariables} {
		i.must(t, request{"root", post, path, `{"key":"A","value":"x"}`})
	}
	i.must(t, request{"root", del, "/api/v4/groups/5", ""})
	i.must(t, request{"root", post, "/api/v4/groups", `{"name":"acme","path":"acme"}`})
	i.play(t, []step{
		{"the new group has none", request{"root", get, "/api/v4/groups/acme/variables", ""}, 200, `[]`},
		{"the old project is gone", request{"root", get, projectVariables, ""}, 404, `{"message":"404 Project Not Found"}`},
	})
}

// Deleting a group's variable honours If-Unmodified-Since, a project's does not.
func TestVariableModifiedSince(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	i := start(t, emulator.Options{Seed: "acme", Now: func() time.Time { return now }})
	for _, c := range []struct {
		path   string
		since  time.Time
		status int
	}{
		{groupVariables, now.Add(-time.Second), http.StatusPreconditionFailed},
		{groupVariables, now, http.StatusNoContent},
		{projectVariables, now.Add(-time.Second), http.StatusNoContent},
	} {
		i.send(t, request{"root", post, c.path, `{"key":"A","value":"x"}`})
		call, err := http.NewRequestWithContext(t.Context(), del, i.URL()+c.path+"/A", nil)
		if err != nil {
			t.Fatal(err)
		}
		call.Header.Set("Private-Token", i.AdminToken())
		call.Header.Set("If-Unmodified-Since", c.since.Format(http.TimeFormat))
		answer, err := http.DefaultClient.Do(call)
		if err != nil {
			t.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil || answer.StatusCode != c.status {
			t.Errorf("%s since %s: status %d, want %d (%v)", c.path, c.since, answer.StatusCode, c.status, err)
		}
	}
}

// Below 18.0 the flags of group variables are texts: any text hides a variable,
// and any that does not mean false masks it.
func TestGroupVariableFlagsAsText(t *testing.T) {
	t.Parallel()
	i := start(t, emulator.Options{Seed: "acme", Version: "17.11"})
	for number, c := range []struct{ body, want string }{
		{`"masked":"maybe"`, `"masked":true`},
		{`"masked":"OFF","protected":1,"raw":"f"`, `"protected":true,"masked":false,"raw":false`},
		{`"masked":""`, `"masked":false`},
		{`"masked_and_hidden":false`, `"hidden":true`},
	} {
		body := fmt.Sprintf(`{"key":"A%d","value":"secret-1",%s}`, number, c.body)
		i.play(t, []step{{c.body, request{"root", post, groupVariables, body}, 201, `~` + c.want}})
	}
}
