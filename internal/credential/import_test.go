package credential_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// byHand makes a token past Terraform, as somebody else's.
func (s *stage) byHand(t *testing.T, attributes map[string]any) acctest.Token {
	t.Helper()
	body := map[string]any{"name": "ci", "scopes": []string{s.scope}}
	if s.access() {
		body["expires_at"] = someDay()
	}
	for name, value := range attributes {
		body[name] = value
	}
	var made acctest.Token
	s.Admin(t, http.MethodPost, fmt.Sprintf("/%s/%d/%s", s.of, s.id, s.tokens), body, &made)
	return made
}

func importBlock(to, id string) string {
	return fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", to, id)
}

// TestAccImport_plansNothing: whatever of a token is configured, or left out, its import plans nothing.
// The plan after the import, and one that looks at no server, are empty too.
func TestAccImport_plansNothing(t *testing.T) {
	t.Parallel()
	each(t, allKinds, nil, func(t *testing.T, s *stage) {
		at := s.inDays(t, 30)
		given := map[string]any{"expires_at": at}
		lines := []string{expires(at)}
		if s.access() {
			given["access_level"], given["description"] = 30, "of the pipeline"
			lines = append(lines, `access_level = "developer"`, `description = "of the pipeline"`)
		} else {
			given["username"] = "reader"
			lines = append(lines, `username = "reader"`)
		}
		bare, full := s.byHand(t, nil), s.byHand(t, given)
		byPath, byNumber := fmt.Sprintf("%s:%%d", s.path), fmt.Sprintf("%d:%%d", s.id)
		everything := append([]string{`name = "ci"`, fmt.Sprintf("scopes = [%q]", s.scope)}, lines...)
		nothing := slices.Clone(everything[:2])
		bareEnd := nothing
		if s.access() { // an end cannot be left out
			bareEnd = append(slices.Clone(nothing), expires(bare.ExpiresAt))
			nothing = append(nothing, expires(at))
		}
		var config strings.Builder
		for label, c := range map[string]struct {
			lines []string
			id    string
		}{
			"bare":           {bareEnd, fmt.Sprintf(byPath, bare.ID)},
			"set":            {everything, fmt.Sprintf(byNumber, full.ID)},
			"left_out":       {nothing, fmt.Sprintf(byPath, full.ID)},
			"token_in_state": {append(slices.Clone(bareEnd), "token_in_state = false"), fmt.Sprintf(byNumber, bare.ID)},
		} {
			config.WriteString(s.labelled(label, c.lines...) + importBlock(s.resource()+"."+label, c.id))
		}
		cli := acctest.NewCLI(t, s.GitLab, config.String())
		s.ForgetRequests(t)
		says(t, cli.Apply(t, 0), "4 imported, 0 added, 0 changed, 0 destroyed")
		cli.Plan(t, acctest.NoChanges)
		cli.Plan(t, acctest.NoChanges, "-refresh=false")
		if done := writes(t, s.GitLab); len(done) > 0 {
			t.Errorf("the import wrote %v", done)
		}
		holds(t, cli, s.resource()+".left_out", map[string]any{s.parent: s.path, "expires_at": at, "token_in_state": false, "token": nil, "rotation_due": nil})
	})
}

// TestAccImport_generated: the configuration that Terraform writes for an import plans nothing either.
func TestAccImport_generated(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	var config strings.Builder
	for _, k := range allKinds {
		s := stageIn(t, g, k)
		config.WriteString(importBlock(s.address(), fmt.Sprintf("%s:%d", s.path, s.byHand(t, map[string]any{"expires_at": s.inDays(t, 30)}).ID)))
	}
	cli := acctest.NewCLI(t, g, config.String())
	says(t, cli.Must(t, 0, "plan", "-generate-config-out=generated.tf"), "User Name Was Made Up by GitLab (", "Leave username out")
	says(t, cli.Apply(t, 0), "4 imported, 0 added, 0 changed, 0 destroyed")
	cli.Plan(t, acctest.NoChanges)
}

