package tokens_test

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
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"
)

func wantFate(t *testing.T, err error, want tokens.Lost, uncertain bool) {
	t.Helper()
	lost, ok := tokens.LostOf(err)
	e, isOurs := apierror.As(err)
	if !ok || !isOurs {
		t.Fatalf("got %v", err)
	}
	if got := (tokens.Lost{Fate: lost.Fate, IDs: lost.IDs, OldRevoked: lost.OldRevoked}); !reflect.DeepEqual(got, want) || e.Uncertain != uncertain || lost.Error() == "" {
		t.Errorf("got %+v, uncertain %t, want %+v: %v", got, e.Uncertain, want, err)
	}
}

func TestLostCreation(t *testing.T) {
	t.Parallel()
	for name, loss := range gitlabtest.Losses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachTokenCase(t, func(t *testing.T, c tokenCase) {
				route := gitlabtest.RESTRoute("POST", c.parent, c.list)
				s := gitlabtest.NewStub(t).Plant(c.parent, c.list, gitlabtest.Record{"name": "cd"}).On(route, func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply { return loss.Lose(usual()) })
				_, secret, err := connect(s, gitlabtest.Retrying).Create(t.Context(), c.kind, c.parent, requestFor(c.kind))
				fate, left, note := tokens.Lost{Fate: tokens.FateRevoked, IDs: []int64{2}}, []int64{1}, "it is revoked, and nothing was kept"
				if loss.Proxied {
					fate.Fate, left, note = tokens.FateAmbiguous, []int64{1, 2}, "was not revoked"
				}
				e := gitlabtest.FailureOf(t, err, loss.Kind, "(id 2)", note)
				if !secret.Empty() || e.Target != c.parent.String() {
					t.Errorf("got %v", e)
				}
				wantFate(t, err, fate, loss.Proxied)
				s.WantRequests(route, 1)
				if live := s.Live(c.parent, c.list); !slices.Equal(live, left) {
					t.Errorf("%v are live", live)
				}
			})
		})
	}
}

func TestLostCreationThatMadeNothing(t *testing.T) {
	t.Parallel()
	eachTokenCase(t, func(t *testing.T, c tokenCase) {
		route := gitlabtest.RESTRoute("POST", c.parent, c.list)
		s := gitlabtest.NewStub(t).Plant(c.parent, c.list, gitlabtest.Record{"name": "ci"}).On(route, func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply { return gitlabtest.Reply{Cut: true} })
		_, _, err := connect(s, gitlabtest.Retrying).Create(t.Context(), c.kind, c.parent, requestFor(c.kind))
		gitlabtest.WantError(t, err, apierror.Unavailable, "no such token came up")
		wantFate(t, err, tokens.Lost{Fate: tokens.FateNotFound}, true)
		s.WantRequests(route, 1)
		s.WantRequests(gitlabtest.RESTRoute("GET", c.parent, c.list), 5)
		if live := s.Live(c.parent, c.list); !slices.Equal(live, []int64{1}) {
			t.Errorf("%v are live", live)
		}
	})
}

// A slow GitLab makes the token after its answer was given up, and after a first look.
func TestLostCreationThatIsSlow(t *testing.T) {
	t.Parallel()
	eachTokenCase(t, func(t *testing.T, c tokenCase) {
		s := gitlabtest.NewStub(t)
		var late func() gitlabtest.Reply
		s.On(gitlabtest.RESTRoute("POST", c.parent, c.list), func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
			late = usual
			return gitlabtest.Reply{Cut: true}
		})
		looks := 0
		s.On(gitlabtest.RESTRoute("GET", c.parent, c.list), func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
			if looks++; looks == 4 {
				late()
			}
			return usual()
		})
		_, _, err := connect(s).Create(t.Context(), c.kind, c.parent, requestFor(c.kind))
		wantFate(t, err, tokens.Lost{Fate: tokens.FateRevoked, IDs: []int64{1}}, false)
		if live := s.Live(c.parent, c.list); len(live) > 0 {
			t.Errorf("%v are live", live)
		}
	})
}

