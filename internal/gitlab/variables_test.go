package gitlab_test

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
)

var owners = map[string]gitlab.Target{"project": target(1), "group": group(101)}

func eachOwner(t *testing.T, test func(*testing.T, gitlab.Target)) {
	t.Helper()
	for name, owner := range owners {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, owner)
		})
	}
}

const value = secretPrefix + "value-1"

// wanted is a variable to be set, changed by edits.
func wanted(edits ...func(*gitlab.Variable)) gitlab.Variable {
	v := gitlab.Variable{Key: "TOKEN", Value: gitlab.NewSecret(value), Protected: true, Masked: true, Raw: true, Description: "for CI"}
	for _, edit := range edits {
		edit(&v)
	}
	return v
}

// setVariable sets a variable with all that is wanted of it. Created tells whether it may be there by this call alone.
func setVariable(t *testing.T, client *gitlab.Client, owner gitlab.Target, want gitlab.Variable, recreate bool) (created bool, stored gitlab.Variable, err error) {
	t.Helper()
	got, err := client.SetVariable(t.Context(), owner, gitlab.VariableChange{Variable: want, Describe: true, Recreate: recreate})
	return got.Outcome == gitlab.Created || got.Outcome == gitlab.Unknown && got.Before == nil, got.Stored, err
}

func hidden(v *gitlab.Variable) { v.Hidden = true }

func inProduction(v *gitlab.Variable) { v.Scope = "production" }

