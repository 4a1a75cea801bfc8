package credential_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// problem is an error of a plan, as the CLI tells it to programs.
type problem struct {
	Severity, Summary, Detail string
	Snippet                   struct{ Context, Code string }
}

// problems plans and gives the errors by the label of the resource that they are about.
func problems(t *testing.T, cli *acctest.CLI) map[string][]problem {
	t.Helper()
	found := map[string][]problem{}
	for line := range strings.Lines(cli.Run(t, "plan", "-json", "-input=false").Output) {
		var message struct{ Diagnostic problem }
		if err := json.Unmarshal([]byte(line), &message); err != nil || message.Diagnostic.Severity != "error" {
			continue
		}
		label := message.Diagnostic.Snippet.Context
		if parts := strings.Split(label, `"`); len(parts) > 3 {
			label = parts[3]
		}
		found[label] = append(found[label], message.Diagnostic)
	}
	return found
}

// refused is what is wrong with one resource, and what the user is told.
type refused struct {
	kind  kind
	lines []string
	title string
	// at is the beginning of the line that the error points at.
	at    string
	words []string
}

// check plans all of them at once, and fails the test unless each gets its one error and nothing is
// written.
func checkRefused(t *testing.T, g *acctest.GitLab, stages map[string]*stage, cases map[string]refused) {
	t.Helper()
	var config strings.Builder
	for label, c := range cases {
		s := stages[c.kind.name]
		lines := slices.Clone(c.lines)
		for _, otherwise := range []string{`name = "ci"`, fmt.Sprintf("scopes = [%q]", s.scope), "token_in_state = true"} {
			name, _, _ := strings.Cut(otherwise, " =")
			if !slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, name+" ") || line == "no "+name }) {
				lines = append(lines, otherwise)
			}
		}
		lines = slices.DeleteFunc(s.ending(lines), func(line string) bool { return strings.HasPrefix(line, "no ") })
		config.WriteString(s.labelled(label, lines...))
	}
	cli := acctest.NewCLI(t, g, config.String())
	g.ForgetRequests(t)
	found := problems(t, cli)
	for label, c := range cases {
		if len(found[label]) != 1 {
			t.Errorf("%s: want one error, got %+v", label, found[label])
			continue
		}
		got := found[label][0]
		if got.Summary != c.title || !strings.HasPrefix(strings.TrimSpace(got.Snippet.Code), c.at) {
			t.Errorf("%s: %q at %q, want %q at %q: %s", label, got.Summary, got.Snippet.Code, c.title, c.at, got.Detail)
		}
		for _, words := range c.words {
			if !acctest.Says(got.Detail, words) {
				t.Errorf("%s: it does not say %q: %s", label, words, got.Detail)
			}
		}
	}
	for _, label := range slices.Sorted(maps.Keys(found)) {
		if _, wanted := cases[label]; !wanted {
			t.Errorf("%s: %+v", label, found[label])
		}
	}
	if done := writes(t, g); len(done) > 0 {
		t.Errorf("the plan wrote %v", done)
	}
}

func stages(t *testing.T, g *acctest.GitLab) map[string]*stage {
	t.Helper()
	all := map[string]*stage{}
	for _, k := range allKinds {
		all[k.name] = stageIn(t, g, k)
	}
	return all
}

func deliveries(entries ...string) string {
	return "deliveries = { " + strings.Join(entries, ", ") + " }"
}

