package variables_test

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/variables"
)

const value = gitlabtest.SecretPrefix + "value-1"

// wanted is a variable to be set, changed by edits.
func wanted(edits ...func(*variables.Variable)) variables.Variable {
	v := variables.Variable{Key: "TOKEN", Value: gitlab.NewSecret(value), Protected: true, Masked: true, Raw: true, Description: "for CI"}
	for _, edit := range edits {
		edit(&v)
	}
	return v
}

// setVariable sets a variable with all that is wanted of it. Created tells whether it may be there by this call alone.
func setVariable(t *testing.T, client *services, owner gitlab.Target, want variables.Variable, recreate bool) (created bool, stored variables.Variable, err error) {
	t.Helper()
	got, err := client.Set(t.Context(), owner, variables.Change{Variable: want, Describe: true, Recreate: recreate})
	return got.Outcome == variables.Created || got.Outcome == variables.Unknown && got.Before == nil, got.Stored, err
}

func hidden(v *variables.Variable) { v.Hidden = true }

func inProduction(v *variables.Variable) { v.Scope = "production" }

func TestVariablesAreShared(t *testing.T) {
	t.Parallel()
	gitlabtest.EachOwner(t, func(t *testing.T, owner gitlab.Target) {
		s := gitlabtest.NewStub(t).Plant(owner, "variables",
			gitlabtest.Record{"key": "B", "value": "b"}, gitlabtest.Record{"key": "A", "value": "a", "environment_scope": "production"}, gitlabtest.Record{"key": "A", "value": "a"},
			gitlabtest.Record{"key": "C", "value": "c", "masked_and_hidden": true, "variable_type": "file", "protected": true, "raw": true, "description": "d"})
		route := gitlabtest.RESTRoute("GET", owner, "variables")
		client := connect(s)
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				got, err := client.List(t.Context(), owner)
				want := []variables.Variable{
					{Key: "A", Value: gitlab.NewSecret("a"), Scope: "*"}, {Key: "A", Value: gitlab.NewSecret("a"), Scope: "production"},
					{Key: "B", Value: gitlab.NewSecret("b"), Scope: "*"},
					{Key: "C", File: true, Protected: true, Masked: true, Hidden: true, Raw: true, Scope: "*", Description: "d"},
				}
				if err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("got %+v, %v", got, err)
				}
			})
		}
		all.Wait()
		s.WantRequests(route, 2)
		if err := client.Delete(t.Context(), owner, "B", ""); err != nil {
			t.Error(err)
		}
		if got, err := client.List(t.Context(), owner); err != nil || len(got) != 3 {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

func TestVariablesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	gitlabtest.EachOwner(t, func(t *testing.T, owner gitlab.Target) {
		s := gitlabtest.NewStub(t).On(gitlabtest.RESTRoute("GET", owner, "variables"), func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
			return gitlabtest.Refusal(403, "403 Forbidden")
		})
		_, err := connect(s).List(t.Context(), owner)
		role := map[gitlab.Kind]string{gitlab.KindProject: "Maintainer", gitlab.KindGroup: "Owner"}[owner.Kind]
		gitlabtest.WantError(t, err, apierror.Forbidden, "the "+role+" role")
	})
}

func TestSetVariableCreates(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		want variables.Variable
		sent map[string]any
	}{
		"masked": {wanted(), map[string]any{
			"key": "TOKEN", "value": value, "environment_scope": "*", "masked": true, "protected": true, "raw": true, "variable_type": "env_var", "description": "for CI",
		}},
		"hidden": {wanted(hidden, inProduction), map[string]any{
			"key": "TOKEN", "value": value, "environment_scope": "production", "masked": true, "masked_and_hidden": true, "protected": true, "raw": true,
			"variable_type": "env_var", "description": "for CI",
		}},
		"plain file": {variables.Variable{Key: "TOKEN", File: true}, map[string]any{
			"key": "TOKEN", "value": "", "environment_scope": "*", "masked": false, "protected": false, "raw": false, "variable_type": "file", "description": "",
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gitlabtest.EachOwner(t, func(t *testing.T, owner gitlab.Target) {
				s := gitlabtest.NewStub(t)
				created, got, err := setVariable(t, connect(s), owner, c.want, false)
				if err != nil || !created || got.Key != "TOKEN" || got.Hidden != c.want.Hidden || got.File != c.want.File {
					t.Fatalf("got %t, %+v, %v", created, got, err)
				}
				posts := s.Asked(gitlabtest.RESTRoute("POST", owner, "variables"))
				if len(posts) != 1 || !reflect.DeepEqual(posts[0].Variables, c.sent) {
					t.Errorf("sent %v, want %v", posts, c.sent)
				}
			})
		})
	}
}

