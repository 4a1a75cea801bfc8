package gitlab_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// losses are the ways in which the answer to a request that makes a secret is lost, given the answer
// that GitLab had meant.
var losses = map[string]struct {
	lose func(meant reply) reply
	kind apierror.Kind
	// proxied means that a proxy answered, which may have sent the request on or not.
	proxied bool
}{
	"cut":             {func(reply) reply { return reply{cut: true} }, apierror.Unavailable, false},
	"cut half-way":    {func(meant reply) reply { meant.half = true; return meant }, apierror.Unavailable, false},
	"500":             {func(reply) reply { return refusal(500, "500 Internal Server Error") }, apierror.Unavailable, false},
	"502 of a proxy":  {func(reply) reply { return page(502, "Bad Gateway") }, apierror.Unavailable, true},
	"503 with a wait": {func(reply) reply { return reply{status: 503, header: map[string]string{"Retry-After": "1"}} }, apierror.Unavailable, true},
	"504":             {func(reply) reply { return page(504, "Gateway Timeout") }, apierror.Unavailable, true},
	"a login page":    {func(reply) reply { return page(200, "Sign in") }, apierror.Misdirected, false},
	"plain text":      {func(meant reply) reply { return text(meant.status, "done", "text/plain") }, apierror.Unsupported, false},
	"null":            {func(meant reply) reply { return text(meant.status, "null", "application/json") }, apierror.Unsupported, false},
	"nothing":         {func(meant reply) reply { return text(meant.status, "", "application/json") }, apierror.Unsupported, false},
	"no content":      {func(reply) reply { return reply{status: 204} }, apierror.Unsupported, false},
	"a list":          {func(meant reply) reply { return text(meant.status, "[]", "application/json") }, apierror.Unsupported, false},
	"no secret":       {without("token"), apierror.Unsupported, false},
	"no id":           {without("id"), apierror.Unsupported, false},
	"no time":         {with("expires_at", "tomorrow"), apierror.Unsupported, false},
}

func page(status int, title string) reply {
	return text(status, "<html><title>"+title+"</title></html>", "text/html")
}

func text(status int, body, contentType string) reply {
	return reply{status: status, raw: &body, header: map[string]string{"Content-Type": contentType}}
}

func without(field string) func(reply) reply { return with(field, nil) }

func with(field string, value any) func(reply) reply {
	return func(meant reply) reply {
		shown, _ := meant.body.(record)
		changed := maps.Clone(shown)
		changed[field] = value
		return reply{status: meant.status, body: changed}
	}
}

func wantFate(t *testing.T, err error, want gitlab.LostToken, uncertain bool) {
	t.Helper()
	lost, ok := gitlab.LostTokenOf(err)
	e, isOurs := apierror.As(err)
	if !ok || !isOurs {
		t.Fatalf("got %v", err)
	}
	if got := (gitlab.LostToken{Fate: lost.Fate, IDs: lost.IDs, OldRevoked: lost.OldRevoked}); !reflect.DeepEqual(got, want) || e.Uncertain != uncertain || lost.Error() == "" {
		t.Errorf("got %+v, uncertain %t, want %+v: %v", got, e.Uncertain, want, err)
	}
}

func TestLostCreation(t *testing.T) {
	t.Parallel()
	for name, loss := range losses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachTokenCase(t, func(t *testing.T, c tokenCase) {
				route := restRoute("POST", c.parent, c.list)
				s := newStub(t).plant(c.parent, c.list, record{"name": "cd"}).on(route, func(_ request, usual func() reply) reply { return loss.lose(usual()) })
				_, secret, err := s.client(retrying).CreateToken(t.Context(), c.kind, c.parent, requestFor(c.kind))
				fate, left, note := gitlab.LostToken{Fate: gitlab.FateRevoked, IDs: []int64{2}}, []int64{1}, "it is revoked, and nothing was kept"
				if loss.proxied {
					fate.Fate, left, note = gitlab.FateAmbiguous, []int64{1, 2}, "was not revoked"
				}
				e := failureOf(t, err, loss.kind, "(id 2)", note)
				if !secret.Empty() || e.Target != c.parent.String() {
					t.Errorf("got %v", e)
				}
				wantFate(t, err, fate, loss.proxied)
				s.wantRequests(route, 1)
				if live := s.live(c.parent, c.list); !slices.Equal(live, left) {
					t.Errorf("%v are live", live)
				}
			})
		})
	}
}