// TestAccValidation_schema: what can be told without asking GitLab.
func TestAccValidation_schema(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	all := stages(t, g)
	app, root := all["project_deploy_token"].app.Path, g.Root.Path
	ci := func(attributes string) []string {
		return []string{"no token_in_state", deliveries("ci = { " + attributes + " }")}
	}
	cases := map[string]refused{
		"blank_scope":          {projectDeploy, []string{`scopes = [" "]`}, "Invalid Text", "scopes", []string{"is not one line that is not blank"}},
		"no_scope":             {groupAccess, []string{`scopes = []`}, "Invalid Value", "scopes", []string{"scopes is empty. Write at least one"}},
		"bad_username":         {projectDeploy, []string{`username = "a b"`}, "Invalid Text", "username", []string{"letters, digits and . + _ -"}},
		"empty_username":       {groupDeploy, []string{`username = ""`}, "Invalid Text", "username", []string{"letters, digits"}},
		"empty_name":           {projectAccess, []string{`name = ""`}, "Invalid Text", "name", []string{"name is empty"}},
		"blank_name":           {projectDeploy, []string{`name = "  "`}, "Invalid Text", "name", []string{"is not one line that is not blank"}},
		"two_lines":            {groupAccess, []string{`name = "a\nb"`}, "Invalid Text", "name", []string{"is not one line"}},
		"no_end":               {projectAccess, []string{"no expires_at"}, "Invalid Expiry", "resource", []string{"no access token without an end", "expires_at, a date", "every_days", `expires_at = "never"`}},
		"no_end_of_a_trigger":  {groupAccess, []string{`rotation = { overlap_days = 1, trigger = "a" }`}, "Invalid Expiry", "resource", []string{"no access token without an end"}},
		"blank_end":            {groupDeploy, []string{`expires_at = ""`}, "Invalid Expiry", "expires_at", []string{"is not a date such as"}},
		"time_of_day":          {projectAccess, []string{`expires_at = "2099-01-31T12:00:00Z"`}, "Invalid Expiry", "expires_at", []string{"is not a date such as 2027-01-31"}},
		"no_date":              {projectDeploy, []string{`expires_at = "tomorrow"`}, "Invalid Expiry", "expires_at", []string{`"tomorrow" is not a date such as 2027-01-31, or a time such as`}},
		"impossible_date":      {groupAccess, []string{`expires_at = "2099-02-30"`}, "Invalid Expiry", "expires_at", []string{"is not a date"}},
		"E06_no_days":          {projectAccess, []string{rotation(-1, 1)}, "Invalid Value", "rotation", []string{"rotation.every_days is -1", "1 or more"}},
		"F06_no_overlap":       {groupAccess, []string{rotation(1, -1)}, "Invalid Value", "rotation", []string{"rotation.overlap_days is -1", "0 or more"}},
		"too_long":             {projectAccess, []string{rotation(365, 60)}, "Invalid Expiry", "rotation", []string{"longer than 400 days", "together they may be 398 days"}},
		"absurdly_long":        {groupDeploy, []string{rotation(math.MaxInt64, math.MaxInt64)}, "Invalid Expiry", "rotation", []string{"together they may be 36500 days"}},
		"unknown_level":        {groupAccess, []string{`access_level = "boss"`}, "Invalid Value", "access_level", []string{"developer", "maintainer"}},
		"upper_case_level":     {projectAccess, []string{`access_level = "Developer"`}, "Invalid Value", "access_level", []string{"developer"}},
		"project_and_group":    {projectDeploy, ci(fmt.Sprintf(`project = %q, group = %q, key = "TOKEN"`, app, root)), "Exactly One of Two Attributes Is Needed", "deliveries", []string{"exactly one of project and group; there are both", `deliveries["ci"].group`}},
		"neither":              {groupDeploy, ci(`key = "TOKEN"`), "Exactly One of Two Attributes Is Needed", "deliveries", []string{"exactly one of project and group; there is neither"}},
		"bad_key":              {projectAccess, ci(fmt.Sprintf(`project = %q, key = "MY-TOKEN"`, app)), "Invalid CI/CD Variable", "deliveries", []string{`"MY-TOKEN" cannot be the key`}},
		"empty_key":            {groupAccess, ci(fmt.Sprintf(`project = %q, key = ""`, app)), "Invalid CI/CD Variable", "deliveries", []string{"cannot be the key"}},
		"long_environment":     {projectDeploy, ci(fmt.Sprintf(`project = %q, key = "TOKEN", environment_scope = %q`, app, strings.Repeat("x", 256))), "Invalid Text", "deliveries", []string{"has 256 characters. Write 1 to 255"}},
		"unknown_store":        {groupDeploy, ci(fmt.Sprintf(`project = %q, key = "TOKEN", store = "password"`, app)), "Invalid Value", "deliveries", []string{"username"}},
		"empty_label":          {projectDeploy, []string{"no token_in_state", deliveries(fmt.Sprintf(`"" = { project = %q, key = "TOKEN" }`, app))}, "Invalid Text", "deliveries", []string{"A key of deliveries is empty"}},
		"delivery_to_a_url":    {projectDeploy, ci(`project = "https://gitlab.example.com/acme/app", key = "TOKEN"`), "Invalid Project or Group Reference", "deliveries", []string{"it is a URL"}},
		"project_without_path": {projectAccess, ci(`project = "app", key = "TOKEN"`), "Invalid Project or Group Reference", "deliveries", []string{"cannot be a project"}},
	}
	checkRefused(t, g, all, cases)
	if requests, ok := g.Requests(t); ok && requests.Total > 0 {
		t.Errorf("GitLab was asked %v", requests.Counts)
	}
}