func TestSetVariableUpdates(t *testing.T) {
	t.Parallel()
	for name, edits := range map[string][]func(*variables.Variable){"visible": nil, "hidden": {hidden}, "in production": {inProduction}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gitlabtest.EachOwner(t, func(t *testing.T, owner gitlab.Target) {
				want := wanted(edits...)
				scope := "*"
				if want.Scope != "" {
					scope = want.Scope
				}
				s := gitlabtest.NewStub(t).Plant(owner, "variables",
					gitlabtest.Record{"key": "TOKEN", "value": "other", "environment_scope": "staging"},
					gitlabtest.Record{"key": "TOKEN", "value": "former", "environment_scope": scope, "masked_and_hidden": want.Hidden})
				created, got, err := setVariable(t, connect(s), owner, want, false)
				if err != nil || created || got.Protected != true {
					t.Fatalf("got %t, %+v, %v", created, got, err)
				}
				sent := map[string]any{
					"value": value, "filter": map[string]any{"environment_scope": scope}, "masked": true, "protected": true, "raw": true,
					"variable_type": "env_var", "description": "for CI",
				}
				if want.Hidden {
					delete(sent, "masked")
				}
				puts := s.Asked(gitlabtest.RESTRoute("PUT", owner, "variables/TOKEN"))
				if len(puts) != 1 || !reflect.DeepEqual(puts[0].Variables, sent) {
					t.Errorf("sent %v, want %v", puts, sent)
				}
				s.WantRequests(gitlabtest.RESTRoute("POST", owner, "variables"), 0)
				if all := s.Stored(owner, "variables"); all[0]["value"] != "other" || all[1]["value"] != value {
					t.Errorf("stored are %v", all)
				}
			})
		})
	}
}

// GitLab settles whether a variable is hidden when it is made.
func TestSetVariableOfAnotherVisibility(t *testing.T) {
	t.Parallel()
	for name, wantHidden := range map[string]bool{"visible to hidden": true, "hidden to visible": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gitlabtest.EachOwner(t, func(t *testing.T, owner gitlab.Target) {
				s := gitlabtest.NewStub(t).Plant(owner, "variables", gitlabtest.Record{"key": "TOKEN", "value": "former", "masked_and_hidden": !wantHidden})
				want := wanted(func(v *variables.Variable) { v.Hidden = wantHidden })
				_, _, err := setVariable(t, connect(s), owner, want, false)
				gitlabtest.WantError(t, err, apierror.Conflict, "deleted and made again")
				if all := s.Stored(owner, "variables"); len(all) != 1 || all[0]["value"] != "former" {
					t.Errorf("stored are %v", all)
				}
				created, got, err := setVariable(t, connect(s), owner, want, true)
				if err != nil || created || got.Hidden != wantHidden {
					t.Errorf("got %t, %+v, %v", created, got, err)
				}
				if all := s.Stored(owner, "variables"); len(all) != 1 || all[0]["value"] != value {
					t.Errorf("stored are %v", all)
				}
			})
		})
	}
}

func TestSetVariableThatIsDeletedAndRefused(t *testing.T) {
	t.Parallel()
	gitlabtest.EachOwner(t, func(t *testing.T, owner gitlab.Target) {
		s := gitlabtest.NewStub(t).Plant(owner, "variables", gitlabtest.Record{"key": "TOKEN"})
		s.On(gitlabtest.RESTRoute("POST", owner, "variables"), func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
			return gitlabtest.Refusal(400, map[string]any{"value": []string{"is invalid"}})
		})
		created, _, err := setVariable(t, connect(s), owner, wanted(hidden), true)
		e := gitlabtest.FailureOf(t, err, apierror.Invalid, "the variable that was there is deleted")
		if created || e.Words != "value is invalid" {
			t.Errorf("got %t, %v", created, e)
		}
	})
}