func TestLostCreationThatMadeNothing(t *testing.T) {
	t.Parallel()
	eachTokenCase(t, func(t *testing.T, c tokenCase) {
		route := restRoute("POST", c.parent, c.list)
		s := newStub(t).plant(c.parent, c.list, record{"name": "ci"}).on(route, func(request, func() reply) reply { return reply{cut: true} })
		_, _, err := s.client(retrying).CreateToken(t.Context(), c.kind, c.parent, requestFor(c.kind))
		wantError(t, err, apierror.Unavailable, "no such token came up")
		wantFate(t, err, gitlab.LostToken{Fate: gitlab.FateNotFound}, true)
		s.wantRequests(route, 1)
		s.wantRequests(restRoute("GET", c.parent, c.list), 5)
		if live := s.live(c.parent, c.list); !slices.Equal(live, []int64{1}) {
			t.Errorf("%v are live", live)
		}
	})
}

// A slow GitLab makes the token after its answer was given up, and after a first look.
func TestLostCreationThatIsSlow(t *testing.T) {
	t.Parallel()
	eachTokenCase(t, func(t *testing.T, c tokenCase) {
		s := newStub(t)
		var late func() reply
		s.on(restRoute("POST", c.parent, c.list), func(_ request, usual func() reply) reply {
			late = usual
			return reply{cut: true}
		})
		looks := 0
		s.on(restRoute("GET", c.parent, c.list), func(_ request, usual func() reply) reply {
			if looks++; looks == 4 {
				late()
			}
			return usual()
		})
		_, _, err := s.client().CreateToken(t.Context(), c.kind, c.parent, requestFor(c.kind))
		wantFate(t, err, gitlab.LostToken{Fate: gitlab.FateRevoked, IDs: []int64{1}}, false)
		if live := s.live(c.parent, c.list); len(live) > 0 {
			t.Errorf("%v are live", live)
		}
	})
}

// Only a token that cannot be anyone else's is revoked.
func TestLostCreationAmongOthers(t *testing.T) {
	t.Parallel()
	same := func(record) {}
	cases := map[string]struct {
		kind  gitlab.TokenKind
		other func(record)
		want  gitlab.LostToken
	}{
		"one alike":          {gitlab.DeployToken, same, gitlab.LostToken{Fate: gitlab.FateAmbiguous, IDs: []int64{1, 2}}},
		"one alike with bot": {gitlab.AccessToken, same, gitlab.LostToken{Fate: gitlab.FateAmbiguous, IDs: []int64{1, 2}}},
		"another name":       {gitlab.DeployToken, setting("name", "cd"), gitlab.LostToken{Fate: gitlab.FateRevoked, IDs: []int64{2}}},
		"other scopes":       {gitlab.DeployToken, setting("scopes", []any{"read_registry"}), gitlab.LostToken{Fate: gitlab.FateAmbiguous, IDs: []int64{2}}},
		"another user name":  {gitlab.DeployToken, setting("username", "pusher"), gitlab.LostToken{Fate: gitlab.FateAmbiguous, IDs: []int64{2}}},
		"another expiry":     {gitlab.DeployToken, setting("expires_at", nil), gitlab.LostToken{Fate: gitlab.FateAmbiguous, IDs: []int64{2}}},
		"another day":        {gitlab.AccessToken, setting("expires_at", "2099-02-01"), gitlab.LostToken{Fate: gitlab.FateAmbiguous, IDs: []int64{2}}},
		"another role":       {gitlab.AccessToken, setting("access_level", 40), gitlab.LostToken{Fate: gitlab.FateAmbiguous, IDs: []int64{2}}},
		"other words":        {gitlab.AccessToken, setting("description", "x"), gitlab.LostToken{Fate: gitlab.FateAmbiguous, IDs: []int64{2}}},
		"one that is dead":   {gitlab.AccessToken, setting("revoked", true), gitlab.LostToken{Fate: gitlab.FateRevoked, IDs: []int64{2}}},
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
					s := newStub(t)
					s.on(restRoute("POST", token.parent, token.list), func(r request, usual func() reply) reply {
						_, path, _ := strings.Cut(r.name, " ")
						s.makeToken(path, r.variables) // by someone else
						c.other(s.records[path][0])
						usual()
						return reply{cut: true}
					})
					_, _, err := s.client().CreateToken(t.Context(), token.kind, token.parent, requestFor(token.kind))
					wantFate(t, err, c.want, c.want.Fate == gitlab.FateAmbiguous)
					e := failureOf(t, err, apierror.Unavailable)
					if c.want.Fate == gitlab.FateAmbiguous && !strings.Contains(e.Note, "ids 1, 2") && !strings.Contains(e.Note, "others of that name came up at the same time (id 1)") {
						t.Errorf("they are not named: %q", e.Note)
					}
					if c.want.Fate == gitlab.FateAmbiguous && len(s.live(token.parent, token.list)) != 2 {
						t.Error("one was revoked")
					}
				})
			}
		})
	}
}