func TestVariablesAreShared(t *testing.T) {
	t.Parallel()
	eachOwner(t, func(t *testing.T, owner gitlab.Target) {
		s := newStub(t).plant(owner, "variables",
			record{"key": "B", "value": "b"}, record{"key": "A", "value": "a", "environment_scope": "production"}, record{"key": "A", "value": "a"},
			record{"key": "C", "value": "c", "masked_and_hidden": true, "variable_type": "file", "protected": true, "raw": true, "description": "d"})
		route := restRoute("GET", owner, "variables")
		client := s.client()
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				got, err := client.Variables(t.Context(), owner)
				want := []gitlab.Variable{
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
		s.wantRequests(route, 2)
		if err := client.DeleteVariable(t.Context(), owner, "B", ""); err != nil {
			t.Error(err)
		}
		if got, err := client.Variables(t.Context(), owner); err != nil || len(got) != 3 {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

func TestVariablesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	eachOwner(t, func(t *testing.T, owner gitlab.Target) {
		s := newStub(t).on(restRoute("GET", owner, "variables"), func(request, func() reply) reply { return refusal(403, "403 Forbidden") })
		_, err := s.client().Variables(t.Context(), owner)
		role := map[gitlab.Kind]string{gitlab.KindProject: "Maintainer", gitlab.KindGroup: "Owner"}[owner.Kind]
		wantError(t, err, apierror.Forbidden, "the "+role+" role")
	})
}

func TestSetVariableCreates(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		want gitlab.Variable
		sent map[string]any
	}{
		"masked": {wanted(), map[string]any{
			"key": "TOKEN", "value": value, "environment_scope": "*", "masked": true, "protected": true, "raw": true, "variable_type": "env_var", "description": "for CI",
		}},
		"hidden": {wanted(hidden, inProduction), map[string]any{
			"key": "TOKEN", "value": value, "environment_scope": "production", "masked": true, "masked_and_hidden": true, "protected": true, "raw": true,
			"variable_type": "env_var", "description": "for CI",
		}},
		"plain file": {gitlab.Variable{Key: "TOKEN", File: true}, map[string]any{
			"key": "TOKEN", "value": "", "environment_scope": "*", "masked": false, "protected": false, "raw": false, "variable_type": "file", "description": "",
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachOwner(t, func(t *testing.T, owner gitlab.Target) {
				s := newStub(t)
				created, got, err := setVariable(t, s.client(), owner, c.want, false)
				if err != nil || !created || got.Key != "TOKEN" || got.Hidden != c.want.Hidden || got.File != c.want.File {
					t.Fatalf("got %t, %+v, %v", created, got, err)
				}
				posts := s.asked(restRoute("POST", owner, "variables"))
				if len(posts) != 1 || !reflect.DeepEqual(posts[0].variables, c.sent) {
					t.Errorf("sent %v, want %v", posts, c.sent)
				}
			})
		})
	}
}

func TestSetVariableUpdates(t *testing.T) {
	t.Parallel()
	for name, edits := range map[string][]func(*gitlab.Variable){"visible": nil, "hidden": {hidden}, "in production": {inProduction}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachOwner(t, func(t *testing.T, owner gitlab.Target) {
				want := wanted(edits...)
				scope := "*"
				if want.Scope != "" {
					scope = want.Scope
				}
				s := newStub(t).plant(owner, "variables",
					record{"key": "TOKEN", "value": "other", "environment_scope": "staging"},
					record{"key": "TOKEN", "value": "former", "environment_scope": scope, "masked_and_hidden": want.Hidden})
				created, got, err := setVariable(t, s.client(), owner, want, false)
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
				puts := s.asked(restRoute("PUT", owner, "variables/TOKEN"))
				if len(puts) != 1 || !reflect.DeepEqual(puts[0].variables, sent) {
					t.Errorf("sent %v, want %v", puts, sent)
				}
				s.wantRequests(restRoute("POST", owner, "variables"), 0)
				if all := s.stored(owner, "variables"); all[0]["value"] != "other" || all[1]["value"] != value {
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
			eachOwner(t, func(t *testing.T, owner gitlab.Target) {
				s := newStub(t).plant(owner, "variables", record{"key": "TOKEN", "value": "former", "masked_and_hidden": !wantHidden})
				want := wanted(func(v *gitlab.Variable) { v.Hidden = wantHidden })
				_, _, err := setVariable(t, s.client(), owner, want, false)
				wantError(t, err, apierror.Conflict, "deleted and made again")
				if all := s.stored(owner, "variables"); len(all) != 1 || all[0]["value"] != "former" {
					t.Errorf("stored are %v", all)
				}
				created, got, err := setVariable(t, s.client(), owner, want, true)
				if err != nil || created || got.Hidden != wantHidden {
					t.Errorf("got %t, %+v, %v", created, got, err)
				}
				if all := s.stored(owner, "variables"); len(all) != 1 || all[0]["value"] != value {
					t.Errorf("stored are %v", all)
				}
			})
		})
	}
}

func TestSetVariableThatIsDeletedAndRefused(t *testing.T) {
	t.Parallel()
	eachOwner(t, func(t *testing.T, owner gitlab.Target) {
		s := newStub(t).plant(owner, "variables", record{"key": "TOKEN"})
		s.on(restRoute("POST", owner, "variables"), func(request, func() reply) reply {
			return refusal(400, map[string]any{"value": []string{"is invalid"}})
		})
		created, _, err := setVariable(t, s.client(), owner, wanted(hidden), true)
		e := failureOf(t, err, apierror.Invalid, "the variable that was there is deleted")
		if created || e.Words != "value is invalid" {
			t.Errorf("got %t, %v", created, e)
		}
	})
}

// A creation whose answer is lost goes on as a change of what is there.
func TestSetVariableAfterALostAnswer(t *testing.T) {
	t.Parallel()
	for name, loss := range map[string]func(reply) reply{
		"cut": losses["cut"].lose, "half": losses["cut half-way"].lose, "500": losses["500"].lose, "login page": losses["a login page"].lose,
		"null": losses["null"].lose, "nothing": losses["nothing"].lose,
	} {
		for _, acted := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, acted %t", name, acted), func(t *testing.T) {
				t.Parallel()
				eachOwner(t, func(t *testing.T, owner gitlab.Target) {
					s := newStub(t)
					times := 0
					s.on(restRoute("POST", owner, "variables"), func(_ request, usual func() reply) reply {
						if times++; times > 1 {
							return usual()
						}
						meant := reply{status: 201, body: record{}}
						if acted {
							meant = usual()
						}
						return loss(meant)
					})
					created, got, err := setVariable(t, s.client(retrying), owner, wanted(), false)
					if err != nil || !created || got.Value.Reveal() != value {
						t.Fatalf("got %t, %+v, %v", created, got, err)
					}
					puts := map[bool]int{true: 1, false: 0}[acted]
					s.wantRequests(restRoute("PUT", owner, "variables/TOKEN"), puts)
					s.wantRequests(restRoute("POST", owner, "variables"), 2-puts)
				})
			})
		}
	}
}

func TestSetVariableWhoseAnswersAreAlwaysLost(t *testing.T) {
	t.Parallel()
	eachOwner(t, func(t *testing.T, owner gitlab.Target) {
		s := newStub(t).on(restRoute("POST", owner, "variables"), func(request, func() reply) reply { return reply{cut: true} })
		created, _, err := setVariable(t, s.client(), owner, wanted(), false)
		if e := failureOf(t, err, apierror.Unavailable); !created || !e.Uncertain {
			t.Errorf("created %t: %v", created, e)
		}
		if got := len(s.asked(restRoute("POST", owner, "variables"))); got > 4 {
			t.Errorf("sent %d times", got)
		}
	})
}

func TestSetVariableThatCannotBeFoundAfterALostAnswer(t *testing.T) {
	t.Parallel()
	eachOwner(t, func(t *testing.T, owner gitlab.Target) {
		s := newStub(t)
		s.on(restRoute("POST", owner, "variables"), func(_ request, usual func() reply) reply {
			usual()
			s.overrides[restRoute("GET", owner, "variables/TOKEN")] = func(request, func() reply) reply { return refusal(502, "Bad Gateway") }
			return reply{cut: true}
		})
		created, _, err := setVariable(t, s.client(), owner, wanted(), false)
		if e := failureOf(t, err, apierror.Unavailable); !created || !e.Uncertain {
			t.Errorf("created %t: %v", created, e)
		}
	})
}

func TestSetVariableIsSeenByTheNextRead(t *testing.T) {
	t.Parallel()
	eachOwner(t, func(t *testing.T, owner gitlab.Target) {
		client := newStub(t).client()
		for want := range 2 {
			if got, err := client.Variables(t.Context(), owner); err != nil || len(got) != want {
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
	eachOwner(t, func(t *testing.T, owner gitlab.Target) {
		s := newStub(t)
		get := restRoute("GET", owner, "variables/TOKEN")
		times := 0
		s.on(get, func(r request, usual func() reply) reply {
			answer := usual()
			_, path, _ := strings.Cut(r.name, " ")
			list := strings.TrimSuffix(path, "/TOKEN")
			switch times++; times {
			case 1:
				s.makeVariable(list, record{"key": "TOKEN", "value": "theirs"})
			case 2:
				s.records[list] = nil
			}
			return answer
		})
		created, got, err := setVariable(t, s.client(), owner, wanted(), false)
		if err != nil || !created || got.Value.Reveal() != value {
			t.Errorf("got %t, %+v, %v", created, got, err)
		}
		s.wantRequests(get, 3)
	})
}

// Without the licence for it GitLab drops the environment scope of a group's variable.
func TestSetVariableStoredOtherwise(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		stored record
		note   string
	}{
		"scope":     {record{"environment_scope": "*"}, "the environment scope * instead of production"},
		"protected": {record{"protected": false}, "protected = false"},
		"masked":    {record{"masked": false}, "masked = false"},
		"raw":       {record{"raw": false}, "raw = false"},
		"file":      {record{"variable_type": "file"}, "file = true"},
		"hidden":    {record{"hidden": true}, "hidden = true"},
		"value":     {record{"value": value + "-2"}, "another value"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachOwner(t, func(t *testing.T, owner gitlab.Target) {
				s := newStub(t)
				s.on(restRoute("POST", owner, "variables"), func(r request, usual func() reply) reply {
					for name, changed := range c.stored {
						r.variables[name] = changed
					}
					return usual()
				})
				s.on(restRoute("GET", owner, "variables/TOKEN"), finding(s, owner))
				created, _, err := setVariable(t, s.client(), owner, wanted(inProduction), false)
				wantError(t, err, apierror.Conflict, c.note, "it was deleted again")
				if all := s.stored(owner, "variables"); len(all) > 0 || created {
					t.Errorf("stored are %v", all)
				}
			})
		})
	}
}

// finding is a GitLab that finds a group's variables by key alone.
func finding(s *stub, owner gitlab.Target) override {
	return func(r request, usual func() reply) reply {
		_, path, _ := strings.Cut(r.name, " ")
		list, key, _ := strings.Cut(path, "/variables/")
		for _, v := range s.records[list+"/variables"] {
			if v["key"] == key && owner.Kind == gitlab.KindGroup {
				return reply{body: v.shown()}
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
			owner := group(101)
			s := newStub(t)
			for _, scope := range c.scopes {
				s.plant(owner, "variables", record{"key": "TOKEN", "value": "of " + scope, "environment_scope": scope})
			}
			s.on(restRoute("GET", owner, "variables/TOKEN"), finding(s, owner))
			client := s.client()
			_, _, err := setVariable(t, client, owner, wanted(inProduction), false)
			if kind, _ := apierror.KindOf(err); kind != c.set {
				t.Errorf("set gives %v", err)
			}
			staging := slices.ContainsFunc(s.stored(owner, "variables"), func(v record) bool { return v["value"] == "of staging" })
			if staging != slices.Contains(c.scopes, "staging") {
				t.Error("the other variable was overwritten")
			}
			if name == "another scope" {
				return // GitLab now holds two, of which ours comes second
			}
			err = client.DeleteVariable(t.Context(), owner, "TOKEN", "production")
			if kind, _ := apierror.KindOf(err); kind != c.remove || len(s.stored(owner, "variables")) != c.left {
				t.Errorf("delete gives %v and leaves %v", err, s.stored(owner, "variables"))
			}
		})
	}
}

// Without the licence a group has each key once: its variable for all environments is left alone.
func TestSetScopedVariableOfAGroupThatHasTheKey(t *testing.T) {
	t.Parallel()
	owner := group(101)
	s := newStub(t).plant(owner, "variables", record{"key": "TOKEN", "value": "theirs"})
	s.on(restRoute("GET", owner, "variables/TOKEN"), finding(s, owner))
	s.on(restRoute("POST", owner, "variables"), func(request, func() reply) reply {
		return refusal(400, map[string]any{"key": []string{"(TOKEN) has already been taken"}})
	})
	created, _, err := setVariable(t, s.client(), owner, wanted(inProduction), true)
	wantError(t, err, apierror.Conflict, "without a licence")
	if all := s.stored(owner, "variables"); created || len(all) != 1 || all[0]["value"] != "theirs" {
		t.Errorf("created %t, stored are %v", created, all)
	}
}

func TestDeleteVariable(t *testing.T) {
	t.Parallel()
	eachOwner(t, func(t *testing.T, owner gitlab.Target) {
		s := newStub(t).plant(owner, "variables", record{"key": "TOKEN"}, record{"key": "TOKEN", "environment_scope": "review/*"})
		client := s.client()
		for range 2 { // the second time it is gone
			if err := client.DeleteVariable(t.Context(), owner, "TOKEN", "review/*"); err != nil {
				t.Error(err)
			}
		}
		for _, r := range s.asked(restRoute("DELETE", owner, "variables/TOKEN")) {
			if query, err := url.ParseQuery(r.query); err != nil || query.Get("filter[environment_scope]") != "review/*" {
				t.Errorf("asked with %q", r.query)
			}
		}
		if all := s.stored(owner, "variables"); len(all) != 1 || all[0]["environment_scope"] != "*" {
			t.Errorf("left are %v", all)
		}
	})
}

func TestVariableOfAnOwnerThatIsGone(t *testing.T) {
	t.Parallel()
	eachOwner(t, func(t *testing.T, owner gitlab.Target) {
		gone := map[gitlab.Kind]reply{gitlab.KindProject: refusal(404, "404 Project Not Found"), gitlab.KindGroup: refusal(404, "404 Group Not Found")}[owner.Kind]
		s := newStub(t)
		for _, method := range []string{"GET", "DELETE"} {
			s.on(restRoute(method, owner, "variables/TOKEN"), func(request, func() reply) reply { return gone })
		}
		err := s.client().DeleteVariable(t.Context(), owner, "TOKEN", "")
		if e := failureOf(t, err, apierror.NotFound); e.Doing != "delete the CI/CD variable TOKEN of" || e.Target != owner.String() {
			t.Errorf("got %v", e)
		}
		_, _, err = setVariable(t, s.client(), owner, wanted(), false)
		wantError(t, err, apierror.NotFound)
		s.wantRequests(restRoute("POST", owner, "variables"), 0)
	})
}

// An answer, or what stands between, may repeat what was sent.
func TestValueIsNotRepeated(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 480) + " "
	answers := map[string]reply{
		"in a text":        refusal(400, "400 Bad request - "+value+" is not allowed"),
		"in a field":       refusal(400, map[string]any{"value": []string{value + " is invalid"}}),
		"as a field":       refusal(422, map[string]any{value: []string{"is invalid"}}),
		"cut by the limit": refusal(400, long+value),
		"as plain text":    text(400, "refused: "+value, "text/plain"),
		"in a title":       page(400, "refused: "+value),
		"in a 500":         refusal(500, "cannot store "+value),
		"in a page":        page(200, "refused: "+value),
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachOwner(t, func(t *testing.T, owner gitlab.Target) {
				var lines strings.Builder
				var mu sync.Mutex
				s := newStub(t).on(restRoute("POST", owner, "variables"), func(request, func() reply) reply { return answer })
				client := s.client(func(c *gitlab.Config) { c.Logger = logTo(&mu, &lines) })
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
				got := gitlab.MaskProblem(c.value, raw)
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
		if got := gitlab.KeyProblem(key); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%q gives %q, want %q", key, got, want)
		}
	}
}

// What a write came to is told beside an error too, with what was there before.
func TestSetVariableOutcome(t *testing.T) {
	t.Parallel()
	refuse := func(request, func() reply) reply {
		return refusal(400, map[string]any{"value": []string{"is invalid"}})
	}
	cutAfter := func(_ request, usual func() reply) reply { usual(); return reply{cut: true} }
	cases := map[string]struct {
		// there is what is there before; post and put are what GitLab does.
		there     record
		post, put override
		recreate  bool
		outcome   gitlab.Outcome
		before    string
	}{
		"created":                 {outcome: gitlab.Created},
		"overwritten":             {there: record{"value": "former"}, outcome: gitlab.Overwritten, before: "former"},
		"made again":              {there: record{"value": "former", "masked_and_hidden": true}, recreate: true, outcome: gitlab.Overwritten},
		"refused, none there":     {post: refuse, outcome: gitlab.Untouched},
		"refused":                 {there: record{"value": "former"}, put: refuse, outcome: gitlab.Untouched, before: "former"},
		"not answered, none":      {post: cutAfter, put: cutAfter, outcome: gitlab.Unknown},
		"not answered":            {there: record{"value": "former"}, put: cutAfter, outcome: gitlab.Unknown, before: "former"},
		"another flag stored":     {there: record{"value": "former"}, put: withFlag("protected", false), outcome: gitlab.Overwritten, before: "former"},
		"another flag in the new": {post: withFlag("protected", false), outcome: gitlab.Untouched},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachOwner(t, func(t *testing.T, owner gitlab.Target) {
				s := newStub(t)
				if c.there != nil {
					there := record{"key": "TOKEN", "value": c.there["value"], "masked_and_hidden": c.there["masked_and_hidden"] == true}
					s.plant(owner, "variables", there)
				}
				for route, do := range map[string]override{restRoute("POST", owner, "variables"): c.post, restRoute("PUT", owner, "variables/TOKEN"): c.put} {
					if do != nil {
						s.on(route, do)
					}
				}
				got, err := s.client().SetVariable(t.Context(), owner, gitlab.VariableChange{Variable: wanted(), Recreate: c.recreate, Again: 1})
				if got.Outcome != c.outcome || (got.Before != nil) != (c.there != nil) || got.Before != nil && got.Before.Value.Reveal() != c.before {
					t.Errorf("got %d, before %+v, %v", got.Outcome, got.Before, err)
				}
			})
		})
	}
}

// withFlag is a GitLab that stores another flag than was sent.
func withFlag(name string, value bool) override {
	return func(r request, usual func() reply) reply {
		r.variables[name] = value
		return usual()
	}
}
