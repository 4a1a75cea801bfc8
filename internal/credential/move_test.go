package credential_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// oldToken is a token made by hand with its secret, as the official provider keeps it.
func (s *stage) oldToken(t *testing.T, expiresAt string) (id int64, attributes map[string]any, secret string) {
	t.Helper()
	body := map[string]any{"name": "moved-token", "scopes": []string{s.scope}, "expires_at": expiresAt}
	if s.access() {
		body["access_level"], body["description"] = 30, "of the pipeline"
	}
	var made struct {
		acctest.Token
		Secret string `json:"token"`
	}
	s.Admin(t, http.MethodPost, fmt.Sprintf("/%s/%d/%s", s.of, s.id, s.tokens), body, &made)
	attributes = map[string]any{"name": "moved-token", "scopes": []string{s.scope}, "token": made.Secret, "expires_at": expiresAt}
	if s.access() {
		maps.Copy(attributes, map[string]any{
			"access_level": "developer", "description": "of the pipeline", "active": true, "revoked": false, "created_at": "2026-01-01T00:00:00Z",
			"user_id": made.UserID, "validate_past_expiration_date": nil, "rotation_configuration": nil,
		})
	} else {
		attributes["username"] = made.Username
	}
	return made.ID, attributes, made.Secret
}

var privateState = regexp.MustCompile(`"private": "([^"]*)"`)

// holdsNowhere fails the test if the state or the private state hold a secret.
func holdsNowhere(t *testing.T, cli *acctest.CLI, secret string) {
	t.Helper()
	text := stateFile(t, cli)
	for _, private := range privateState.FindAllStringSubmatch(text, -1) {
		decoded, err := base64.StdEncoding.DecodeString(private[1])
		if err != nil {
			t.Fatal(err)
		}
		text += string(decoded)
	}
	if secret == "" || strings.Contains(text, secret) {
		t.Errorf("the secret %q is in the state", secret)
	}
}

// moves applies a move and fails the test unless nothing is planned beside it. Not refreshed, Terraform
// shows an update of a moved state in which nothing changes: it finds no note there that the attribute
// token is sensitive. It writes the note down without asking the provider.
func moves(t *testing.T, cli *acctest.CLI, s *stage, from string, refresh bool) {
	t.Helper()
	if refresh {
		says(t, cli.Apply(t, 0), from+".old has moved to "+s.address(), "0 to add, 0 to change, 0 to destroy")
		return
	}
	planned := cli.PlanJSON(t, "-refresh=false")
	if len(planned.ResourceChanges) != 1 {
		t.Fatalf("planned are %d changes", len(planned.ResourceChanges))
	}
	one := planned.ResourceChanges[0]
	if one.PreviousAddress != from+".old" || one.Address != s.address() || one.Change.Actions.Create() || one.Change.Actions.Delete() || one.Change.Actions.Replace() {
		t.Errorf("%s becomes %s by %v", one.PreviousAddress, one.Address, one.Change.Actions)
	}
	if !reflect.DeepEqual(one.Change.Before, one.Change.After) {
		t.Errorf("it changes\n%v into\n%v", one.Change.Before, one.Change.After)
	}
	cli.ApplySaved(t, 0)
}