// Only a token that cannot be anyone else's is revoked.
func TestLostCreationAmongOthers(t *testing.T) {
	t.Parallel()
	same := func(gitlabtest.Record) {}
	cases := map[string]struct {
		kind  tokens.Kind
		other func(gitlabtest.Record)
		want  tokens.Lost
	}{
		"one alike":          {tokens.Deploy, same, tokens.Lost{Fate: tokens.FateAmbiguous, IDs: []int64{1, 2}}},
		"one alike with bot": {tokens.Access, same, tokens.Lost{Fate: tokens.FateAmbiguous, IDs: []int64{1, 2}}},
		"another name":       {tokens.Deploy, setting("name", "cd"), tokens.Lost{Fate: tokens.FateRevoked, IDs: []int64{2}}},
		"other scopes":       {tokens.Deploy, setting("scopes", []any{"read_registry"}), tokens.Lost{Fate: tokens.FateAmbiguous, IDs: []int64{2}}},
		"another user name":  {tokens.Deploy, setting("username", "pusher"), tokens.Lost{Fate: tokens.FateAmbiguous, IDs: []int64{2}}},
		"another expiry":     {tokens.Deploy, setting("expires_at", nil), tokens.Lost{Fate: tokens.FateAmbiguous, IDs: []int64{2}}},
		"another day":        {tokens.Access, setting("expires_at", "2099-02-01"), tokens.Lost{Fate: tokens.FateAmbiguous, IDs: []int64{2}}},
		"another role":       {tokens.Access, setting("access_level", 40), tokens.Lost{Fate: tokens.FateAmbiguous, IDs: []int64{2}}},
		"other words":        {tokens.Access, setting("description", "x"), tokens.Lost{Fate: tokens.FateAmbiguous, IDs: []int64{2}}},
		"one that is dead":   {tokens.Access, setting("revoked", true), tokens.Lost{Fate: tokens.FateRevoked, IDs: []int64{2}}},
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
					s := gitlabtest.NewStub(t)
					s.On(gitlabtest.RESTRoute("POST", token.parent, token.list), func(r gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
						_, path, _ := strings.Cut(r.Name, " ")
						s.MakeToken(path, r.Variables) // by someone else
						c.other(s.Records[path][0])
						usual()
						return gitlabtest.Reply{Cut: true}
					})
					_, _, err := connect(s).Create(t.Context(), token.kind, token.parent, requestFor(token.kind))
					wantFate(t, err, c.want, c.want.Fate == tokens.FateAmbiguous)
					e := gitlabtest.FailureOf(t, err, apierror.Unavailable)
					if c.want.Fate == tokens.FateAmbiguous && !strings.Contains(e.Note, "ids 1, 2") && !strings.Contains(e.Note, "others of that name came up at the same time (id 1)") {
						t.Errorf("they are not named: %q", e.Note)
					}
					if c.want.Fate == tokens.FateAmbiguous && len(s.Live(token.parent, token.list)) != 2 {
						t.Error("one was revoked")
					}
				})
			}
		})
	}
}

func setting(field string, value any) func(gitlabtest.Record) {
	return func(t gitlabtest.Record) { t[field] = value }
}