func setting(field string, value any) func(record) { return func(t record) { t[field] = value } }

// Where a token of the name was there before, its maker may have made the new one, unless that is the caller.
func TestLostCreationOfANameInUse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		there record
		own   []int64
		left  bool
	}{
		"somebody's":           {record{"name": "ci"}, nil, true},
		"the caller's own":     {record{"name": "ci"}, []int64{7, 1}, false},
		"one that is revoked":  {record{"name": "ci", "revoked": true}, nil, false},
		"one that has expired": {record{"name": "ci", "expires_at": "2001-01-01"}, nil, false},
		"of another name":      {record{"name": "ci2"}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachTokenCase(t, func(t *testing.T, token tokenCase) {
				there := maps.Clone(c.there)
				if date, ends := there["expires_at"].(string); ends && token.kind == gitlab.DeployToken {
					there["expires_at"] = date + "T00:00:00Z"
				}
				s := newStub(t).plant(token.parent, token.list, there)
				s.on(restRoute("POST", token.parent, token.list), func(_ request, usual func() reply) reply { usual(); return reply{cut: true} })
				_, _, err := s.client().CreateToken(t.Context(), token.kind, token.parent, requestFor(token.kind), c.own...)
				if !c.left {
					wantFate(t, err, gitlab.LostToken{Fate: gitlab.FateRevoked, IDs: []int64{2}}, false)
					return
				}
				wantFate(t, err, gitlab.LostToken{Fate: gitlab.FateAmbiguous, IDs: []int64{2}}, true)
				wantError(t, err, apierror.Unavailable, "(id 2)", "was not revoked", "there were tokens of that name before (id 1)")
				if live := s.live(token.parent, token.list); !slices.Equal(live, []int64{1, 2}) {
					t.Errorf("%v are live", live)
				}
			})
		})
	}
}

// What was made since the list was last read, but before the creation, is someone else's.
func TestLostCreationAfterAnOldList(t *testing.T) {
	t.Parallel()
	eachTokenCase(t, func(t *testing.T, c tokenCase) {
		s := newStub(t)
		client := s.client()
		if _, err := client.Tokens(t.Context(), c.kind, c.parent); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.client().CreateToken(t.Context(), c.kind, c.parent, requestFor(c.kind)); err != nil {
			t.Fatal(err)
		}
		s.on(restRoute("POST", c.parent, c.list), func(request, func() reply) reply { return reply{cut: true} })
		_, _, err := client.CreateToken(t.Context(), c.kind, c.parent, requestFor(c.kind))
		wantFate(t, err, gitlab.LostToken{Fate: gitlab.FateNotFound}, true)
		if live := s.live(c.parent, c.list); !slices.Equal(live, []int64{1}) {
			t.Errorf("%v are live", live)
		}
	})
}

// A rotation by someone else gives a new token of the same name, but of a bot user known before.
func TestLostCreationBesideARotation(t *testing.T) {
	t.Parallel()
	wanted := requestFor(gitlab.AccessToken)
	s := newStub(t).plant(target(1), "access_tokens", record{
		"name": wanted.Name, "description": wanted.Description, "scopes": wanted.Scopes, "access_level": 30, "expires_at": "2099-01-31",
	})
	s.on(restRoute("POST", target(1), "access_tokens"), func(r request, _ func() reply) reply {
		s.usual(request{name: r.name + "/1/rotate", variables: map[string]any{"expires_at": "2099-01-31"}})
		return reply{cut: true}
	})
	_, _, err := s.client().CreateToken(t.Context(), gitlab.AccessToken, target(1), wanted)
	wantFate(t, err, gitlab.LostToken{Fate: gitlab.FateNotFound}, true)
	if live := s.live(target(1), "access_tokens"); !slices.Equal(live, []int64{2}) {
		t.Errorf("%v are live", live)
	}
}