// TestAccImport_withDeliveries: nobody knows the secret of an imported token, so delivering it takes a new
// one, which the plan says. The apply ends the imported one, and makes one alone.
func TestAccImport_withDeliveries(t *testing.T) {
	t.Parallel()
	each(t, allKinds, nil, func(t *testing.T, s *stage) {
		old := s.byHand(t, nil)
		cli := acctest.NewCLI(t, s.GitLab, s.token(s.delivered())+importBlock(s.address(), fmt.Sprintf("%s:%d", s.path, old.ID)))
		planned := cli.PlanJSON(t)
		says(t, planned.Output, "Plan: 1 to import, 0 to add, 1 to change, 0 to destroy", "Warning: Token Is Made Anew ("+s.path+": ci)",
			fmt.Sprintf("the one with id %d ends", old.ID), `the delivery "ci" needs its secret, which nobody knows any more`)
		cli.ApplySaved(t, 0)
		id := tokenID(t, cli, s.address())
		if live := s.live(t); !slices.Equal(live, []int64{id}) || id == old.ID {
			t.Errorf("live are %v, the state has %d, imported was %d", live, id, old.ID)
		}
		if !slices.Contains(s.Secrets(t), s.secret(t)) {
			t.Errorf("the variable holds %q", s.secret(t))
		}
		cli.Plan(t, acctest.NoChanges)
	})
}

// TestAccImport_underRotation: the rotation of an imported token begins with the token's own date where
// GitLab tells it, otherwise with the apply; it makes no new token before its time.
func TestAccImport_underRotation(t *testing.T) {
	t.Parallel()
	each(t, []kind{projectDeploy, projectAccess}, nil, func(t *testing.T, s *stage) {
		attributes := map[string]any{}
		if s.access() {
			attributes["expires_at"] = s.inDays(t, 300)
		}
		old := s.byHand(t, attributes)
		cli := acctest.NewCLI(t, s.GitLab, s.token(rotation(30, 7))+importBlock(s.address(), fmt.Sprintf("%s:%d", s.path, old.ID)))
		cli.Apply(t, 0)
		cli.Plan(t, acctest.NoChanges)
		if id := tokenID(t, cli, s.address()); id != old.ID {
			t.Errorf("the state has %d, imported was %d", id, old.ID)
		}
		s.Advance(t, 31*24*time.Hour)
		// Now its secret needs somewhere to go.
		says(t, cli.Plan(t, acctest.Failed), "Token Would Go Nowhere", "deliveries", "token_in_state = true")
		cli.Configure(t, s.token(rotation(30, 7), s.delivered()))
		cli.Apply(t, 0)
		holds(t, cli, s.address(), map[string]any{"previous_token_ids": []any{float64(old.ID)}})
		cli.Plan(t, acctest.NoChanges)
	})
}

// TestAccImport_expired: a token whose time is over is imported, with a warning and an empty plan.
func TestAccImport_expired(t *testing.T) {
	t.Parallel()
	each(t, allKinds, nil, func(t *testing.T, s *stage) {
		at := s.inDays(t, 2)
		token := s.byHand(t, map[string]any{"expires_at": at})
		s.Advance(t, 10*24*time.Hour)
		cli := acctest.NewCLI(t, s.GitLab, s.token(expires(at))+importBlock(s.address(), fmt.Sprintf("%s:%d", s.path, token.ID)))
		says(t, cli.Apply(t, 0), "Token Has Expired", "1 imported, 0 added, 0 changed, 0 destroyed")
		holds(t, cli, s.address(), map[string]any{"expired": true, "active": false, "revoked": false, "rotation_due": nil})
		cli.Plan(t, acctest.NoChanges)
	})
}

