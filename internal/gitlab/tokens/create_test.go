package tokens_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"
)

// requestFor is a token that each kind can make.
func requestFor(kind tokens.Kind) tokens.Request {
	if kind == tokens.Access {
		return tokens.Request{Name: "ci", Description: "for CI", Scopes: []string{"read_api", "api"}, AccessLevel: 30, ExpiresAt: day("2099-01-31").Add(5 * time.Hour)}
	}
	return tokens.Request{Name: "ci", Username: "puller", Scopes: []string{"read_registry", "read_repository"}, ExpiresAt: day("2099-01-31").Add(5 * time.Hour)}
}

// asJSON is what the stub decodes from a body.
func asJSON(t *testing.T, value any) map[string]any {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var decoded map[string]any
	if err := json.Unmarshal(text, &decoded); err != nil {
		t.Fatal(err)
	}
	return decoded
}

func TestCreateToken(t *testing.T) {
	t.Parallel()
	eachTokenCase(t, func(t *testing.T, c tokenCase) {
		s := gitlabtest.NewStub(t)
		client := connect(s)
		if _, err := client.List(t.Context(), c.kind, c.parent); err != nil {
			t.Fatal(err)
		}
		token, secret, err := client.Create(t.Context(), c.kind, c.parent, requestFor(c.kind))
		if err != nil || secret.Reveal() != gitlabtest.SecretPrefix+"1" {
			t.Fatalf("got %q, %v", secret.Reveal(), err)
		}
		want := tokens.Token{ID: 1, Name: "ci", Username: "puller", Scopes: []string{"read_registry", "read_repository"}, ExpiresAt: day("2099-01-31").Add(5 * time.Hour)}
		sent := map[string]any{"name": "ci", "username": "puller", "scopes": want.Scopes, "expires_at": "2099-01-31T05:00:00Z"}
		if c.kind == tokens.Access {
			want = tokens.Token{
				ID: 1, Name: "ci", Description: "for CI", Scopes: []string{"api", "read_api"}, AccessLevel: 30, UserID: 1001,
				ExpiresAt: day("2099-01-31"), CreatedAt: day("2026-01-01"),
			}
			sent = map[string]any{"name": "ci", "description": "for CI", "scopes": want.Scopes, "access_level": 30, "expires_at": "2099-01-31"}
		}
		if !reflect.DeepEqual(token, want) {
			t.Errorf("got %+v, want %+v", token, want)
		}
		posts := s.Asked(gitlabtest.RESTRoute("POST", c.parent, c.list))
		if len(posts) != 1 || !reflect.DeepEqual(posts[0].Variables, asJSON(t, sent)) {
			t.Errorf("sent %v, want %v", posts, sent)
		}
		after, err := client.List(t.Context(), c.kind, c.parent)
		if err != nil || !slices.Equal(idsOfTokens(after), []int64{1}) {
			t.Errorf("the list is %v, %v", after, err)
		}
	})
}

func TestCreateTokenSendsWhatIsGiven(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		kind tokens.Kind
		sent map[string]any
	}{
		"deploy token": {tokens.Deploy, map[string]any{"name": "ci", "scopes": []string{"read_registry"}}},
		"access token": {tokens.Access, map[string]any{"name": "ci", "scopes": []string{"read_registry"}, "access_level": 40}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gitlabtest.NewStub(t)
			_, _, err := connect(s).Create(t.Context(), c.kind, gitlabtest.Target(1), tokens.Request{Name: "ci", Scopes: []string{"read_registry", "read_registry"}})
			if err != nil {
				t.Fatal(err)
			}
			list := map[tokens.Kind]string{tokens.Deploy: "deploy_tokens", tokens.Access: "access_tokens"}[c.kind]
			if posts := s.Asked(gitlabtest.RESTRoute("POST", gitlabtest.Target(1), list)); !reflect.DeepEqual(posts[0].Variables, asJSON(t, c.sent)) {
				t.Errorf("sent %v, want %v", posts[0].Variables, c.sent)
			}
		})
	}
}

func TestCreateTokenThatIsRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer gitlabtest.Reply
		kind   apierror.Kind
		words  string
	}{
		"role too low":       {gitlabtest.Refusal(403, "403 Forbidden"), apierror.Forbidden, "Forbidden"},
		"not authorized":     {gitlabtest.Refusal(401, "401 Unauthorized"), apierror.Forbidden, "Unauthorized"},
		"bot or no role":     {gitlabtest.Refusal(400, "400 Bad request - User does not have permission to create project access token"), apierror.Forbidden, "does not have permission"},
		"level above own":    {gitlabtest.Refusal(400, "400 Bad request - Access level of the token contains permissions not held by the creating user"), apierror.Forbidden, "not held"},
		"expiry too late":    {gitlabtest.Refusal(400, "400 Bad request - Expires at must be before 2027-01-31"), apierror.Invalid, "must be before 2027-01-31"},
		"limit":              {gitlabtest.Refusal(400, "400 Bad request - Access token limit reached"), apierror.Invalid, "limit reached"},
		"bad scope":          {gitlabtest.Reply{Status: 400, Body: map[string]any{"error": "scopes does not have a valid value"}}, apierror.Invalid, "valid value"},
		"parent gone":        {gitlabtest.Refusal(404, "404 Project Not Found"), apierror.NotFound, "Project Not Found"},
		"a proxy in between": {gitlabtest.Refusal(413, "too large"), apierror.Limit, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachTokenCase(t, func(t *testing.T, token tokenCase) {
				route := gitlabtest.RESTRoute("POST", token.parent, token.list)
				s := gitlabtest.NewStub(t).On(route, func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply { return c.answer })
				_, secret, err := connect(s, gitlabtest.Retrying).Create(t.Context(), token.kind, token.parent, requestFor(token.kind))
				e := gitlabtest.FailureOf(t, err, c.kind)
				if !secret.Empty() || e.Uncertain || !strings.Contains(e.Words, c.words) || e.Doing != `create the `+token.kind.String()+` "ci" of` || e.Target != token.parent.String() {
					t.Errorf("got %+v", e)
				}
				role := map[gitlab.Kind]string{gitlab.KindProject: "Maintainer", gitlab.KindGroup: "Owner"}[token.parent.Kind]
				if c.kind == apierror.Forbidden && !strings.Contains(e.Note, "the "+role+" role") {
					t.Errorf("the role is not named: %q", e.Note)
				}
				s.WantRequests(route, 1)
				s.WantRequests(gitlabtest.RESTRoute("GET", token.parent, token.list), 1)
			})
		})
	}
}

// Whoever may not even list is told the role that making one needs.
func TestCreateTokenWithoutTheRightToList(t *testing.T) {
	t.Parallel()
	eachTokenCase(t, func(t *testing.T, c tokenCase) {
		s := gitlabtest.NewStub(t).On(gitlabtest.RESTRoute("GET", c.parent, c.list), func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
			return gitlabtest.Refusal(403, "403 Forbidden")
		})
		_, _, err := connect(s).Create(t.Context(), c.kind, c.parent, requestFor(c.kind))
		role := map[gitlab.Kind]string{gitlab.KindProject: "Maintainer", gitlab.KindGroup: "Owner"}[c.parent.Kind]
		gitlabtest.WantError(t, err, apierror.Forbidden, "the "+role+" role")
	})
}

// What is not listed first could not be told from a new token: nothing is made then.
func TestCreateTokenWithoutTheList(t *testing.T) {
	t.Parallel()
	eachTokenCase(t, func(t *testing.T, c tokenCase) {
		s := gitlabtest.NewStub(t).On(gitlabtest.RESTRoute("GET", c.parent, c.list), func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply { return gitlabtest.Reply{Cut: true} })
		_, _, err := connect(s).Create(t.Context(), c.kind, c.parent, requestFor(c.kind))
		gitlabtest.WantError(t, err, apierror.Unavailable)
		s.WantRequests(gitlabtest.RESTRoute("POST", c.parent, c.list), 0)
	})
}