// TestAccValidation_both: an expiry beside an interval is one error, which tells what an import writes.
func TestAccValidation_both(t *testing.T) {
	t.Parallel()
	each(t, allKinds, []string{"", "", "E06", "F06"}, func(t *testing.T, s *stage) {
		cli := acctest.NewCLI(t, s.GitLab, s.token(expires("2099-01-31"), rotation(10, 1), s.delivered()))
		found := problems(t, cli)["this"]
		if len(found) != 1 || found[0].Summary != "Invalid Expiry" || !strings.HasPrefix(strings.TrimSpace(found[0].Snippet.Code), "expires_at") {
			t.Fatalf("got %+v", found)
		}
		says(t, found[0].Detail, "Leave expires_at out, which configurations generated for an import write", "leave every_days out")
	})
}

// TestAccValidation_plan: what GitLab, its clock and the other resources tell.
func TestAccValidation_plan(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	all := stages(t, g)
	app := all["project_deploy_token"].app
	hidden := g.Hidden(t, "secret")
	g.Admin(t, http.MethodPost, fmt.Sprintf("/projects/%d/variables", app.ID), map[string]any{"key": "HIDDEN", "value": "longenough", "masked_and_hidden": true}, nil)
	yesterday := g.Clock(t).AddDate(0, 0, -1)
	date, instant := yesterday.Format("2006-01-02"), yesterday.Format("2006-01-02T15:04:05Z")
	today := g.Clock(t).Format("2006-01-02")
	to := func(entries ...string) []string { return []string{"no token_in_state", deliveries(entries...)} }
	past := []string{"has passed", "Write a later one"}
	checkRefused(t, g, all, map[string]refused{
		"C01_C02":       {projectDeploy, []string{expires(instant)}, "Invalid Expiry", "expires_at", past},
		"D01_D02":       {groupDeploy, []string{expires(instant)}, "Invalid Expiry", "expires_at", past},
		"past_date":     {projectDeploy, []string{expires(date)}, "Invalid Expiry", "expires_at", past},
		"too_far":       {projectAccess, []string{expires(g.Clock(t).AddDate(0, 0, 401).Format("2006-01-02"))}, "Invalid Expiry", "expires_at", []string{"is too far away", "365 days", "400 at most"}},
		"today":         {projectAccess, []string{expires(today)}, "Invalid Expiry", "expires_at", append(past, "a date begins at midnight UTC")},
		"F07":           {groupAccess, []string{expires(date)}, "Invalid Expiry", "expires_at", past},
		"nowhere":       {projectDeploy, []string{"no token_in_state"}, "Token Would Go Nowhere", "resource", []string{"Name a CI/CD variable for it in deliveries", "token_in_state = true"}},
		"nowhere_false": {groupAccess, []string{"token_in_state = false"}, "Token Would Go Nowhere", "resource", []string{"deliveries"}},
		"name_only": {groupDeploy, to(fmt.Sprintf(`who = { project = %q, key = "WHO", store = "username" }`, app.Path)),
			"Token Would Go Nowhere", "deliveries", []string{"Name a CI/CD variable for it"}},
		"two_into_one": {projectDeploy, to(fmt.Sprintf(`a = { project = %q, key = "ONE" }`, app.Path), fmt.Sprintf(`b = { project = "%d", key = "ONE", environment_scope = "*" }`, app.ID)),
			"Invalid CI/CD Variable", "deliveries", []string{`The deliveries "a" and "b" both go into ONE of project ` + app.Path, "another key or environment scope"}},
		"hidden_there": {projectAccess, to(fmt.Sprintf(`a = { project = %q, key = "HIDDEN" }`, app.Path)),
			"Unable to Deliver Token to CI/CD Variable", "deliveries", []string{"hidden = true", "delete it first"}},
		"short_username": {projectDeploy, append(to(fmt.Sprintf(`a = { project = %q, key = "TWO" }`, app.Path), fmt.Sprintf(`b = { project = %q, key = "WHO", store = "username", masked = true }`, app.Path)), `username = "ci"`),
			"Invalid CI/CD Variable", "deliveries", []string{"cannot mask the user name", "Set masked = false"}},
		"delivery_out_of_sight": {groupAccess, to(fmt.Sprintf(`a = { project = %q, key = "THREE" }`, hidden.Path)),
			"Unable to Find Project", "deliveries", []string{"Check the spelling"}},
	})
}