// Where a token of the name was there before, its maker may have made the new one, unless that is the caller.
func TestLostCreationOfANameInUse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		there gitlabtest.Record
		own   []int64
		left  bool
	}{
		"somebody's":           {gitlabtest.Record{"name": "ci"}, nil, true},
		"the caller's own":     {gitlabtest.Record{"name": "ci"}, []int64{7, 1}, false},
		"one that is revoked":  {gitlabtest.Record{"name": "ci", "revoked": true}, nil, false},
		"one that has expired": {gitlabtest.Record{"name": "ci", "expires_at": "2001-01-01"}, nil, false},
		"of another name":      {gitlabtest.Record{"name": "ci2"}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachTokenCase(t, func(t *testing.T, token tokenCase) {
				there := maps.Clone(c.there)
				if date, ends := there["expires_at"].(string); ends && token.kind == tokens.Deploy {
					there["expires_at"] = date + "T00:00:00Z"
				}
				s := gitlabtest.NewStub(t).Plant(token.parent, token.list, there)
				s.On(gitlabtest.RESTRoute("POST", token.parent, token.list), func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
					usual()
					return gitlabtest.Reply{Cut: true}
				})
				_, _, err := connect(s).Create(t.Context(), token.kind, token.parent, requestFor(token.kind), c.own...)
				if !c.left {
					wantFate(t, err, tokens.Lost{Fate: tokens.FateRevoked, IDs: []int64{2}}, false)
					return
				}
				wantFate(t, err, tokens.Lost{Fate: tokens.FateAmbiguous, IDs: []int64{2}}, true)
				gitlabtest.WantError(t, err, apierror.Unavailable, "(id 2)", "was not revoked", "there were tokens of that name before (id 1)")
				if live := s.Live(token.parent, token.list); !slices.Equal(live, []int64{1, 2}) {
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
		s := gitlabtest.NewStub(t)
		client := connect(s)
		if _, err := client.List(t.Context(), c.kind, c.parent); err != nil {
			t.Fatal(err)
		}
		if _, _, err := connect(s).Create(t.Context(), c.kind, c.parent, requestFor(c.kind)); err != nil {
			t.Fatal(err)
		}
		s.On(gitlabtest.RESTRoute("POST", c.parent, c.list), func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply { return gitlabtest.Reply{Cut: true} })
		_, _, err := client.Create(t.Context(), c.kind, c.parent, requestFor(c.kind))
		wantFate(t, err, tokens.Lost{Fate: tokens.FateNotFound}, true)
		if live := s.Live(c.parent, c.list); !slices.Equal(live, []int64{1}) {
			t.Errorf("%v are live", live)
		}
	})
}

// A rotation by someone else gives a new token of the same name, but of a bot user known before.
func TestLostCreationBesideARotation(t *testing.T) {
	t.Parallel()
	wanted := requestFor(tokens.Access)
	s := gitlabtest.NewStub(t).Plant(gitlabtest.Target(1), "access_tokens", gitlabtest.Record{
		"name": wanted.Name, "description": wanted.Description, "scopes": wanted.Scopes, "access_level": 30, "expires_at": "2099-01-31",
	})
	s.On(gitlabtest.RESTRoute("POST", gitlabtest.Target(1), "access_tokens"), func(r gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
		s.Usual(gitlabtest.Request{Name: r.Name + "/1/rotate", Variables: map[string]any{"expires_at": "2099-01-31"}})
		return gitlabtest.Reply{Cut: true}
	})
	_, _, err := connect(s).Create(t.Context(), tokens.Access, gitlabtest.Target(1), wanted)
	wantFate(t, err, tokens.Lost{Fate: tokens.FateNotFound}, true)
	if live := s.Live(gitlabtest.Target(1), "access_tokens"); !slices.Equal(live, []int64{2}) {
		t.Errorf("%v are live", live)
	}
}

func TestLostCreationThatCannotBeCleanedUp(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		method, rest string
		answer       gitlabtest.Reply
		want         tokens.Lost
		notes        []string
	}{
		"no list":  {"GET", "", gitlabtest.Reply{Cut: true}, tokens.Lost{Fate: tokens.FateUnknown}, []string{"could not be found out", `look for one named "ci"`}},
		"no right": {"DELETE", "/1", gitlabtest.Refusal(403, "403 Forbidden"), tokens.Lost{Fate: tokens.FateNotRevoked, IDs: []int64{1}}, []string{"(id 1)", "could not be revoked", "by hand"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachTokenCase(t, func(t *testing.T, token tokenCase) {
				s := gitlabtest.NewStub(t)
				s.On(gitlabtest.RESTRoute("POST", token.parent, token.list), func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
					usual()
					s.Overrides[gitlabtest.RESTRoute(c.method, token.parent, token.list+c.rest)] = func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply { return c.answer }
					return gitlabtest.Reply{Cut: true}
				})
				_, _, err := connect(s).Create(t.Context(), token.kind, token.parent, requestFor(token.kind))
				gitlabtest.WantError(t, err, apierror.Unavailable, c.notes...)
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
		s := gitlabtest.NewStub(t)
		s.On(gitlabtest.RESTRoute("POST", c.parent, c.list), func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
			interrupt()
			time.Sleep(10 * time.Millisecond)
			return usual()
		})
		token, secret, err := connect(s).Create(ctx, c.kind, c.parent, requestFor(c.kind))
		if err != nil || secret.Empty() {
			t.Errorf("got %v, %v", token, err)
		}
		if live := s.Live(c.parent, c.list); !slices.Equal(live, []int64{token.ID}) {
			t.Errorf("%v are live", live)
		}
	})
}

func TestInterruptedRotation(t *testing.T) {
	t.Parallel()
	eachAccessCase(t, func(t *testing.T, c tokenCase) {
		ctx, interrupt := context.WithCancel(t.Context())
		defer interrupt()
		s := old(gitlabtest.NewStub(t), c)
		s.On(gitlabtest.RESTRoute("POST", c.parent, c.list+"/1/rotate"), func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
			interrupt()
			time.Sleep(10 * time.Millisecond)
			return usual()
		})
		if token, secret, err := connect(s).Rotate(ctx, c.parent, 1, day("2099-01-31")); err != nil || secret.Empty() {
			t.Errorf("got %v, %v", token, err)
		}
	})
}