// A creation whose answer is lost goes on as a change of what is there.
func TestSetVariableAfterALostAnswer(t *testing.T) {
	t.Parallel()
	for name, loss := range map[string]func(gitlabtest.Reply) gitlabtest.Reply{
		"cut": gitlabtest.Losses["cut"].Lose, "half": gitlabtest.Losses["cut half-way"].Lose, "500": gitlabtest.Losses["500"].Lose, "login page": gitlabtest.Losses["a login page"].Lose,
		"null": gitlabtest.Losses["null"].Lose, "nothing": gitlabtest.Losses["nothing"].Lose,
	} {
		for _, acted := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, acted %t", name, acted), func(t *testing.T) {
				t.Parallel()
				gitlabtest.EachOwner(t, func(t *testing.T, owner gitlab.Target) {
					s := gitlabtest.NewStub(t)
					times := 0
					s.On(gitlabtest.RESTRoute("POST", owner, "variables"), func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
						if times++; times > 1 {
							return usual()
						}
						meant := gitlabtest.Reply{Status: 201, Body: gitlabtest.Record{}}
						if acted {
							meant = usual()
						}
						return loss(meant)
					})
					created, got, err := setVariable(t, connect(s, gitlabtest.Retrying), owner, wanted(), false)
					if err != nil || !created || got.Value.Reveal() != value {
						t.Fatalf("got %t, %+v, %v", created, got, err)
					}
					puts := map[bool]int{true: 1, false: 0}[acted]
					s.WantRequests(gitlabtest.RESTRoute("PUT", owner, "variables/TOKEN"), puts)
					s.WantRequests(gitlabtest.RESTRoute("POST", owner, "variables"), 2-puts)
				})
			})
		}
	}
}

func TestSetVariableWhoseAnswersAreAlwaysLost(t *testing.T) {
	t.Parallel()
	gitlabtest.EachOwner(t, func(t *testing.T, owner gitlab.Target) {
		s := gitlabtest.NewStub(t).On(gitlabtest.RESTRoute("POST", owner, "variables"), func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply { return gitlabtest.Reply{Cut: true} })
		created, _, err := setVariable(t, connect(s), owner, wanted(), false)
		if e := gitlabtest.FailureOf(t, err, apierror.Unavailable); !created || !e.Uncertain {
			t.Errorf("created %t: %v", created, e)
		}
		if got := len(s.Asked(gitlabtest.RESTRoute("POST", owner, "variables"))); got > 4 {
			t.Errorf("sent %d times", got)
		}
	})
}

func TestSetVariableThatCannotBeFoundAfterALostAnswer(t *testing.T) {
	t.Parallel()
	gitlabtest.EachOwner(t, func(t *testing.T, owner gitlab.Target) {
		s := gitlabtest.NewStub(t)
		s.On(gitlabtest.RESTRoute("POST", owner, "variables"), func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
			usual()
			s.Overrides[gitlabtest.RESTRoute("GET", owner, "variables/TOKEN")] = func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
				return gitlabtest.Refusal(502, "Bad Gateway")
			}
			return gitlabtest.Reply{Cut: true}
		})
		created, _, err := setVariable(t, connect(s), owner, wanted(), false)
		if e := gitlabtest.FailureOf(t, err, apierror.Unavailable); !created || !e.Uncertain {
			t.Errorf("created %t: %v", created, e)
		}
	})
}

func TestSetVariableIsSeenByTheNextRead(t *testing.T) {
	t.Parallel()
	gitlabtest.EachOwner(t, func(t *testing.T, owner gitlab.Target) {
		client := connect(gitlabtest.NewStub(t))
		for want := range 2 {
			if got, err := client.List(t.Context(), owner); err != nil || len(got) != want {
				t.Errorf("got %v, %v", got, err)
			}
			if _, _, err := setVariable(t, client, owner, wanted(), false); err != nil {
				t.Error(err)
			}
		}
	})
}

// Someone else makes or deletes the variable between the look and the write.
func TestSetVariableBesideOthers(t *testing.T) {
	t.Parallel()
	gitlabtest.EachOwner(t, func(t *testing.T, owner gitlab.Target) {
		s := gitlabtest.NewStub(t)
		get := gitlabtest.RESTRoute("GET", owner, "variables/TOKEN")
		times := 0
		s.On(get, func(r gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
			answer := usual()
			_, path, _ := strings.Cut(r.Name, " ")
			list := strings.TrimSuffix(path, "/TOKEN")
			switch times++; times {
			case 1:
				s.MakeVariable(list, gitlabtest.Record{"key": "TOKEN", "value": "theirs"})
			case 2:
				s.Records[list] = nil
			}
			return answer
		})
		created, got, err := setVariable(t, connect(s), owner, wanted(), false)
		if err != nil || !created || got.Value.Reveal() != value {
			t.Errorf("got %t, %+v, %v", created, got, err)
		}
		s.WantRequests(get, 3)
	})
}