// TestAccValidation_unknownParent: a project or group that is not there.
func TestAccValidation_unknownParent(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	var config strings.Builder
	for _, k := range allKinds {
		s := &stage{GitLab: g, kind: k, path: "acme/nowhere"}
		config.WriteString(s.token("token_in_state = true"))
	}
	found := problems(t, acctest.NewCLI(t, g, config.String()))["this"]
	if len(found) != 4 {
		t.Fatalf("got %+v", found)
	}
	for _, p := range found {
		name, _, _ := strings.Cut(strings.TrimSpace(p.Snippet.Code), " ")
		if !strings.HasPrefix(p.Summary, "Unable to Find ") || name != "project" && name != "group" || !acctest.Says(p.Detail, "Check the spelling") {
			t.Errorf("got %+v", p)
		}
	}
}

// TestAccValidation_caller: what GitLab would refuse the provider's user, by role and by what it is.
func TestAccValidation_caller(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		role  acctest.Role
		cases map[string]refused
	}{
		"Developer": {acctest.Developer, map[string]refused{
			"deploy_token_as_developer": {projectDeploy, nil, "Unable to Create Token", "project", []string{"needs the Maintainer role", "has the role developer"}},
			"access_token_as_developer": {projectAccess, nil, "Unable to Create Token", "project", []string{"needs the Maintainer role", "has the role developer"}},
		}},
		"Maintainer": {acctest.Maintainer, map[string]refused{
			"group_deploy_token_as_maintainer": {groupDeploy, nil, "Unable to Create Token", "group", []string{"needs the Owner role", "has the role maintainer"}},
			"group_access_token_as_maintainer": {groupAccess, nil, "Unable to Create Token", "group", []string{"needs the Owner role", "has the role maintainer"}},
			"above_oneself":                    {projectAccess, []string{`access_level = "owner"`}, "Unable to Create Token", "access_level", []string{"has the role maintainer", "no token more than that"}},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			all := stages(t, g)
			g.SetRole(t, "groups", g.Root.ID, g.User, c.role)
			checkRefused(t, g, all, c.cases)
		})
	}
	t.Run("no role", func(t *testing.T) {
		t.Parallel()
		g := acctest.New(t)
		s := stageIn(t, g, projectDeploy)
		g.Admin(t, http.MethodPut, fmt.Sprintf("/groups/%d", g.Root.ID), map[string]any{"visibility": "public"}, nil)
		g.Admin(t, http.MethodPut, fmt.Sprintf("/projects/%d", s.id), map[string]any{"visibility": "public"}, nil)
		g.Expel(t, "groups", g.Root.ID, g.User)
		checkRefused(t, g, map[string]*stage{s.name: s}, map[string]refused{
			"stranger": {projectDeploy, nil, "Unable to Create Token", "project", []string{"needs the Maintainer role", "has no role"}},
		})
	})
	t.Run("a bot", func(t *testing.T) {
		t.Parallel()
		g := acctest.New(t)
		all := stages(t, g)
		var made struct{ Token string }
		g.Admin(t, http.MethodPost, fmt.Sprintf("/groups/%d/access_tokens", g.Root.ID), map[string]any{"name": "bot", "scopes": []string{"api"}, "access_level": 50, "expires_at": g.Clock(t).AddDate(0, 0, 30).Format("2006-01-02")}, &made)
		g.Token = made.Token
		checkRefused(t, g, all, map[string]refused{
			"project_token_by_a_bot": {projectAccess, nil, "Unable to Create Token", "project", []string{"bot user", "personal access token of a user"}},
			"group_token_by_a_bot":   {groupAccess, nil, "Unable to Create Token", "group", []string{"bot user", "personal access token of a user"}},
		})
		// Deploy tokens are no matter to it.
		s := all["project_deploy_token"]
		cli := acctest.NewCLI(t, g, s.token(s.delivered()))
		cli.Apply(t, 0)
		cli.Plan(t, acctest.NoChanges)
	})
}