// TestAccMove: states of the official provider's token resources move without a write and with an empty
// plan, refreshed or not. The secret stays behind. The next change makes one token and ends the old one.
func TestAccMove(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind     kind
		from     string
		byNumber bool
		// id is what the old state has as its id, of the parent as typed and the token.
		id      string
		refresh bool
	}{
		"C06 gitlab_deploy_token of a project":                {projectDeploy, "gitlab_deploy_token", true, "project:%s:%d", true},
		"C06 gitlab_deploy_token of a project, not refreshed": {projectDeploy, "gitlab_deploy_token", false, "project:%s:%d", false},
		"C06 gitlab_deploy_token of before 16.0":              {projectDeploy, "gitlab_deploy_token", true, "%[2]d", true},
		"D05 gitlab_deploy_token of a group":                  {groupDeploy, "gitlab_deploy_token", true, "group:%s:%d", true},
		"D05 gitlab_deploy_token of a group, not refreshed":   {groupDeploy, "gitlab_deploy_token", true, "group:%s:%d", false},
		"gitlab_project_deploy_token":                         {projectDeploy, "gitlab_project_deploy_token", false, "%s:%d", true},
		"gitlab_project_deploy_token, not refreshed":          {projectDeploy, "gitlab_project_deploy_token", true, "%s:%d", false},
		"gitlab_group_deploy_token":                           {groupDeploy, "gitlab_group_deploy_token", true, "%s:%d", true},
		"gitlab_group_deploy_token, not refreshed":            {groupDeploy, "gitlab_group_deploy_token", false, "%s:%d", false},
		"gitlab_project_access_token":                         {projectAccess, "gitlab_project_access_token", true, "%s:%d", true},
		"gitlab_project_access_token, not refreshed":          {projectAccess, "gitlab_project_access_token", false, "%s:%d", false},
		"gitlab_group_access_token":                           {groupAccess, "gitlab_group_access_token", false, "%s:%d", true},
		"gitlab_group_access_token, not refreshed":            {groupAccess, "gitlab_group_access_token", true, "%s:%d", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, c.kind)
			at := s.inDays(t, 30)
			old, attributes, secret := s.oldToken(t, at)
			typed := s.path
			if c.byNumber {
				typed = strconv.FormatInt(s.id, 10)
			}
			attributes[s.parent], attributes["id"] = typed, fmt.Sprintf(c.id, typed, old)
			switch {
			case c.from == "gitlab_deploy_token":
				attributes["deploy_token_id"] = old
				for _, parent := range []string{"project", "group"} {
					if parent != s.parent {
						attributes[parent] = nil
					}
				}
			case !s.access():
				maps.Copy(attributes, map[string]any{"expired": false, "revoked": false, "validate_past_expiration_date": false})
			}
			lines := []string{`name = "moved-token"`, expires(at)}
			if s.access() {
				lines = append(lines, `access_level = "developer"`, `description = "of the pipeline"`)
			}
			move := fmt.Sprintf("moved {\n  from = %s.old\n  to   = %s\n}\n", c.from, s.address())
			cli := acctest.NewCLI(t, s.GitLab, s.token(lines...)+move)
			cli.FromOfficial(t, c.from, 0, attributes)
			cli.SecretsInState() // the old one
			s.ForgetRequests(t)
			moves(t, cli, s, c.from, c.refresh)
			if done := writes(t, s.GitLab); len(done) > 0 {
				t.Errorf("the move wrote %v", done)
			}
			holdsNowhere(t, cli, secret)
			cli.Plan(t, acctest.NoChanges)

			cli.Configure(t, s.token(append(lines, s.delivered())...)+move)
			says(t, cli.Apply(t, 0), "Token Is Made Anew", "0 to add, 1 to change, 0 to destroy")
			if live := s.live(t); !slices.Equal(live, []int64{tokenID(t, cli, s.address())}) || live[0] == old {
				t.Errorf("live are %v, the old one was %d", live, old)
			}
			holdsNowhere(t, cli, s.secret(t))
			cli.Plan(t, acctest.NoChanges)
		})
	}
}

// TestAccMove_leftOut: what the official resource had and the new configuration leaves out is kept.
func TestAccMove_leftOut(t *testing.T) {
	t.Parallel()
	each(t, []kind{projectDeploy, groupAccess}, nil, func(t *testing.T, s *stage) {
		from := "gitlab_" + s.name
		old, attributes, _ := s.oldToken(t, s.inDays(t, 30))
		attributes[s.parent], attributes["id"] = s.path, fmt.Sprintf("%s:%d", s.path, old)
		if !s.access() {
			maps.Copy(attributes, map[string]any{"expired": false, "revoked": false, "validate_past_expiration_date": true})
		}
		at := fmt.Sprint(attributes["expires_at"])
		var left []string
		if s.access() {
			left = append(left, expires(at)) // which cannot be left out
		}
		cli := acctest.NewCLI(t, s.GitLab, s.unended(append(left, `name = "moved-token"`)...)+fmt.Sprintf("moved {\n  from = %s.old\n  to   = %s\n}\n", from, s.address()))
		cli.FromOfficial(t, from, 0, attributes)
		cli.SecretsInState() // the old one
		moves(t, cli, s, from, false)
		cli.Plan(t, acctest.NoChanges)
		holds(t, cli, s.address(), map[string]any{"token_id": float64(old), "expires_at": at})
	})
}

// TestAccMove_changedUnrefreshed: a state that was moved and not read since does not know its project's
// number. A change of it, not refreshed either, ends well all the same.
func TestAccMove_changedUnrefreshed(t *testing.T) {
	t.Parallel()
	each(t, []kind{projectDeploy}, nil, func(t *testing.T, s *stage) {
		for name, lines := range map[string][]string{
			"a new token":      {s.delivered()},
			"a user name only": {fmt.Sprintf("deliveries = { who = { project = %q, key = \"WHO\", store = \"username\" } }", s.app.Path)},
		} {
			old, attributes, _ := s.oldToken(t, s.inDays(t, 30))
			attributes["project"], attributes["id"] = s.path, fmt.Sprintf("%s:%d", s.path, old)
			cli := acctest.NewCLI(t, s.GitLab, s.token(append(lines, `name = "moved-token"`)...)+fmt.Sprintf("moved {\n  from = gitlab_project_deploy_token.old\n  to   = %s\n}\n", s.address()))
			cli.FromOfficial(t, "gitlab_project_deploy_token", 0, attributes)
			cli.SecretsInState() // the old one
			if result := cli.Run(t, "apply", "-auto-approve", "-no-color", "-refresh=false"); result.Code != 0 {
				t.Errorf("%s:\n%s", name, result.Output)
			}
			cli.Plan(t, acctest.NoChanges)
		}
	})
}

