package gitlab_test

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// tokenCase is one of the four lists of tokens.
type tokenCase struct {
	kind   gitlab.TokenKind
	parent gitlab.Target
	list   string
}

var tokenCases = map[string]tokenCase{
	"project deploy token": {gitlab.DeployToken, target(1), "deploy_tokens"},
	"group deploy token":   {gitlab.DeployToken, group(101), "deploy_tokens"},
	"project access token": {gitlab.AccessToken, target(1), "access_tokens"},
	"group access token":   {gitlab.AccessToken, group(101), "access_tokens"},
}

func eachTokenCase(t *testing.T, test func(*testing.T, tokenCase)) {
	t.Helper()
	for name, c := range tokenCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, c)
		})
	}
}

func idsOfTokens(tokens []gitlab.Token) []int64 {
	ids := []int64{}
	for _, t := range tokens {
		ids = append(ids, t.ID)
	}
	return ids
}

func day(text string) time.Time {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return at
}

// wantError checks the kind of an error and what stands in its note.
func wantError(t *testing.T, err error, kind apierror.Kind, notes ...string) {
	t.Helper()
	_ = failureOf(t, err, kind, notes...)
}

// failureOf is [wantError], and gives the error, in which no secret may stand.
func failureOf(t *testing.T, err error, kind apierror.Kind, notes ...string) *apierror.Error {
	t.Helper()
	e, ok := apierror.As(err)
	if !ok || e.Kind != kind {
		t.Fatalf("got %v, want kind %v", err, kind)
	}
	if strings.Contains(e.Error()+e.Note+e.Words, secretPrefix) {
		t.Errorf("a secret stands in the error: %v", e)
	}
	for _, note := range notes {
		if !strings.Contains(e.Note, note) {
			t.Errorf("the note %q does not say %q", e.Note, note)
		}
	}
	return e
}

func TestTokensAreReadPageByPage(t *testing.T) {
	t.Parallel()
	eachTokenCase(t, func(t *testing.T, c tokenCase) {
		s := newStub(t).plant(c.parent, c.list, record{}, record{}, record{"revoked": true}, record{}, record{"expires_at": "2020-01-31"}, record{}, record{})
		for _, r := range s.records {
			for _, token := range r {
				if c.kind == gitlab.DeployToken && token["expires_at"] != nil {
					token["expires_at"] = "2020-01-31T00:00:00.000Z"
				}
			}
		}
		got, err := s.client().Tokens(t.Context(), c.kind, c.parent)
		if err != nil || !slices.Equal(idsOfTokens(got), []int64{1, 2, 3, 4, 5, 6, 7}) {
			t.Fatalf("got %v, %v", got, err)
		}
		if !got[2].Revoked || !got[4].ExpiresAt.Equal(day("2020-01-31")) {
			t.Errorf("got %+v and %+v", got[2], got[4])
		}
		s.wantRequests(restRoute("GET", c.parent, c.list), 3)
	})
}

func TestTokenIsReadWhole(t *testing.T) {
	t.Parallel()
	s := newStub(t)
	s.plant(target(1), "deploy_tokens", record{"id": 7, "name": "pull", "username": "puller", "scopes": []string{"write_registry", "read_registry"}, "expires_at": "2027-01-31T12:30:00.000Z"})
	s.plant(group(101), "access_tokens", record{
		"id": 8, "name": "bot", "description": "for CI", "scopes": []string{"read_api"}, "expires_at": "2027-01-31", "access_level": 30,
		"user_id": 55, "created_at": "2026-02-03T04:05:06.789Z", "revoked": true,
	})
	client := s.client()
	deploy, err := client.Tokens(t.Context(), gitlab.DeployToken, target(1))
	want := []gitlab.Token{{
		ID: 7, Name: "pull", Username: "puller", Scopes: []string{"read_registry", "write_registry"},
		ExpiresAt: time.Date(2027, 1, 31, 12, 30, 0, 0, time.UTC),
	}}
	if err != nil || !reflect.DeepEqual(deploy, want) {
		t.Errorf("got %+v, %v", deploy, err)
	}
	access, err := client.Tokens(t.Context(), gitlab.AccessToken, group(101))
	want = []gitlab.Token{{
		ID: 8, Name: "bot", Description: "for CI", Scopes: []string{"read_api"}, ExpiresAt: day("2027-01-31"), AccessLevel: 30, UserID: 55,
		CreatedAt: time.Date(2026, 2, 3, 4, 5, 6, 789e6, time.UTC), Revoked: true,
	}}
	if err != nil || !reflect.DeepEqual(access, want) {
		t.Errorf("got %+v, %v", access, err)
	}
}