// TestAccUnknown: what another resource tells only in the apply. E03 and F03: an expiry that is not known
// at plan, first and when it changes, and when it turns out to be the same after all.
func TestAccUnknown_expiry(t *testing.T) {
	t.Parallel()
	each(t, allKinds, []string{"", "", "E03", "F03"}, func(t *testing.T, s *stage) {
		config := func(days int, trigger string) string {
			return fmt.Sprintf("resource \"terraform_data\" \"end\" {\n  input = %q\n  triggers_replace = %q\n}\n", s.inDays(t, days), trigger) +
				s.token(s.delivered(), "expires_at = terraform_data.end.output")
		}
		first := config(300, "a")
		cli := acctest.NewCLI(t, s.GitLab, first)
		cli.Apply(t, 0)
		cli.Plan(t, acctest.NoChanges)
		old := tokenID(t, cli, s.address())
		// The same again, not known at plan.
		cli.Configure(t, strings.Replace(first, `"a"`, `"b"`, 1))
		cli.Apply(t, 0)
		cli.Plan(t, acctest.NoChanges)
		same := tokenID(t, cli, s.address())
		if same != old {
			t.Errorf("the token was %d and is %d", old, same)
		}
		later := config(305, "b")
		cli.Configure(t, later)
		cli.Apply(t, 0)
		cli.Plan(t, acctest.NoChanges)
		if id := tokenID(t, cli, s.address()); id == same || !slices.Equal(s.live(t), []int64{id}) {
			t.Errorf("the tokens were %d and %d; live are %v", same, id, s.live(t))
		}
		// A date that has passed is noticed in the apply, before a token is made.
		cli.Configure(t, config(-3, "b"))
		before := s.live(t)
		if output := cli.Apply(t, 1); acctest.Says(output, "inconsistent") || !slices.Equal(s.live(t), before) {
			t.Errorf("live are %v, before %v:\n%s", s.live(t), before, output)
		}
	})
}

// TestAccUnknown_rotation: the interval and the overlap are known only in the apply, where nothing else
// changes, and where a new token is made.
func TestAccUnknown_rotation(t *testing.T) {
	t.Parallel()
	each(t, []kind{projectDeploy, projectAccess}, nil, func(t *testing.T, s *stage) {
		config := func(every, overlap int, name string) string {
			return fmt.Sprintf("resource \"terraform_data\" \"days\" {\n  input = { every = %d, overlap = %d }\n}\n", every, overlap) +
				s.token(s.delivered(), fmt.Sprintf("name = %q", name), "rotation = { every_days = terraform_data.days.output.every, overlap_days = terraform_data.days.output.overlap }")
		}
		cli := acctest.NewCLI(t, s.GitLab, config(30, 2, "ci"))
		cli.Apply(t, 0)
		cli.Plan(t, acctest.NoChanges)
		first := tokenID(t, cli, s.address())
		cli.Configure(t, config(20, 1, "ci"))
		cli.Apply(t, 0)
		cli.Plan(t, acctest.NoChanges)
		holds(t, cli, s.address(), map[string]any{"token_id": float64(first)})
		cli.Configure(t, config(40, 3, "renamed"))
		cli.Apply(t, 0)
		cli.Plan(t, acctest.NoChanges)
		holds(t, cli, s.address(), map[string]any{"previous_token_ids": []any{float64(first)}})
	})
}