// Without the licence for it GitLab drops the environment scope of a group's variable.
func TestSetVariableStoredOtherwise(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		stored gitlabtest.Record
		note   string
	}{
		"scope":     {gitlabtest.Record{"environment_scope": "*"}, "the environment scope * instead of production"},
		"protected": {gitlabtest.Record{"protected": false}, "protected = false"},
		"masked":    {gitlabtest.Record{"masked": false}, "masked = false"},
		"raw":       {gitlabtest.Record{"raw": false}, "raw = false"},
		"file":      {gitlabtest.Record{"variable_type": "file"}, "file = true"},
		"hidden":    {gitlabtest.Record{"hidden": true}, "hidden = true"},
		"value":     {gitlabtest.Record{"value": value + "-2"}, "another value"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gitlabtest.EachOwner(t, func(t *testing.T, owner gitlab.Target) {
				s := gitlabtest.NewStub(t)
				s.On(gitlabtest.RESTRoute("POST", owner, "variables"), func(r gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
					for name, changed := range c.stored {
						r.Variables[name] = changed
					}
					return usual()
				})
				s.On(gitlabtest.RESTRoute("GET", owner, "variables/TOKEN"), finding(s, owner))
				created, _, err := setVariable(t, connect(s), owner, wanted(inProduction), false)
				gitlabtest.WantError(t, err, apierror.Conflict, c.note, "it was deleted again")
				if all := s.Stored(owner, "variables"); len(all) > 0 || created {
					t.Errorf("stored are %v", all)
				}
			})
		})
	}
}

// finding is a GitLab that finds a group's variables by key alone.
func finding(s *gitlabtest.Stub, owner gitlab.Target) gitlabtest.Override {
	return func(r gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		_, path, _ := strings.Cut(r.Name, " ")
		list, key, _ := strings.Cut(path, "/variables/")
		for _, v := range s.Records[list+"/variables"] {
			if v["key"] == key && owner.Kind == gitlab.KindGroup {
				return gitlabtest.Reply{Body: v.Shown()}
			}
		}
		return usual()
	}
}

// Where GitLab finds by key alone, the variable of another scope must not be overwritten or deleted.
func TestVariableOfAGroupThatIsFoundByKeyAlone(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		scopes []string
		set    apierror.Kind
		remove apierror.Kind
		left   int
	}{
		"another scope":        {[]string{"staging"}, 0, 0, 1},
		"ours behind another":  {[]string{"staging", "production"}, apierror.Conflict, apierror.Conflict, 2},
		"ours before another":  {[]string{"production", "staging"}, 0, 0, 1},
		"ours alone":           {[]string{"production"}, 0, 0, 0},
		"nothing of this name": {nil, 0, 0, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			owner := gitlabtest.GroupTarget(101)
			s := gitlabtest.NewStub(t)
			for _, scope := range c.scopes {
				s.Plant(owner, "variables", gitlabtest.Record{"key": "TOKEN", "value": "of " + scope, "environment_scope": scope})
			}
			s.On(gitlabtest.RESTRoute("GET", owner, "variables/TOKEN"), finding(s, owner))
			client := connect(s)
			_, _, err := setVariable(t, client, owner, wanted(inProduction), false)
			if kind, _ := apierror.KindOf(err); kind != c.set {
				t.Errorf("set gives %v", err)
			}
			staging := slices.ContainsFunc(s.Stored(owner, "variables"), func(v gitlabtest.Record) bool { return v["value"] == "of staging" })
			if staging != slices.Contains(c.scopes, "staging") {
				t.Error("the other variable was overwritten")
			}
			if name == "another scope" {
				return // GitLab now holds two, of which ours comes second
			}
			err = client.Delete(t.Context(), owner, "TOKEN", "production")
			if kind, _ := apierror.KindOf(err); kind != c.remove || len(s.Stored(owner, "variables")) != c.left {
				t.Errorf("delete gives %v and leaves %v", err, s.Stored(owner, "variables"))
			}
		})
	}
}