func TestLostCreationThatCannotBeCleanedUp(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		method, rest string
		answer       reply
		want         gitlab.LostToken
		notes        []string
	}{
		"no list":  {"GET", "", reply{cut: true}, gitlab.LostToken{Fate: gitlab.FateUnknown}, []string{"could not be found out", `look for one named "ci"`}},
		"no right": {"DELETE", "/1", refusal(403, "403 Forbidden"), gitlab.LostToken{Fate: gitlab.FateNotRevoked, IDs: []int64{1}}, []string{"(id 1)", "could not be revoked", "by hand"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachTokenCase(t, func(t *testing.T, token tokenCase) {
				s := newStub(t)
				s.on(restRoute("POST", token.parent, token.list), func(_ request, usual func() reply) reply {
					usual()
					s.overrides[restRoute(c.method, token.parent, token.list+c.rest)] = func(request, func() reply) reply { return c.answer }
					return reply{cut: true}
				})
				_, _, err := s.client().CreateToken(t.Context(), token.kind, token.parent, requestFor(token.kind))
				wantError(t, err, apierror.Unavailable, c.notes...)
				wantFate(t, err, c.want, true)
			})
		})
	}
}

// An interrupt while the request is under way does not break it off: the token is the caller's.
func TestInterruptedCreation(t *testing.T) {
	t.Parallel()
	eachTokenCase(t, func(t *testing.T, c tokenCase) {
		ctx, interrupt := context.WithCancel(t.Context())
		defer interrupt()
		s := newStub(t)
		s.on(restRoute("POST", c.parent, c.list), func(_ request, usual func() reply) reply {
			interrupt()
			time.Sleep(10 * time.Millisecond)
			return usual()
		})
		token, secret, err := s.client().CreateToken(ctx, c.kind, c.parent, requestFor(c.kind))
		if err != nil || secret.Empty() {
			t.Errorf("got %v, %v", token, err)
		}
		if live := s.live(c.parent, c.list); !slices.Equal(live, []int64{token.ID}) {
			t.Errorf("%v are live", live)
		}
	})
}

func TestInterruptedRotation(t *testing.T) {
	t.Parallel()
	eachAccessCase(t, func(t *testing.T, c tokenCase) {
		ctx, interrupt := context.WithCancel(t.Context())
		defer interrupt()
		s := old(newStub(t), c)
		s.on(restRoute("POST", c.parent, c.list+"/1/rotate"), func(_ request, usual func() reply) reply {
			interrupt()
			time.Sleep(10 * time.Millisecond)
			return usual()
		})
		if token, secret, err := s.client().RotateToken(ctx, c.parent, 1, day("2099-01-31")); err != nil || secret.Empty() {
			t.Errorf("got %v, %v", token, err)
		}
	})
}

// A creation that waits for another of the same name can be interrupted too.
func TestInterruptWhileAnotherIsMade(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	s, parent := newStub(t), target(1)
	client := s.client()
	s.during(restRoute("POST", parent, "deploy_tokens"), func() {
		interrupt()
		_, _, err := client.CreateToken(ctx, gitlab.DeployToken, parent, requestFor(gitlab.DeployToken))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	if _, _, err := client.CreateToken(t.Context(), gitlab.DeployToken, parent, requestFor(gitlab.DeployToken)); err != nil {
		t.Error(err)
	}
	s.wantRequests(restRoute("POST", parent, "deploy_tokens"), 1)
}

func TestCreationThatTakesTooLong(t *testing.T) {
	t.Parallel()
	eachTokenCase(t, func(t *testing.T, c tokenCase) {
		s := newStub(t)
		release := make(chan struct{})
		t.Cleanup(func() { close(release) })
		s.on(restRoute("POST", c.parent, c.list), func(_ request, usual func() reply) reply {
			answer := usual()
			s.mu.Unlock()
			<-release
			s.mu.Lock()
			return answer
		})
		client := s.client(func(config *gitlab.Config) { config.RequestTimeout, config.MaxRetries = time.Second, 5 })
		_, _, err := client.CreateToken(t.Context(), c.kind, c.parent, requestFor(c.kind))
		wantFate(t, err, gitlab.LostToken{Fate: gitlab.FateRevoked, IDs: []int64{1}}, false)
		s.wantRequests(restRoute("POST", c.parent, c.list), 1)
	})
}

var accessCases = map[string]tokenCase{
	"project": tokenCases["project access token"],
	"group":   tokenCases["group access token"],
}

// old is the token that is rotated: the first of two of the list.
func old(s *stub, c tokenCase) *stub {
	return s.plant(c.parent, c.list,
		record{"name": "ci", "scopes": []string{"read_api"}, "access_level": 30, "expires_at": "2026-06-30", "user_id": 55},
		record{"name": "ci", "scopes": []string{"read_api"}, "access_level": 30, "expires_at": "2026-06-30", "user_id": 56})
}

func eachAccessCase(t *testing.T, test func(*testing.T, tokenCase)) {
	t.Helper()
	for name, c := range accessCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, c)
		})
	}
}