// A creation that waits for another of the same name can be interrupted too.
func TestInterruptWhileAnotherIsMade(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	s, parent := gitlabtest.NewStub(t), gitlabtest.Target(1)
	client := connect(s)
	s.During(gitlabtest.RESTRoute("POST", parent, "deploy_tokens"), func() {
		interrupt()
		_, _, err := client.Create(ctx, tokens.Deploy, parent, requestFor(tokens.Deploy))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	if _, _, err := client.Create(t.Context(), tokens.Deploy, parent, requestFor(tokens.Deploy)); err != nil {
		t.Error(err)
	}
	s.WantRequests(gitlabtest.RESTRoute("POST", parent, "deploy_tokens"), 1)
}

func TestCreationThatTakesTooLong(t *testing.T) {
	t.Parallel()
	eachTokenCase(t, func(t *testing.T, c tokenCase) {
		s := gitlabtest.NewStub(t)
		release := make(chan struct{})
		t.Cleanup(func() { close(release) })
		s.On(gitlabtest.RESTRoute("POST", c.parent, c.list), func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
			answer := usual()
			s.Mu.Unlock()
			<-release
			s.Mu.Lock()
			return answer
		})
		client := connect(s, func(config *gitlab.Config) { config.RequestTimeout, config.MaxRetries = time.Second, 5 })
		_, _, err := client.Create(t.Context(), c.kind, c.parent, requestFor(c.kind))
		wantFate(t, err, tokens.Lost{Fate: tokens.FateRevoked, IDs: []int64{1}}, false)
		s.WantRequests(gitlabtest.RESTRoute("POST", c.parent, c.list), 1)
	})
}

var accessCases = map[string]tokenCase{
	"project": tokenCases["project access token"],
	"group":   tokenCases["group access token"],
}

// old is the token that is rotated: the first of two of the list.
func old(s *gitlabtest.Stub, c tokenCase) *gitlabtest.Stub {
	return s.Plant(c.parent, c.list,
		gitlabtest.Record{"name": "ci", "scopes": []string{"read_api"}, "access_level": 30, "expires_at": "2026-06-30", "user_id": 55},
		gitlabtest.Record{"name": "ci", "scopes": []string{"read_api"}, "access_level": 30, "expires_at": "2026-06-30", "user_id": 56})
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
		s := old(gitlabtest.NewStub(t), c)
		token, secret, err := connect(s).Rotate(t.Context(), c.parent, 1, day("2099-01-31").Add(time.Hour))
		want := tokens.Token{ID: 3, Name: "ci", Scopes: []string{"read_api"}, AccessLevel: 30, UserID: 55, ExpiresAt: day("2099-01-31"), CreatedAt: day("2026-01-01")}
		if err != nil || secret.Reveal() != gitlabtest.SecretPrefix+"3" || !reflect.DeepEqual(token, want) {
			t.Errorf("got %+v, %v", token, err)
		}
		posts := s.Asked(gitlabtest.RESTRoute("POST", c.parent, c.list+"/1/rotate"))
		if len(posts) != 1 || !reflect.DeepEqual(posts[0].Variables, map[string]any{"expires_at": "2099-01-31"}) {
			t.Errorf("sent %v", posts)
		}
		if live := s.Live(c.parent, c.list); !slices.Equal(live, []int64{2, 3}) {
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
			s := old(gitlabtest.NewStub(t), accessCases["project"]).Plant(gitlabtest.Target(1), "access_tokens", gitlabtest.Record{"revoked": true})
			_, _, err := connect(s).Rotate(t.Context(), gitlabtest.Target(1), c.id, c.expires)
			gitlabtest.WantError(t, err, c.kind, c.note)
			s.WantRequests(gitlabtest.RESTRoute("POST", gitlabtest.Target(1), fmt.Sprintf("access_tokens/%d/rotate", c.id)), 0)
		})
	}
}

func TestRotateTokenThatIsRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer gitlabtest.Reply
		kind   apierror.Kind
	}{
		"role too low":        {gitlabtest.Refusal(401, "401 Unauthorized"), apierror.Forbidden},
		"role below the bot":  {gitlabtest.Refusal(400, "400 Bad request - Not eligible to rotate tokens with permissions not held by the user"), apierror.Forbidden},
		"revoked meanwhile":   {gitlabtest.Refusal(400, "400 Bad request - Token already revoked"), apierror.Conflict},
		"expiry too late":     {gitlabtest.Refusal(400, "400 Bad request - Expires at must be before 2027-01-31"), apierror.Invalid},
		"administrator, gone": {gitlabtest.Refusal(404, "404 Not found"), apierror.NotFound},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachAccessCase(t, func(t *testing.T, token tokenCase) {
				route := gitlabtest.RESTRoute("POST", token.parent, token.list+"/1/rotate")
				s := old(gitlabtest.NewStub(t), token).On(route, func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply { return c.answer })
				_, _, err := connect(s, gitlabtest.Retrying).Rotate(t.Context(), token.parent, 1, day("2099-01-31"))
				if e := gitlabtest.FailureOf(t, err, c.kind); e.Uncertain {
					t.Errorf("got %v", e)
				}
				s.WantRequests(route, 1)
			})
		})
	}
}