// Without the licence a group has each key once: its variable for all environments is left alone.
func TestSetScopedVariableOfAGroupThatHasTheKey(t *testing.T) {
	t.Parallel()
	owner := gitlabtest.GroupTarget(101)
	s := gitlabtest.NewStub(t).Plant(owner, "variables", gitlabtest.Record{"key": "TOKEN", "value": "theirs"})
	s.On(gitlabtest.RESTRoute("GET", owner, "variables/TOKEN"), finding(s, owner))
	s.On(gitlabtest.RESTRoute("POST", owner, "variables"), func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Refusal(400, map[string]any{"key": []string{"(TOKEN) has already been taken"}})
	})
	created, _, err := setVariable(t, connect(s), owner, wanted(inProduction), true)
	gitlabtest.WantError(t, err, apierror.Conflict, "without a licence")
	if all := s.Stored(owner, "variables"); created || len(all) != 1 || all[0]["value"] != "theirs" {
		t.Errorf("created %t, stored are %v", created, all)
	}
}

func TestDeleteVariable(t *testing.T) {
	t.Parallel()
	gitlabtest.EachOwner(t, func(t *testing.T, owner gitlab.Target) {
		s := gitlabtest.NewStub(t).Plant(owner, "variables", gitlabtest.Record{"key": "TOKEN"}, gitlabtest.Record{"key": "TOKEN", "environment_scope": "review/*"})
		client := connect(s)
		for range 2 { // the second time it is gone
			if err := client.Delete(t.Context(), owner, "TOKEN", "review/*"); err != nil {
				t.Error(err)
			}
		}
		for _, r := range s.Asked(gitlabtest.RESTRoute("DELETE", owner, "variables/TOKEN")) {
			if query, err := url.ParseQuery(r.Query); err != nil || query.Get("filter[environment_scope]") != "review/*" {
				t.Errorf("asked with %q", r.Query)
			}
		}
		if all := s.Stored(owner, "variables"); len(all) != 1 || all[0]["environment_scope"] != "*" {
			t.Errorf("left are %v", all)
		}
	})
}

func TestVariableOfAnOwnerThatIsGone(t *testing.T) {
	t.Parallel()
	gitlabtest.EachOwner(t, func(t *testing.T, owner gitlab.Target) {
		gone := map[gitlab.Kind]gitlabtest.Reply{gitlab.KindProject: gitlabtest.Refusal(404, "404 Project Not Found"), gitlab.KindGroup: gitlabtest.Refusal(404, "404 Group Not Found")}[owner.Kind]
		s := gitlabtest.NewStub(t)
		for _, method := range []string{"GET", "DELETE"} {
			s.On(gitlabtest.RESTRoute(method, owner, "variables/TOKEN"), func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply { return gone })
		}
		err := connect(s).Delete(t.Context(), owner, "TOKEN", "")
		if e := gitlabtest.FailureOf(t, err, apierror.NotFound); e.Doing != "delete the CI/CD variable TOKEN of" || e.Target != owner.String() {
			t.Errorf("got %v", e)
		}
		_, _, err = setVariable(t, connect(s), owner, wanted(), false)
		gitlabtest.WantError(t, err, apierror.NotFound)
		s.WantRequests(gitlabtest.RESTRoute("POST", owner, "variables"), 0)
	})
}

// An answer, or what stands between, may repeat what was sent.
func TestValueIsNotRepeated(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 480) + " "
	answers := map[string]gitlabtest.Reply{
		"in a text":        gitlabtest.Refusal(400, "400 Bad request - "+value+" is not allowed"),
		"in a field":       gitlabtest.Refusal(400, map[string]any{"value": []string{value + " is invalid"}}),
		"as a field":       gitlabtest.Refusal(422, map[string]any{value: []string{"is invalid"}}),
		"cut by the limit": gitlabtest.Refusal(400, long+value),
		"as plain text":    gitlabtest.Text(400, "refused: "+value, "text/plain"),
		"in a title":       gitlabtest.Page(400, "refused: "+value),
		"in a 500":         gitlabtest.Refusal(500, "cannot store "+value),
		"in a page":        gitlabtest.Page(200, "refused: "+value),
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gitlabtest.EachOwner(t, func(t *testing.T, owner gitlab.Target) {
				var lines strings.Builder
				var mu sync.Mutex
				s := gitlabtest.NewStub(t).On(gitlabtest.RESTRoute("POST", owner, "variables"), func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply { return answer })
				client := connect(s, func(c *gitlab.Config) { c.Logger = gitlabtest.LogTo(&mu, &lines) })
				_, _, err := setVariable(t, client, owner, wanted(), false)
				e, ok := apierror.As(err)
				if !ok {
					t.Fatalf("got %v", err)
				}
				for _, printed := range []string{e.Error(), e.Words, e.Note, fmt.Sprintf("%+v", *e), fmt.Sprintf("%#v", *e), lines.String()} {
					if strings.Contains(printed, "opensesame") {
						t.Errorf("the value stands in %s", printed)
					}
				}
			})
		})
	}
}