func TestRotateToken(t *testing.T) {
	t.Parallel()
	eachAccessCase(t, func(t *testing.T, c tokenCase) {
		s := old(newStub(t), c)
		token, secret, err := s.client().RotateToken(t.Context(), c.parent, 1, day("2099-01-31").Add(time.Hour))
		want := gitlab.Token{ID: 3, Name: "ci", Scopes: []string{"read_api"}, AccessLevel: 30, UserID: 55, ExpiresAt: day("2099-01-31"), CreatedAt: day("2026-01-01")}
		if err != nil || secret.Reveal() != secretPrefix+"3" || !reflect.DeepEqual(token, want) {
			t.Errorf("got %+v, %v", token, err)
		}
		posts := s.asked(restRoute("POST", c.parent, c.list+"/1/rotate"))
		if len(posts) != 1 || !reflect.DeepEqual(posts[0].variables, map[string]any{"expires_at": "2099-01-31"}) {
			t.Errorf("sent %v", posts)
		}
		if live := s.live(c.parent, c.list); !slices.Equal(live, []int64{2, 3}) {
			t.Errorf("%v are live", live)
		}
	})
}

func TestRotateTokenThatIsNotSent(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		id      int64
		expires time.Time
		kind    apierror.Kind
		note    string
	}{
		"no expiry":       {1, time.Time{}, apierror.Invalid, "needs an expiry"},
		"revoked already": {3, day("2099-01-31"), apierror.Conflict, "revoked already"},
		"not there":       {9, day("2099-01-31"), apierror.NotFound, "no such token"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := old(newStub(t), accessCases["project"]).plant(target(1), "access_tokens", record{"revoked": true})
			_, _, err := s.client().RotateToken(t.Context(), target(1), c.id, c.expires)
			wantError(t, err, c.kind, c.note)
			s.wantRequests(restRoute("POST", target(1), fmt.Sprintf("access_tokens/%d/rotate", c.id)), 0)
		})
	}
}

func TestRotateTokenThatIsRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer reply
		kind   apierror.Kind
	}{
		"role too low":        {refusal(401, "401 Unauthorized"), apierror.Forbidden},
		"role below the bot":  {refusal(400, "400 Bad request - Not eligible to rotate tokens with permissions not held by the user"), apierror.Forbidden},
		"revoked meanwhile":   {refusal(400, "400 Bad request - Token already revoked"), apierror.Conflict},
		"expiry too late":     {refusal(400, "400 Bad request - Expires at must be before 2027-01-31"), apierror.Invalid},
		"administrator, gone": {refusal(404, "404 Not found"), apierror.NotFound},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachAccessCase(t, func(t *testing.T, token tokenCase) {
				route := restRoute("POST", token.parent, token.list+"/1/rotate")
				s := old(newStub(t), token).on(route, func(request, func() reply) reply { return c.answer })
				_, _, err := s.client(retrying).RotateToken(t.Context(), token.parent, 1, day("2099-01-31"))
				if e := failureOf(t, err, c.kind); e.Uncertain {
					t.Errorf("got %v", e)
				}
				s.wantRequests(route, 1)
			})
		})
	}
}