func TestTokensAreShared(t *testing.T) {
	t.Parallel()
	s := newStub(t).plant(target(1), "deploy_tokens", record{})
	route := restRoute("GET", target(1), "deploy_tokens")
	client := s.client()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if got, err := client.Tokens(t.Context(), gitlab.DeployToken, target(1)); err != nil || len(got) != 1 {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	all.Wait()
	s.wantRequests(route, 1)
	s.wantRequests(metadataRoute, 1)
	for _, step := range []func() error{
		func() error { _, err := client.FreshTokens(t.Context(), gitlab.DeployToken, target(1)); return err },
		func() error { return client.RevokeToken(t.Context(), gitlab.DeployToken, target(1), 1) },
		func() error { _, err := client.Tokens(t.Context(), gitlab.DeployToken, target(1)); return err },
		func() error { _, err := client.Tokens(t.Context(), gitlab.DeployToken, target(1)); return err },
	} {
		if err := step(); err != nil {
			t.Error(err)
		}
	}
	s.wantRequests(route, 3)
}

// A token deleted on an earlier page moves the others: the one that slips to the page before must not
// seem to be gone.
func TestTokensThatMoveBetweenPages(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		deletions int
		kind      apierror.Kind
	}{
		"once":   {1, 0},
		"always": {99, apierror.Conflict},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t).plant(target(1), "deploy_tokens", slices.Repeat([]record{{}}, 40)...)
			s.on(restRoute("GET", target(1), "deploy_tokens"), func(r request, usual func() reply) reply {
				answer := usual()
				if c.deletions > 0 {
					c.deletions--
					_, path, _ := strings.Cut(r.name, " ")
					s.records[path] = s.records[path][1:]
				}
				return answer
			})
			got, err := s.client().Tokens(t.Context(), gitlab.DeployToken, target(1))
			if c.kind != 0 {
				wantError(t, err, c.kind, "kept changing")
				return
			}
			if err != nil || len(got) != 39 || got[0].ID != 2 || got[38].ID != 40 {
				t.Errorf("got %v, %v", idsOfTokens(got), err)
			}
		})
	}
}