func TestMaskProblem(t *testing.T) {
	t.Parallel()
	const short, space, others = "shorter than 8", "white space", "other than letters"
	cases := []struct {
		value      string
		plain, raw string
	}{
		{"abcdefgh", "", ""},
		{"aZ09_+=/@:.~-", "", ""},
		{"abcdefg", short, short},
		{"", short, short},
		{"abcd$efgh", others, ""},
		{"äöüäöüäöü", others, ""},
		{"äöü", short, short},
		{"abcd efgh", space, space},
		{"abcdefgh\n", space, space},
		{"abcd\vefgh", space, space},
		{"glpat-abc.DEF_123-x", "", ""},
	}
	for _, c := range cases {
		t.Run(c.value, func(t *testing.T) {
			t.Parallel()
			for raw, want := range map[bool]string{false: c.plain, true: c.raw} {
				got := variables.MaskProblem(c.value, raw)
				if (got == "") != (want == "") || !strings.Contains(got, want) || c.value != "" && strings.Contains(got, c.value) {
					t.Errorf("raw %t: %q, want %q", raw, got, want)
				}
			}
		})
	}
}

func TestKeyProblem(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"TOKEN_1": "", "token": "", strings.Repeat("A", 255): "", strings.Repeat("A", 256): "longer than 255", "": "empty", "A-B": "other than letters", "A B": "other", "Ä": "other",
	}
	for key, want := range cases {
		if got := variables.KeyProblem(key); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%q gives %q, want %q", key, got, want)
		}
	}
}

// What a write came to is told beside an error too, with what was there before.
func TestSetVariableOutcome(t *testing.T) {
	t.Parallel()
	refuse := func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Refusal(400, map[string]any{"value": []string{"is invalid"}})
	}
	cutAfter := func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		usual()
		return gitlabtest.Reply{Cut: true}
	}
	cases := map[string]struct {
		// there is what is there before; post and put are what GitLab does.
		there     gitlabtest.Record
		post, put gitlabtest.Override
		recreate  bool
		outcome   variables.Outcome
		before    string
	}{
		"created":                 {outcome: variables.Created},
		"overwritten":             {there: gitlabtest.Record{"value": "former"}, outcome: variables.Overwritten, before: "former"},
		"made again":              {there: gitlabtest.Record{"value": "former", "masked_and_hidden": true}, recreate: true, outcome: variables.Overwritten},
		"refused, none there":     {post: refuse, outcome: variables.Untouched},
		"refused":                 {there: gitlabtest.Record{"value": "former"}, put: refuse, outcome: variables.Untouched, before: "former"},
		"not answered, none":      {post: cutAfter, put: cutAfter, outcome: variables.Unknown},
		"not answered":            {there: gitlabtest.Record{"value": "former"}, put: cutAfter, outcome: variables.Unknown, before: "former"},
		"another flag stored":     {there: gitlabtest.Record{"value": "former"}, put: withFlag("protected", false), outcome: variables.Overwritten, before: "former"},
		"another flag in the new": {post: withFlag("protected", false), outcome: variables.Untouched},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gitlabtest.EachOwner(t, func(t *testing.T, owner gitlab.Target) {
				s := gitlabtest.NewStub(t)
				if c.there != nil {
					there := gitlabtest.Record{"key": "TOKEN", "value": c.there["value"], "masked_and_hidden": c.there["masked_and_hidden"] == true}
					s.Plant(owner, "variables", there)
				}
				for route, do := range map[string]gitlabtest.Override{gitlabtest.RESTRoute("POST", owner, "variables"): c.post, gitlabtest.RESTRoute("PUT", owner, "variables/TOKEN"): c.put} {
					if do != nil {
						s.On(route, do)
					}
				}
				got, err := connect(s).Set(t.Context(), owner, variables.Change{Variable: wanted(), Recreate: c.recreate, Again: 1})
				if got.Outcome != c.outcome || (got.Before != nil) != (c.there != nil) || got.Before != nil && got.Before.Value.Reveal() != c.before {
					t.Errorf("got %d, before %+v, %v", got.Outcome, got.Before, err)
				}
			})
		})
	}
}

// withFlag is a GitLab that stores another flag than was sent.
func withFlag(name string, value bool) gitlabtest.Override {
	return func(r gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		r.Variables[name] = value
		return usual()
	}
}