func TestLostRotation(t *testing.T) {
	t.Parallel()
	for name, loss := range losses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachAccessCase(t, func(t *testing.T, c tokenCase) {
				route := restRoute("POST", c.parent, c.list+"/1/rotate")
				s := old(newStub(t), c).on(route, func(_ request, usual func() reply) reply { return loss.lose(usual()) })
				_, secret, err := s.client(retrying).RotateToken(t.Context(), c.parent, 1, day("2099-01-31"))
				fate, left, note := gitlab.LostToken{Fate: gitlab.FateRevoked, IDs: []int64{3}, OldRevoked: true}, []int64{2}, "it is revoked"
				if loss.proxied {
					fate.Fate, left, note = gitlab.FateAmbiguous, []int64{2, 3}, "was not revoked"
				}
				wantError(t, err, loss.kind, "(id 3)", note, "the credential is")
				wantFate(t, err, fate, loss.proxied)
				s.wantRequests(route, 1)
				if live := s.live(c.parent, c.list); !slices.Equal(live, left) || !secret.Empty() {
					t.Errorf("%v are live", live)
				}
			})
		})
	}
}

// Only what belongs to the same bot user can be the rotated token.
func TestLostRotationBesideACreation(t *testing.T) {
	t.Parallel()
	eachAccessCase(t, func(t *testing.T, c tokenCase) {
		s := old(newStub(t), c)
		s.on(restRoute("POST", c.parent, c.list+"/1/rotate"), func(r request, usual func() reply) reply {
			_, path, _ := strings.Cut(r.name, " ")
			s.makeToken(strings.TrimSuffix(path, "/1/rotate"), record{"name": "ci", "scopes": []string{"read_api"}})
			usual()
			return reply{cut: true}
		})
		_, _, err := s.client().RotateToken(t.Context(), c.parent, 1, day("2099-01-31"))
		wantFate(t, err, gitlab.LostToken{Fate: gitlab.FateRevoked, IDs: []int64{4}, OldRevoked: true}, false)
		if live := s.live(c.parent, c.list); !slices.Equal(live, []int64{2, 3}) {
			t.Errorf("%v are live", live)
		}
	})
}

func TestLostRotationThatDidNothing(t *testing.T) {
	t.Parallel()
	eachAccessCase(t, func(t *testing.T, c tokenCase) {
		route := restRoute("POST", c.parent, c.list+"/1/rotate")
		s := old(newStub(t), c).on(route, func(request, func() reply) reply { return reply{cut: true} })
		_, _, err := s.client(retrying).RotateToken(t.Context(), c.parent, 1, day("2099-01-31"))
		wantError(t, err, apierror.Unavailable, "the old token is still live")
		wantFate(t, err, gitlab.LostToken{Fate: gitlab.FateUntouched, IDs: []int64{1}}, false)
		s.wantRequests(route, 1)
		if live := s.live(c.parent, c.list); !slices.Equal(live, []int64{1, 2}) {
			t.Errorf("%v are live", live)
		}
	})
}

func TestLostRotationThatCannotBeCleanedUp(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		method, rest string
		answer       reply
		want         gitlab.LostToken
	}{
		"no list":  {"GET", "", reply{cut: true}, gitlab.LostToken{Fate: gitlab.FateUnknown}},
		"no right": {"DELETE", "/3", refusal(403, "403 Forbidden"), gitlab.LostToken{Fate: gitlab.FateNotRevoked, IDs: []int64{3}, OldRevoked: true}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachAccessCase(t, func(t *testing.T, token tokenCase) {
				s := old(newStub(t), token)
				s.on(restRoute("POST", token.parent, token.list+"/1/rotate"), func(_ request, usual func() reply) reply {
					usual()
					s.overrides[restRoute(c.method, token.parent, token.list+c.rest)] = func(request, func() reply) reply { return c.answer }
					return reply{cut: true}
				})
				_, _, err := s.client().RotateToken(t.Context(), token.parent, 1, day("2099-01-31"))
				wantError(t, err, apierror.Unavailable, "by hand")
				wantFate(t, err, c.want, true)
			})
		})
	}
}

func TestRotationOtherThanAsked(t *testing.T) {
	t.Parallel()
	eachAccessCase(t, func(t *testing.T, c tokenCase) {
		s := old(newStub(t), c)
		s.on(restRoute("POST", c.parent, c.list+"/1/rotate"), func(_ request, usual func() reply) reply { return with("access_level", 50)(usual()) })
		_, _, err := s.client().RotateToken(t.Context(), c.parent, 1, day("2099-01-31"))
		wantError(t, err, apierror.Conflict, "access level 50 instead of 30", "it was revoked at once", "the credential is")
		if live := s.live(c.parent, c.list); !slices.Equal(live, []int64{2}) {
			t.Errorf("%v are live", live)
		}
	})
}