func TestLostRotation(t *testing.T) {
	t.Parallel()
	for name, loss := range gitlabtest.Losses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachAccessCase(t, func(t *testing.T, c tokenCase) {
				route := gitlabtest.RESTRoute("POST", c.parent, c.list+"/1/rotate")
				s := old(gitlabtest.NewStub(t), c).On(route, func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply { return loss.Lose(usual()) })
				_, secret, err := connect(s, gitlabtest.Retrying).Rotate(t.Context(), c.parent, 1, day("2099-01-31"))
				fate, left, note := tokens.Lost{Fate: tokens.FateRevoked, IDs: []int64{3}, OldRevoked: true}, []int64{2}, "it is revoked"
				if loss.Proxied {
					fate.Fate, left, note = tokens.FateAmbiguous, []int64{2, 3}, "was not revoked"
				}
				gitlabtest.WantError(t, err, loss.Kind, "(id 3)", note, "the credential is")
				wantFate(t, err, fate, loss.Proxied)
				s.WantRequests(route, 1)
				if live := s.Live(c.parent, c.list); !slices.Equal(live, left) || !secret.Empty() {
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
		s := old(gitlabtest.NewStub(t), c)
		s.On(gitlabtest.RESTRoute("POST", c.parent, c.list+"/1/rotate"), func(r gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
			_, path, _ := strings.Cut(r.Name, " ")
			s.MakeToken(strings.TrimSuffix(path, "/1/rotate"), gitlabtest.Record{"name": "ci", "scopes": []string{"read_api"}})
			usual()
			return gitlabtest.Reply{Cut: true}
		})
		_, _, err := connect(s).Rotate(t.Context(), c.parent, 1, day("2099-01-31"))
		wantFate(t, err, tokens.Lost{Fate: tokens.FateRevoked, IDs: []int64{4}, OldRevoked: true}, false)
		if live := s.Live(c.parent, c.list); !slices.Equal(live, []int64{2, 3}) {
			t.Errorf("%v are live", live)
		}
	})
}

func TestLostRotationThatDidNothing(t *testing.T) {
	t.Parallel()
	eachAccessCase(t, func(t *testing.T, c tokenCase) {
		route := gitlabtest.RESTRoute("POST", c.parent, c.list+"/1/rotate")
		s := old(gitlabtest.NewStub(t), c).On(route, func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply { return gitlabtest.Reply{Cut: true} })
		_, _, err := connect(s, gitlabtest.Retrying).Rotate(t.Context(), c.parent, 1, day("2099-01-31"))
		gitlabtest.WantError(t, err, apierror.Unavailable, "the old token is still live")
		wantFate(t, err, tokens.Lost{Fate: tokens.FateUntouched, IDs: []int64{1}}, false)
		s.WantRequests(route, 1)
		if live := s.Live(c.parent, c.list); !slices.Equal(live, []int64{1, 2}) {
			t.Errorf("%v are live", live)
		}
	})
}

func TestLostRotationThatCannotBeCleanedUp(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		method, rest string
		answer       gitlabtest.Reply
		want         tokens.Lost
	}{
		"no list":  {"GET", "", gitlabtest.Reply{Cut: true}, tokens.Lost{Fate: tokens.FateUnknown}},
		"no right": {"DELETE", "/3", gitlabtest.Refusal(403, "403 Forbidden"), tokens.Lost{Fate: tokens.FateNotRevoked, IDs: []int64{3}, OldRevoked: true}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachAccessCase(t, func(t *testing.T, token tokenCase) {
				s := old(gitlabtest.NewStub(t), token)
				s.On(gitlabtest.RESTRoute("POST", token.parent, token.list+"/1/rotate"), func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
					usual()
					s.Overrides[gitlabtest.RESTRoute(c.method, token.parent, token.list+c.rest)] = func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply { return c.answer }
					return gitlabtest.Reply{Cut: true}
				})
				_, _, err := connect(s).Rotate(t.Context(), token.parent, 1, day("2099-01-31"))
				gitlabtest.WantError(t, err, apierror.Unavailable, "by hand")
				wantFate(t, err, c.want, true)
			})
		})
	}
}

func TestRotationOtherThanAsked(t *testing.T) {
	t.Parallel()
	eachAccessCase(t, func(t *testing.T, c tokenCase) {
		s := old(gitlabtest.NewStub(t), c)
		s.On(gitlabtest.RESTRoute("POST", c.parent, c.list+"/1/rotate"), func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
			return gitlabtest.With("access_level", 50)(usual())
		})
		_, _, err := connect(s).Rotate(t.Context(), c.parent, 1, day("2099-01-31"))
		gitlabtest.WantError(t, err, apierror.Conflict, "access level 50 instead of 30", "it was revoked at once", "the credential is")
		if live := s.Live(c.parent, c.list); !slices.Equal(live, []int64{2}) {
			t.Errorf("%v are live", live)
		}
	})
}