// TestAccMove_never: the SDK writes what was left out as an empty text.
func TestAccMove_never(t *testing.T) {
	t.Parallel()
	each(t, []kind{projectDeploy}, nil, func(t *testing.T, s *stage) {
		token := s.byHand(t, nil)
		cli := acctest.NewCLI(t, s.GitLab, s.token()+fmt.Sprintf("moved {\n  from = gitlab_deploy_token.old\n  to   = %s\n}\n", s.address()))
		cli.FromOfficial(t, "gitlab_deploy_token", 0, map[string]any{
			"id": fmt.Sprintf("project:%s:%d", s.path, token.ID), "project": s.path, "group": "", "name": "ci", "scopes": []string{s.scope},
			"expires_at": "", "username": token.Username, "deploy_token_id": token.ID, "token": "",
		})
		moves(t, cli, s, "gitlab_deploy_token", false)
		holds(t, cli, s.address(), map[string]any{"expires_at": nil, "token_id": float64(token.ID)})
		cli.Plan(t, acctest.NoChanges)
	})
}

// TestAccMove_wrongKind: a token of a group is none of a project, and the other way round.
func TestAccMove_wrongKind(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		of, to kind
		from   string
	}{
		"a group's to a project's type":        {groupDeploy, projectDeploy, "gitlab_deploy_token"},
		"a project's to a group's type":        {projectDeploy, groupDeploy, "gitlab_deploy_token"},
		"gitlab_group_deploy_token to project": {groupDeploy, projectDeploy, "gitlab_group_deploy_token"},
		"an access token to a deploy token":    {projectAccess, projectDeploy, "gitlab_project_access_token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := acctest.New(t)
			s, to := stageIn(t, g, c.of), stageIn(t, g, c.to)
			old, attributes, secret := s.oldToken(t, s.inDays(t, 30))
			attributes[s.parent], attributes["id"] = s.path, fmt.Sprintf("%s:%d", s.path, old)
			if c.from == "gitlab_deploy_token" {
				attributes["id"] = fmt.Sprintf("%s:%s:%d", s.parent, s.path, old)
			}
			cli := acctest.NewCLI(t, g, to.token(`name = "moved-token"`)+fmt.Sprintf("moved {\n  from = %s.old\n  to   = %s\n}\n", c.from, to.address()))
			cli.FromOfficial(t, c.from, 0, attributes)
			cli.SecretsInState() // the old one
			g.ForgetRequests(t)
			output := cli.Plan(t, acctest.Failed)
			if c.from == "gitlab_deploy_token" {
				says(t, output, "Unable to Move from the Official Provider", fmt.Sprintf("is no token of a %s", to.parent), "one of a group to a jobtoken_group_deploy_token")
			} else {
				says(t, output, "Unable to Move Resource State", c.from)
			}
			if done := writes(t, g); len(done) > 0 || strings.Contains(output, secret) {
				t.Errorf("the plan wrote %v, or shows the secret:\n%s", done, output)
			}
		})
	}
}

// TestAccMove_manyInstances: a resource with for_each moves with all its instances. OpenTofu names this provider
// as the source of all but the first.
func TestAccMove_manyInstances(t *testing.T) {
	t.Parallel()
	each(t, []kind{projectDeploy, projectAccess}, nil, func(t *testing.T, s *stage) {
		at := s.inDays(t, 30)
		from, instances := "gitlab_"+s.name, map[string]map[string]any{}
		for i := range 3 {
			old, attributes, _ := s.oldToken(t, at)
			attributes[s.parent], attributes["id"] = s.path, fmt.Sprintf("%s:%d", s.path, old)
			if !s.access() {
				maps.Copy(attributes, map[string]any{"expired": false, "revoked": false, "validate_past_expiration_date": false})
			}
			instances[fmt.Sprintf("machine%d", i)] = attributes
		}
		lines := []string{`for_each = toset(["machine0", "machine1", "machine2"])`, `name = "moved-token"`, expires(at)}
		if s.access() {
			lines = append(lines, `access_level = "developer"`, `description = "of the pipeline"`)
		}
		cli := acctest.NewCLI(t, s.GitLab, s.token(lines...)+fmt.Sprintf("moved {\n  from = %s.old\n  to   = %s\n}\n", from, s.address()))
		cli.FromOfficialEach(t, from, 0, instances)
		cli.SecretsInState() // the old ones
		output := cli.Apply(t, 0)
		if moved := strings.Count(output, "has moved to "+s.address()); moved != 3 {
			t.Errorf("%d instances have moved:\n%s", moved, output)
		}
		says(t, output, "0 added, 0 changed, 0 destroyed")
		cli.Plan(t, acctest.NoChanges)
	})
}
