package tokens_test

import (
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

// tokenCase is one of the four lists of tokens.
type tokenCase struct {
	kind   tokens.Kind
	parent gitlab.Target
	list   string
}

var tokenCases = map[string]tokenCase{
	"project deploy token": {tokens.Deploy, gitlabtest.Target(1), "deploy_tokens"},
	"group deploy token":   {tokens.Deploy, gitlabtest.GroupTarget(101), "deploy_tokens"},
	"project access token": {tokens.Access, gitlabtest.Target(1), "access_tokens"},
	"group access token":   {tokens.Access, gitlabtest.GroupTarget(101), "access_tokens"},
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

func idsOfTokens(tokens []tokens.Token) []int64 {
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

func TestTokensAreReadPageByPage(t *testing.T) {
	t.Parallel()
	eachTokenCase(t, func(t *testing.T, c tokenCase) {
		s := gitlabtest.NewStub(t).Plant(c.parent, c.list, gitlabtest.Record{}, gitlabtest.Record{}, gitlabtest.Record{"revoked": true}, gitlabtest.Record{}, gitlabtest.Record{"expires_at": "2020-01-31"}, gitlabtest.Record{}, gitlabtest.Record{})
		for _, r := range s.Records {
			for _, token := range r {
				if c.kind == tokens.Deploy && token["expires_at"] != nil {
					token["expires_at"] = "2020-01-31T00:00:00.000Z"
				}
			}
		}
		got, err := connect(s).List(t.Context(), c.kind, c.parent)
		if err != nil || !slices.Equal(idsOfTokens(got), []int64{1, 2, 3, 4, 5, 6, 7}) {
			t.Fatalf("got %v, %v", got, err)
		}
		if !got[2].Revoked || !got[4].ExpiresAt.Equal(day("2020-01-31")) {
			t.Errorf("got %+v and %+v", got[2], got[4])
		}
		s.WantRequests(gitlabtest.RESTRoute("GET", c.parent, c.list), 3)
	})
}

func TestTokenIsReadWhole(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t)
	s.Plant(gitlabtest.Target(1), "deploy_tokens", gitlabtest.Record{"id": 7, "name": "pull", "username": "puller", "scopes": []string{"write_registry", "read_registry"}, "expires_at": "2027-01-31T12:30:00.000Z"})
	s.Plant(gitlabtest.GroupTarget(101), "access_tokens", gitlabtest.Record{
		"id": 8, "name": "bot", "description": "for CI", "scopes": []string{"read_api"}, "expires_at": "2027-01-31", "access_level": 30,
		"user_id": 55, "created_at": "2026-02-03T04:05:06.789Z", "revoked": true,
	})
	client := connect(s)
	deploy, err := client.List(t.Context(), tokens.Deploy, gitlabtest.Target(1))
	want := []tokens.Token{{
		ID: 7, Name: "pull", Username: "puller", Scopes: []string{"read_registry", "write_registry"},
		ExpiresAt: time.Date(2027, 1, 31, 12, 30, 0, 0, time.UTC),
	}}
	if err != nil || !reflect.DeepEqual(deploy, want) {
		t.Errorf("got %+v, %v", deploy, err)
	}
	access, err := client.List(t.Context(), tokens.Access, gitlabtest.GroupTarget(101))
	want = []tokens.Token{{
		ID: 8, Name: "bot", Description: "for CI", Scopes: []string{"read_api"}, ExpiresAt: day("2027-01-31"), AccessLevel: 30, UserID: 55,
		CreatedAt: time.Date(2026, 2, 3, 4, 5, 6, 789e6, time.UTC), Revoked: true,
	}}
	if err != nil || !reflect.DeepEqual(access, want) {
		t.Errorf("got %+v, %v", access, err)
	}
}

func TestTokensAreShared(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t).Plant(gitlabtest.Target(1), "deploy_tokens", gitlabtest.Record{})
	route := gitlabtest.RESTRoute("GET", gitlabtest.Target(1), "deploy_tokens")
	client := connect(s)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if got, err := client.List(t.Context(), tokens.Deploy, gitlabtest.Target(1)); err != nil || len(got) != 1 {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	all.Wait()
	s.WantRequests(route, 1)
	s.WantRequests(gitlabtest.MetadataRoute, 1)
	for _, step := range []func() error{
		func() error { _, err := client.Fresh(t.Context(), tokens.Deploy, gitlabtest.Target(1)); return err },
		func() error { return client.Revoke(t.Context(), tokens.Deploy, gitlabtest.Target(1), 1) },
		func() error { _, err := client.List(t.Context(), tokens.Deploy, gitlabtest.Target(1)); return err },
		func() error { _, err := client.List(t.Context(), tokens.Deploy, gitlabtest.Target(1)); return err },
	} {
		if err := step(); err != nil {
			t.Error(err)
		}
	}
	s.WantRequests(route, 3)
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
			s := gitlabtest.NewStub(t).Plant(gitlabtest.Target(1), "deploy_tokens", slices.Repeat([]gitlabtest.Record{{}}, 40)...)
			s.On(gitlabtest.RESTRoute("GET", gitlabtest.Target(1), "deploy_tokens"), func(r gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
				answer := usual()
				if c.deletions > 0 {
					c.deletions--
					_, path, _ := strings.Cut(r.Name, " ")
					s.Records[path] = s.Records[path][1:]
				}
				return answer
			})
			got, err := connect(s).List(t.Context(), tokens.Deploy, gitlabtest.Target(1))
			if c.kind != 0 {
				gitlabtest.WantError(t, err, c.kind, "kept changing")
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
		answer gitlabtest.Reply
		kind   apierror.Kind
	}{
		"no role, deploy tokens":  {gitlabtest.Refusal(403, "403 Forbidden"), apierror.Forbidden},
		"no role, access tokens":  {gitlabtest.Refusal(401, "401 Unauthorized"), apierror.Forbidden},
		"a token revoked by now":  {gitlabtest.Reply{Status: 401, Body: map[string]any{"error": "invalid_token", "error_description": "Token was revoked. You have to re-authorize from the user."}}, apierror.Unauthenticated},
		"scope too small":         {gitlabtest.Reply{Status: 403, Body: map[string]any{"error": "insufficient_scope", "error_description": "The request requires higher privileges than provided by the access token.", "scope": "api"}}, apierror.InsufficientScope},
		"parent gone":             {gitlabtest.Refusal(404, "404 Project Not Found"), apierror.NotFound},
		"no list":                 {gitlabtest.Reply{Raw: &null}, apierror.Unsupported},
		"an object":               {gitlabtest.Reply{Body: map[string]any{"message": "hello"}}, apierror.Unsupported},
		"pages that go backwards": {gitlabtest.Reply{Header: map[string]string{"X-Next-Page": "1"}, Body: []gitlabtest.Record{}}, apierror.Invalid},
		"nothing":                 {gitlabtest.Reply{Cut: true}, apierror.Unavailable},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachTokenCase(t, func(t *testing.T, token tokenCase) {
				s := gitlabtest.NewStub(t).On(gitlabtest.RESTRoute("GET", token.parent, token.list), func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply { return c.answer })
				client := connect(s)
				_, err := client.List(t.Context(), token.kind, token.parent)
				e := gitlabtest.FailureOf(t, err, c.kind)
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
				s.On(gitlabtest.RESTRoute("GET", token.parent, token.list), func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply { return usual() })
				if _, err := client.List(t.Context(), token.kind, token.parent); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestTokensOfAGitLabThatDoesNotKnowTheCaller(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t).On(gitlabtest.MetadataRoute, func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Refusal(401, "401 Unauthorized")
	})
	_, err := connect(s).List(t.Context(), tokens.Access, gitlabtest.Target(1))
	gitlabtest.WantError(t, err, apierror.Unauthenticated)
}

func TestTokenEndsByTheInstant(t *testing.T) {
	t.Parallel()
	noon := time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)
	cases := map[string]struct {
		token         tokens.Token
		ended, active bool
	}{
		"never":               {tokens.Token{}, false, true},
		"later the same day":  {tokens.Token{ExpiresAt: noon.Add(time.Second)}, false, true},
		"now":                 {tokens.Token{ExpiresAt: noon}, true, false},
		"midnight of the day": {tokens.Token{ExpiresAt: day("2027-01-31")}, true, false},
		"revoked":             {tokens.Token{Revoked: true}, false, false},
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
		answer gitlabtest.Reply
		kind   apierror.Kind
		words  string
	}{
		"done":                          {gitlabtest.Reply{Status: 204}, 0, ""},
		"deploy token gone":             {gitlabtest.Refusal(404, "404 Not found"), 0, ""},
		"project access token gone":     {gitlabtest.Refusal(404, "404 project Access Token Not Found"), 0, ""},
		"group access token gone":       {gitlabtest.Refusal(404, "404 group Access Token Not Found"), 0, ""},
		"project gone":                  {gitlabtest.Refusal(404, "404 Project Not Found"), apierror.NotFound, "Project Not Found"},
		"group gone":                    {gitlabtest.Refusal(404, "404 Group Not Found"), apierror.NotFound, "Group Not Found"},
		"something gone":                {gitlabtest.Reply{Status: 404, Body: map[string]any{}}, apierror.NotFound, ""},
		"no such route":                 {gitlabtest.Reply{Status: 404, Body: map[string]any{"error": "404 Not Found"}}, apierror.Unsupported, "endpoint"},
		"role too low":                  {gitlabtest.Refusal(403, "403 Forbidden"), apierror.Forbidden, ""},
		"role too low for a bot":        {gitlabtest.Refusal(400, "400 Bad request - anna cannot delete project_1_bot_x"), apierror.Forbidden, "cannot delete"},
		"refused":                       {gitlabtest.Refusal(400, "400 Bad request - Failed to revoke token"), apierror.Invalid, "Failed to revoke"},
		"a GitLab that fails":           {gitlabtest.Refusal(500, "500 Internal Server Error"), apierror.Unavailable, ""},
		"a connection that always ends": {gitlabtest.Reply{Cut: true}, apierror.Unavailable, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachTokenCase(t, func(t *testing.T, token tokenCase) {
				if strings.Contains(name, "bot") && token.kind == tokens.Deploy {
					return
				}
				s := gitlabtest.NewStub(t).Plant(token.parent, token.list, gitlabtest.Record{"id": int64(7)})
				s.On(gitlabtest.RESTRoute("DELETE", token.parent, token.list+"/7"), func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply { return c.answer })
				err := connect(s).Revoke(t.Context(), token.kind, token.parent, 7)
				if c.kind == 0 {
					if err != nil {
						t.Error(err)
					}
					return
				}
				e := gitlabtest.FailureOf(t, err, c.kind)
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
	s := gitlabtest.NewStub(t).Plant(gitlabtest.Target(1), "access_tokens", gitlabtest.Record{"id": int64(7), "revoked": true})
	s.On(gitlabtest.RESTRoute("DELETE", gitlabtest.Target(1), "access_tokens/7"), func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Refusal(400, "400 Bad request - Failed to revoke token")
	})
	if err := connect(s).Revoke(t.Context(), tokens.Access, gitlabtest.Target(1), 7); err != nil {
		t.Error(err)
	}
}

// The first answer is lost after the token was deleted: the second says it is gone.
func TestRevokeTokenAfterALostAnswer(t *testing.T) {
	t.Parallel()
	eachTokenCase(t, func(t *testing.T, c tokenCase) {
		s := gitlabtest.NewStub(t).Plant(c.parent, c.list, gitlabtest.Record{"id": int64(7)})
		route := gitlabtest.RESTRoute("DELETE", c.parent, c.list+"/7")
		lose := true
		s.On(route, func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
			answer := usual()
			if lose {
				lose = false
				return gitlabtest.Reply{Cut: true}
			}
			return answer
		})
		if err := connect(s, gitlabtest.Retrying).Revoke(t.Context(), c.kind, c.parent, 7); err != nil {
			t.Error(err)
		}
		s.WantRequests(route, 2)
		if live := s.Live(c.parent, c.list); len(live) > 0 {
			t.Errorf("%v are live", live)
		}
	})
}