func TestCreateTokenOtherThanAsked(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		kind tokens.Kind
		made gitlabtest.Record
		note string
	}{
		"more scopes":    {tokens.Deploy, gitlabtest.Record{"scopes": []string{"read_registry", "read_repository", "write_registry"}}, "scopes read_registry, read_repository, write_registry instead of read_registry, read_repository"},
		"fewer scopes":   {tokens.Deploy, gitlabtest.Record{"scopes": []string{"read_registry"}}, "scopes read_registry instead of"},
		"no expiry":      {tokens.Deploy, gitlabtest.Record{"expires_at": nil}, "expiry never instead of 2099-01-31T05:00:00Z"},
		"another user":   {tokens.Deploy, gitlabtest.Record{"username": "root"}, `username "root" instead of "puller"`},
		"higher role":    {tokens.Access, gitlabtest.Record{"access_level": 50}, "access level 50 instead of 30"},
		"later expiry":   {tokens.Access, gitlabtest.Record{"expires_at": "2099-02-01"}, "expiry 2099-02-01T00:00:00Z instead of 2099-01-31T00:00:00Z"},
		"several things": {tokens.Access, gitlabtest.Record{"scopes": []string{"api"}, "access_level": 50}, "scopes api instead of api, read_api and access level 50"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for of, token := range tokenCases {
				if token.kind != c.kind {
					continue
				}
				t.Run(of, func(t *testing.T) {
					t.Parallel()
					other := func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
						answer := usual()
						shown, _ := answer.Body.(gitlabtest.Record)
						maps.Copy(shown, c.made)
						return answer
					}
					s := gitlabtest.NewStub(t).On(gitlabtest.RESTRoute("POST", token.parent, token.list), other)
					_, secret, err := connect(s).Create(t.Context(), token.kind, token.parent, requestFor(token.kind))
					gitlabtest.WantError(t, err, apierror.Conflict, c.note, "it was revoked at once")
					if live := s.Live(token.parent, token.list); len(live) > 0 || !secret.Empty() {
						t.Errorf("%v are live", live)
					}
					s = gitlabtest.NewStub(t).On(gitlabtest.RESTRoute("POST", token.parent, token.list), other)
					s.On(gitlabtest.RESTRoute("DELETE", token.parent, token.list+"/1"), func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
						return gitlabtest.Refusal(403, "403 Forbidden")
					})
					_, _, err = connect(s).Create(t.Context(), token.kind, token.parent, requestFor(token.kind))
					gitlabtest.WantError(t, err, apierror.Conflict, c.note, "(id 1)", "could not be revoked", "by hand")
				})
			}
		})
	}
}

// Two alike are made one after the other, so that the second knows the first.
func TestCreateTokensOfOneNameAtOnce(t *testing.T) {
	t.Parallel()
	eachTokenCase(t, func(t *testing.T, c tokenCase) {
		s := gitlabtest.NewStub(t)
		route := gitlabtest.RESTRoute("POST", c.parent, c.list)
		posts := 0
		s.On(route, func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
			posts++
			if posts == 2 {
				return gitlabtest.Reply{Cut: true} // nothing was made
			}
			return usual()
		})
		client := connect(s)
		var all sync.WaitGroup
		errs := make([]error, 3)
		for i := range errs {
			all.Go(func() { _, _, errs[i] = client.Create(t.Context(), c.kind, c.parent, requestFor(c.kind)) })
		}
		all.Wait()
		lost := 0
		for _, err := range errs {
			if err != nil {
				lost++
				if fate, ok := tokens.LostOf(err); !ok || fate.Fate != tokens.FateNotFound {
					t.Errorf("got %v", err)
				}
			}
		}
		if live := s.Live(c.parent, c.list); lost != 1 || len(live) != 2 {
			t.Errorf("%d were lost, %v are live", lost, live)
		}
	})
}