// TestAccUnknown_deliveries: where a delivery goes, or which there are, is known only in the apply.
func TestAccUnknown_deliveries(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]func(app, key string) string{
		"the project": func(app, key string) string {
			return fmt.Sprintf("resource \"terraform_data\" \"to\" {\n  input = %q\n}\n", app) +
				fmt.Sprintf("locals {\n  deliveries = { ci = { project = terraform_data.to.output, key = %q } }\n}\n", key)
		},
		"the key": func(app, key string) string {
			return fmt.Sprintf("resource \"terraform_data\" \"to\" {\n  input = %q\n}\n", key) +
				fmt.Sprintf("locals {\n  deliveries = { ci = { project = %q, key = terraform_data.to.output } }\n}\n", app)
		},
		"the whole map": func(app, key string) string {
			return fmt.Sprintf("resource \"terraform_data\" \"to\" {\n  input = { ci = { project = %q, key = %q } }\n}\n", app, key) +
				"locals {\n  deliveries = terraform_data.to.output\n}\n"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			app := g.Project(t, "app")
			projects, groups := stageIn(t, g, projectDeploy), stageIn(t, g, groupAccess)
			config := func(first, second string) string {
				return of(app.Path, first) + projects.token("deliveries = local.deliveries") +
					strings.NewReplacer("terraform_data.to", "terraform_data.other", `"terraform_data" "to"`, `"terraform_data" "other"`, "locals {\n  deliveries", "locals {\n  others").Replace(of(app.Path, second)) +
					groups.token("deliveries = local.others")
			}
			cli := acctest.NewCLI(t, g, config("ONE", "TWO"))
			cli.Apply(t, 0)
			cli.Plan(t, acctest.NoChanges)
			cli.Configure(t, config("THREE", "FOUR"))
			cli.Apply(t, 0)
			cli.Plan(t, acctest.NoChanges)
			if len(projects.live(t)) != 1 || len(groups.live(t)) != 1 {
				t.Errorf("live are %v and %v", projects.live(t), groups.live(t))
			}
			var keys []string
			for _, v := range g.Variables(t, "projects", app.ID) {
				keys = append(keys, v.Key)
			}
			if slices.Sort(keys); !slices.Equal(keys, []string{"FOUR", "THREE"}) {
				t.Errorf("the variables are %v", keys)
			}
		})
	}
}

// TestAccUnknown_parent: the project is known only in the apply.
func TestAccUnknown_parent(t *testing.T) {
	t.Parallel()
	each(t, allKinds, nil, func(t *testing.T, s *stage) {
		config := fmt.Sprintf("resource \"terraform_data\" \"of\" {\n  input = %q\n  triggers_replace = \"a\"\n}\n", s.path) +
			strings.Replace(s.token(s.delivered()), fmt.Sprintf("= %q", s.path), "= terraform_data.of.output", 1)
		cli := acctest.NewCLI(t, s.GitLab, config)
		cli.Apply(t, 0)
		cli.Plan(t, acctest.NoChanges)
		cli.Configure(t, strings.Replace(config, `"a"`, `"b"`, 1))
		cli.Apply(t, 0)
		cli.Plan(t, acctest.NoChanges)
		if live := s.live(t); !slices.Equal(live, []int64{tokenID(t, cli, s.address())}) {
			t.Errorf("live are %v", live)
		}
		// Another one after all: Terraform stops the apply before anything is written.
		group := s.Group(t, "elsewhere", &s.Root)
		other := group.Path
		if s.parent == "project" {
			other = s.ProjectIn(t, group, "other").Path
		}
		cli.Configure(t, strings.Replace(config, fmt.Sprintf("input = %q", s.path), fmt.Sprintf("input = %q", other), 1))
		s.ForgetRequests(t)
		cli.Apply(t, 1)
		if done := writes(t, s.GitLab); len(done) > 0 {
			t.Errorf("the apply wrote %v", done)
		}
		// Known by now, it is replaced.
		cli.Apply(t, 0)
		if live := s.live(t); len(live) != 0 {
			t.Errorf("live are %v", live)
		}
	})
}