// TestAccImport_revoked: a revoked token is imported, and the plan says that a new one takes its place.
func TestAccImport_revoked(t *testing.T) {
	t.Parallel()
	each(t, accessKinds, nil, func(t *testing.T, s *stage) {
		token := s.byHand(t, map[string]any{"expires_at": s.inDays(t, 300)})
		s.Revoke(t, s.of, s.id, s.tokens, token.ID)
		block := importBlock(s.address(), fmt.Sprintf("%s:%d", s.path, token.ID))
		cli := acctest.NewCLI(t, s.GitLab, s.token()+block)
		says(t, cli.Plan(t, acctest.Failed), "Token Would Go Nowhere", "A token is to be made anew")
		cli.Configure(t, s.token(s.delivered())+block)
		says(t, cli.Apply(t, 0), "Plan: 1 to import, 0 to add, 1 to change, 0 to destroy", fmt.Sprintf("access token %d was revoked", token.ID))
		holds(t, cli, s.address(), map[string]any{"revoked": false, "active": true, "rotation_due": nil})
		cli.Plan(t, acctest.NoChanges)
	})
}

// TestAccImport_wrongIDs: each says what is wrong with it, and nothing is written.
func TestAccImport_wrongIDs(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	p := acctest.NewProtocol(t)
	if diagnostics := p.Configure(t, map[string]any{"base_url": g.BaseURL, "token": g.Token, "allow_plain_http": true}); len(diagnostics) > 0 {
		t.Fatalf("%v", diagnostics)
	}
	hidden := g.Hidden(t, "secret")
	for _, k := range some(t.Name(), allKinds) {
		s, other := stageIn(t, g, k), g.Project(t, "other-"+strings.ReplaceAll(k.name, "_", "-"))
		token := s.byHand(t, nil)
		g.ForgetRequests(t)
		for name, c := range map[string]struct{ id, words string }{
			"no colon":       {s.path, "it has no colon"},
			"no token":       {s.path + ":", "what follows the last colon is no id"},
			"a name":         {s.path + ":ci", "what follows the last colon is no id"},
			"nothing before": {":12", "it is empty"},
			"zero":           {s.path + ":0", "what follows the last colon is no id"},
			"negative":       {s.path + ":-3", "what follows the last colon is no id"},
			"too large":      {s.path + ":99999999999999999999", "what follows the last colon is no id"},
			"a URL":          {g.BaseURL + "/" + s.path + ":12", "it is a URL"},
			"no such token":  {s.path + ":999999", fmt.Sprintf("The %s %s (id %d) has no %s with the id 999999", k.parent, s.path, s.id, strings.ReplaceAll(strings.TrimSuffix(s.tokens, "s"), "_", " "))},
			"no such parent": {"acme/nowhere:12", "Check the spelling"},
			"out of sight":   {fmt.Sprintf("%s:%d", hidden.Path, token.ID), "Check the spelling"},
			"of another":     {fmt.Sprintf("%d:%d", other.ID, token.ID), "Check"},
		} {
			if name == "of another" && k.parent == "project" {
				c.words = "A token of another project or group has to be imported with that one"
			}
			diagnostics := importDiagnostics(t, p, k.resource(), c.id)
			if len(diagnostics) != 1 || diagnostics[0].Summary != "Unable to Import" || !strings.Contains(diagnostics[0].Detail, c.words) {
				t.Errorf("%s, %s (%q): want %q, got %d:", k.name, name, c.id, c.words, len(diagnostics))
				for _, d := range diagnostics {
					t.Logf("  %s: %s", d.Summary, d.Detail)
				}
			}
		}
		if done := writes(t, g); len(done) > 0 {
			t.Errorf("%s: the imports wrote %v", k.name, done)
		}
	}
}

func importDiagnostics(t *testing.T, p *acctest.Protocol, typeName, id string) []*tfprotov6.Diagnostic {
	t.Helper()
	resp, err := p.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: typeName, ID: id})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Diagnostics
}