func TestTokensThatCannotBeRead(t *testing.T) {
	t.Parallel()
	null := "null"
	cases := map[string]struct {
		answer reply
		kind   apierror.Kind
	}{
		"no role, deploy tokens":  {refusal(403, "403 Forbidden"), apierror.Forbidden},
		"no role, access tokens":  {refusal(401, "401 Unauthorized"), apierror.Forbidden},
		"a token revoked by now":  {reply{status: 401, body: map[string]any{"error": "invalid_token", "error_description": "Token was revoked. You have to re-authorize from the user."}}, apierror.Unauthenticated},
		"scope too small":         {reply{status: 403, body: map[string]any{"error": "insufficient_scope", "error_description": "The request requires higher privileges than provided by the access token.", "scope": "api"}}, apierror.InsufficientScope},
		"parent gone":             {refusal(404, "404 Project Not Found"), apierror.NotFound},
		"no list":                 {reply{raw: &null}, apierror.Unsupported},
		"an object":               {reply{body: map[string]any{"message": "hello"}}, apierror.Unsupported},
		"pages that go backwards": {reply{header: map[string]string{"X-Next-Page": "1"}, body: []record{}}, apierror.Invalid},
		"nothing":                 {reply{cut: true}, apierror.Unavailable},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachTokenCase(t, func(t *testing.T, token tokenCase) {
				s := newStub(t).on(restRoute("GET", token.parent, token.list), func(request, func() reply) reply { return c.answer })
				client := s.client()
				_, err := client.Tokens(t.Context(), token.kind, token.parent)
				e := failureOf(t, err, c.kind)
				if !strings.Contains(e.Doing, token.kind.String()+"s of") || e.Target != token.parent.String() {
					t.Errorf("it is not said what failed: %v", e)
				}
				role := "Maintainer"
				if token == tokenCases["group access token"] {
					role = "Owner"
				}
				if c.kind == apierror.Forbidden && !strings.Contains(e.Note, "the "+role+" role in the "+string(token.parent.Kind)) {
					t.Errorf("the role is not named: %q", e.Note)
				}
				// A failure is not kept.
				s.on(restRoute("GET", token.parent, token.list), func(_ request, usual func() reply) reply { return usual() })
				if _, err := client.Tokens(t.Context(), token.kind, token.parent); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestTokensOfAGitLabThatDoesNotKnowTheCaller(t *testing.T) {
	t.Parallel()
	s := newStub(t).on(metadataRoute, func(request, func() reply) reply { return refusal(401, "401 Unauthorized") })
	_, err := s.client().Tokens(t.Context(), gitlab.AccessToken, target(1))
	wantError(t, err, apierror.Unauthenticated)
}

func TestTokenEndsByTheInstant(t *testing.T) {
	t.Parallel()
	noon := time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)
	cases := map[string]struct {
		token         gitlab.Token
		ended, active bool
	}{
		"never":               {gitlab.Token{}, false, true},
		"later the same day":  {gitlab.Token{ExpiresAt: noon.Add(time.Second)}, false, true},
		"now":                 {gitlab.Token{ExpiresAt: noon}, true, false},
		"midnight of the day": {gitlab.Token{ExpiresAt: day("2027-01-31")}, true, false},
		"revoked":             {gitlab.Token{Revoked: true}, false, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.token.Ended(noon) != c.ended || c.token.Active(noon) != c.active {
				t.Errorf("ended %t, active %t", c.token.Ended(noon), c.token.Active(noon))
			}
		})
	}
}

func TestRevokeToken(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer reply
		kind   apierror.Kind
		words  string
	}{
		"done":                          {reply{status: 204}, 0, ""},
		"deploy token gone":             {refusal(404, "404 Not found"), 0, ""},
		"project access token gone":     {refusal(404, "404 project Access Token Not Found"), 0, ""},
		"group access token gone":       {refusal(404, "404 group Access Token Not Found"), 0, ""},
		"project gone":                  {refusal(404, "404 Project Not Found"), apierror.NotFound, "Project Not Found"},
		"group gone":                    {refusal(404, "404 Group Not Found"), apierror.NotFound, "Group Not Found"},
		"something gone":                {reply{status: 404, body: map[string]any{}}, apierror.NotFound, ""},
		"no such route":                 {reply{status: 404, body: map[string]any{"error": "404 Not Found"}}, apierror.Unsupported, "endpoint"},
		"role too low":                  {refusal(403, "403 Forbidden"), apierror.Forbidden, ""},
		"role too low for a bot":        {refusal(400, "400 Bad request - anna cannot delete project_1_bot_x"), apierror.Forbidden, "cannot delete"},
		"refused":                       {refusal(400, "400 Bad request - Failed to revoke token"), apierror.Invalid, "Failed to revoke"},
		"a GitLab that fails":           {refusal(500, "500 Internal Server Error"), apierror.Unavailable, ""},
		"a connection that always ends": {reply{cut: true}, apierror.Unavailable, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachTokenCase(t, func(t *testing.T, token tokenCase) {
				if strings.Contains(name, "bot") && token.kind == gitlab.DeployToken {
					return
				}
				s := newStub(t).plant(token.parent, token.list, record{"id": int64(7)})
				s.on(restRoute("DELETE", token.parent, token.list+"/7"), func(request, func() reply) reply { return c.answer })
				err := s.client().RevokeToken(t.Context(), token.kind, token.parent, 7)
				if c.kind == 0 {
					if err != nil {
						t.Error(err)
					}
					return
				}
				e := failureOf(t, err, c.kind)
				if !strings.Contains(e.Words, c.words) {
					t.Errorf("got %q", e.Words)
				}
				role := "Maintainer"
				if token.parent.Kind == gitlab.KindGroup {
					role = "Owner"
				}
				if c.kind == apierror.Forbidden && !strings.Contains(e.Note, "the "+role+" role") {
					t.Errorf("the role is not named: %q", e.Note)
				}
			})
		})
	}
}

func TestRevokeTokenThatIsRevoked(t *testing.T) {
	t.Parallel()
	s := newStub(t).plant(target(1), "access_tokens", record{"id": int64(7), "revoked": true})
	s.on(restRoute("DELETE", target(1), "access_tokens/7"), func(request, func() reply) reply {
		return refusal(400, "400 Bad request - Failed to revoke token")
	})
	if err := s.client().RevokeToken(t.Context(), gitlab.AccessToken, target(1), 7); err != nil {
		t.Error(err)
	}
}

// The first answer is lost after the token was deleted: the second says it is gone.
func TestRevokeTokenAfterALostAnswer(t *testing.T) {
	t.Parallel()
	eachTokenCase(t, func(t *testing.T, c tokenCase) {
		s := newStub(t).plant(c.parent, c.list, record{"id": int64(7)})
		route := restRoute("DELETE", c.parent, c.list+"/7")
		lose := true
		s.on(route, func(_ request, usual func() reply) reply {
			answer := usual()
			if lose {
				lose = false
				return reply{cut: true}
			}
			return answer
		})
		if err := s.client(retrying).RevokeToken(t.Context(), c.kind, c.parent, 7); err != nil {
			t.Error(err)
		}
		s.wantRequests(route, 2)
		if live := s.live(c.parent, c.list); len(live) > 0 {
			t.Errorf("%v are live", live)
		}
	})
}
