package gitlabtest_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/variables"
)

// What must not be told: none looks like a token of GitLab's, so that no pattern helps, and each has
// characters that JSON, HTML and addresses write otherwise.
var (
	configured = map[string]string{
		"the provider's token":  `Zq8"&<w/+=9fXkL2`,
		"a header":              `open sesame & "friends"`,
		"credentials":           base64.StdEncoding.EncodeToString([]byte(`robot:pass&<word-77abc`)),
		"the password in them":  `pass&<word-77abc`,
		"a cookie":              `Kj8vQ2mN5xT1/+`,
		"a value of one letter": `1`, // which is hidden nowhere: it would stand in every text
	}
	minted = map[string]string{
		"a deploy token":         `dply"&<Tk/made+1Qx`,
		"an access token":        `accs"&<Tk/made+2Qx`,
		"a rotated access token": `rota"&<Tk/made+3Qx`,
		"a variable's value":     `vari"&<Vl/sent+4Qx`,
	}
)

// leaks tells whether 8 characters of a secret in a row stand in a text, in whatever spelling.
func leaks(text, secret string) bool {
	spellings := []string{text, html.UnescapeString(text)}
	if plain, err := url.PathUnescape(text); err == nil {
		spellings = append(spellings, plain)
	}
	spellings = append(spellings, strings.NewReplacer(`\"`, `"`, `\u0026`, "&", `\u003c`, "<").Replace(text))
	for at := 0; at+8 <= len(secret); at++ {
		for _, spelled := range spellings {
			if strings.Contains(spelled, secret[at:at+8]) {
				return true
			}
		}
	}
	return false
}

// everywhere is every request that the calls below send.
var everywhere = []string{
	gitlabtest.MetadataRoute, gitlabtest.UserRoute, gitlabtest.InstanceRoute, "ProjectSnapshots", "ProjectReferencesByPath", "ProjectReferencesByID",
	"AddEntries", "SetPermissions", "UpdateSettings", "PermissionNames", "GET /api/v4/projects/acme%2Fp2",
	gitlabtest.RESTRoute("GET", gitlabtest.Target(1), "deploy_tokens"), gitlabtest.RESTRoute("POST", gitlabtest.Target(1), "deploy_tokens"),
	gitlabtest.RESTRoute("GET", gitlabtest.Target(1), "access_tokens"), gitlabtest.RESTRoute("POST", gitlabtest.Target(1), "access_tokens"),
	gitlabtest.RESTRoute("GET", gitlabtest.Target(1), "variables"), gitlabtest.RESTRoute("GET", gitlabtest.Target(1), "variables/KEY"),
	gitlabtest.RESTRoute("PUT", gitlabtest.Target(1), "variables/KEY"), gitlabtest.RESTRoute("POST", gitlabtest.Target(1), "variables"),
}

// calls are what the provider asks of the client.
func calls(ctx context.Context, c *services) (failures []error, told []string) {
	one := gitlabtest.Target(1)
	note := func(err error) { failures = append(failures, err) }
	server, err := c.Server(ctx)
	note(err)
	caller, err := c.Caller(ctx)
	note(err)
	told = append(told, server.Text, caller.Username)
	_, err = c.Resolve(ctx, gitlab.KindProject, gitlab.Ref{Path: "acme/p2"})
	note(err)
	_, err = c.Project(ctx, 1)
	note(err)
	_, err = c.Enforcement(ctx)
	note(err)
	_, err = c.PermissionNames(ctx)
	note(err)
	off := false
	_, err = c.UpdateSettings(ctx, one, allowlists.SettingsChange{PushRepository: &off})
	note(err)
	for _, result := range c.Change(ctx, one, []allowlists.Change{{Action: allowlists.Add, Target: gitlabtest.Target(2), Permissions: allowlists.FineGrained("read_jobs")}}) {
		note(result.Err)
	}
	for _, kind := range []tokens.Kind{tokens.Deploy, tokens.Access} {
		_, err = c.tokens.Fresh(ctx, kind, one)
		note(err)
		_, _, err = c.tokens.Create(ctx, kind, one, request(kind, "later"))
		note(err)
	}
	_, err = c.variables.List(ctx, one)
	note(err)
	_, err = c.variables.Set(ctx, one, variables.Change{Variable: variables.Variable{Key: "KEY", Value: gitlab.NewSecret("another value")}})
	note(err)
	return slices.DeleteFunc(failures, func(err error) bool { return err == nil }), told
}

func request(kind tokens.Kind, name string) tokens.Request {
	if kind == tokens.Access {
		return tokens.Request{Name: name, Scopes: []string{"api"}, ExpiresAt: time.Now().AddDate(0, 0, 30)}
	}
	return tokens.Request{Name: name, Scopes: []string{"read_repository"}}
}

// mint has the client make tokens, rotate one and set a variable.
func mint(t *testing.T, s *gitlabtest.Stub, c *services) {
	t.Helper()
	one := gitlabtest.Target(1)
	hand := func(route, secret string) {
		s.On(route, func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
			return gitlabtest.With("token", secret)(usual())
		})
	}
	hand(gitlabtest.RESTRoute("POST", one, "deploy_tokens"), minted["a deploy token"])
	hand(gitlabtest.RESTRoute("POST", one, "access_tokens"), minted["an access token"])
	for _, kind := range []tokens.Kind{tokens.Deploy, tokens.Access} {
		token, secret, err := c.tokens.Create(t.Context(), kind, one, request(kind, "first"))
		if err != nil || !slices.Contains(slices.Collect(maps.Values(minted)), secret.Reveal()) {
			t.Fatalf("made %+v, %v", token, err)
		}
		if kind == tokens.Access {
			hand(gitlabtest.RESTRoute("POST", one, fmt.Sprintf("access_tokens/%d/rotate", token.ID)), minted["a rotated access token"])
			if _, _, err := c.tokens.Rotate(t.Context(), one, token.ID, time.Now().AddDate(0, 0, 60)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := c.variables.Set(t.Context(), one, variables.Change{Variable: variables.Variable{Key: "FIRST", Value: gitlab.NewSecret(minted["a variable's value"])}}); err != nil {
		t.Fatal(err)
	}
}

// entities writes every character as HTML's number of it, escapes as JSON's.
func entities(text string) (written string) {
	for _, r := range text {
		written += fmt.Sprintf("&#%d;", r)
	}
	return written
}

func escapes(text string) (written string) {
	for _, r := range text {
		written += fmt.Sprintf(`\u%04x`, r)
	}
	return written
}

// places are where a server can echo a text. Usual is what it would answer.
var places = map[string]func(text string, r gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply{
	"a message": func(text string, _ gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Refusal(400, text)
	},
	"a message of JSON's escapes": func(text string, _ gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Text(400, `{"message":"`+escapes(text)+`"}`, "application/json")
	},
	"messages of fields": func(text string, _ gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Refusal(400, gitlabtest.Record{"name": []string{"is odd", text}, text: []string{"is no field"}})
	},
	"an error's description": func(text string, _ gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Reply{Status: 403, Body: gitlabtest.Record{"error": "refused", "error_description": text, "scope": text}}
	},
	"plain text": func(text string, _ gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Text(502, text, "text/plain")
	},
	"a page's title": func(text string, _ gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Page(403, text)
	},
	"a page's title, escaped": func(text string, _ gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Page(403, html.EscapeString(text))
	},
	"a page's title of HTML's numbers": func(text string, _ gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Page(403, entities(text))
	},
	"a login page's title": func(text string, _ gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Page(200, html.EscapeString(text))
	},
	"the id of a request": func(text string, _ gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Reply{Status: 500, Body: gitlabtest.Record{"message": "odd"}, Header: map[string]string{"X-Request-Id": text}}
	},
	"a redirect": func(text string, _ gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Reply{Status: 302, Header: map[string]string{"Location": "https://elsewhere.example/" + url.PathEscape(text) + "?ticket=" + url.QueryEscape(text)}}
	},
	"a redirect that cannot be read": func(text string, _ gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Reply{Status: 302, Header: map[string]string{"Location": "https://elsewhere.example:port/" + text}}
	},
	"an error of GraphQL": func(text string, _ gitlabtest.Request, _ func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.RefusedWhole(text)
	},
	"an error beside data": func(text string, r gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		if strings.Contains(r.Name, " ") {
			return usual()
		}
		return gitlabtest.Data(map[string]any{"result0": nil}, gitlabtest.Problem(text, "result0"))
	},
	"an error of a payload": func(text string, r gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		refused := map[string]any{"errors": []string{text}}
		switch r.Name {
		case "AddEntries", "SetPermissions":
			return gitlabtest.Data(map[string]any{"result0": refused})
		case "UpdateSettings":
			return gitlabtest.Data(map[string]any{"projectCiCdSettingsUpdate": refused})
		default:
			return usual()
		}
	},
	"the version": func(text string, r gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		if r.Name != gitlabtest.MetadataRoute {
			return usual()
		}
		return gitlabtest.Reply{Body: gitlabtest.Record{"version": text}}
	},
	"the version of an old GitLab": func(text string, r gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		if r.Name != gitlabtest.MetadataRoute {
			return usual()
		}
		return gitlabtest.Reply{Body: gitlabtest.Record{"version": "16.0.0-" + text}}
	},
	"the user's name": func(text string, r gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		if r.Name != gitlabtest.UserRoute {
			return usual()
		}
		return gitlabtest.Reply{Body: gitlabtest.Record{"id": 1, "username": text}}
	},
	"the path of another project": func(text string, r gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		if strings.Contains(r.Name, " ") {
			return usual()
		}
		return gitlabtest.Data(map[string]any{"projects": map[string]any{"nodes": []any{map[string]any{"id": gitlabtest.Gid("Project", 66), "fullPath": "acme/" + text}}}})
	},
	"the name of another token": func(text string, r gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		if !strings.HasPrefix(r.Name, "POST") {
			return usual()
		}
		return gitlabtest.With("name", text)(usual())
	},
	"the key of another variable": func(text string, r gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		if !strings.Contains(r.Name, "variables/") {
			return usual()
		}
		return gitlabtest.Reply{Body: gitlabtest.Record{"key": text, "value": "x", "environment_scope": "*"}}
	},
}

// No secret comes out in an error, in what is quoted of GitLab or in a log, wherever the server echoes it and
// wherever its words are cut.
func TestNoSecretIsEchoed(t *testing.T) {
	t.Parallel()
	// The words of an error end at 500 characters: a secret there is cut, if it is cut before it is hidden.
	cut := strings.Repeat("padding. ", 54)
	all := func(secrets map[string]string) (text string) {
		for _, name := range slices.Sorted(maps.Keys(secrets)) {
			text += secrets[name] + " and "
		}
		return text
	}
	for place, echo := range places {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			for _, text := range []string{all(configured), cut + configured["the provider's token"], cut + configured["a header"]} {
				echoed(t, configured, text, echo, func(*gitlabtest.Stub, *services) {})
				echoed(t, configured, text, echo, func(_ *gitlabtest.Stub, c *services) { _, _ = c.Server(t.Context()) })
			}
			for _, text := range []string{all(minted), cut + minted["a deploy token"]} {
				echoed(t, minted, text, echo, func(s *gitlabtest.Stub, c *services) { mint(t, s, c) })
			}
		})
	}
}

// echoed has a server echo a text in answer to everything, after something was done, and looks for secrets in
// what the client tells.
func echoed(
	t *testing.T, secrets map[string]string, text string,
	echo func(string, gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply, before func(*gitlabtest.Stub, *services),
) {
	t.Helper()
	var mu sync.Mutex
	var logged strings.Builder
	s := gitlabtest.NewStub(t, gitlabtest.Numbered(3)...)
	s.On(gitlabtest.UserRoute, func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.Reply{Body: gitlabtest.Record{"id": 1, "username": "anna"}}
	})
	c := with(s.Client(func(config *gitlab.Config) {
		config.Token, config.Logger = configured["the provider's token"], gitlabtest.LogTo(&mu, &logged)
		config.Headers = map[string]string{
			"X-Gate": configured["a header"], "Authorization": "Basic " + configured["credentials"], "X-Short": configured["a value of one letter"],
			"Cookie": "theme=dark; session=" + configured["a cookie"],
		}
	}))
	before(s, c)
	for _, route := range everywhere {
		usual := s.Overrides[route]
		s.On(route, func(r gitlabtest.Request, own func() gitlabtest.Reply) gitlabtest.Reply {
			return echo(text, r, func() gitlabtest.Reply {
				switch {
				case usual != nil:
					return usual(r, own)
				case r.Name == "PermissionNames", r.Name == gitlabtest.InstanceRoute, r.Name == "GET /api/v4/projects/acme%2Fp2":
					return gitlabtest.Refusal(404, "404 Not found")
				default:
					return own()
				}
			})
		})
	}
	failures, told := calls(t.Context(), c)
	for _, err := range failures {
		e, ok := apierror.As(err)
		if !ok {
			t.Fatalf("%v is not the one error type", err)
		}
		told = append(told, err.Error(), e.Words, e.Note, e.RequestID, e.Field, e.Doing, e.Target)
	}
	mu.Lock()
	told = append(told, logged.String())
	mu.Unlock()
	for name, secret := range secrets {
		for _, words := range told {
			if leaks(words, secret) {
				t.Errorf("%s is told:\n%s", name, words)
				return
			}
		}
	}
}

// with makes the services of a client.
func with(client *gitlab.Client) *services {
	return &services{client, allowlists.New(client), tokens.New(client), variables.New(client)}
}

// What is no HTTP at all is quoted by net/http, and so are addresses that a redirect led to.
func TestNoSecretIsEchoedOnTheWire(t *testing.T) {
	t.Parallel()
	token := configured["the provider's token"]
	for place, answer := range map[string]string{
		"the status line":   "HTTP/1.1 " + token + " odd\r\n\r\n",
		"no HTTP":           token + "\r\n\r\n",
		"a header":          "HTTP/1.1 200 OK\r\n" + token + "\r\n\r\n",
		"a length":          "HTTP/1.1 200 OK\r\nContent-Length: " + token + "\r\n\r\n",
		"a redirect within": "HTTP/1.1 302 Found\r\nLocation: /" + url.PathEscape(token) + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		"the next protocol": "HTTP/1.1 101 " + token + "\r\nUpgrade: " + token + "\r\nConnection: upgrade\r\n\r\n",
	} {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				var conn net.Conn
				conn, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.WriteString(conn, answer)
				_ = conn.Close()
			}))
			t.Cleanup(server.Close)
			var mu sync.Mutex
			var logged strings.Builder
			client, err := gitlab.New(gitlab.Config{Config: transport.Config{
				BaseURL: server.URL, Token: token, MaxRetries: -1, Logger: gitlabtest.LogTo(&mu, &logged),
			}})
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.Server(t.Context())
			e, ok := apierror.As(err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			if told := fmt.Sprint(err, e, e.Note, e.Cause, logged.String()); leaks(told, token) || logged.Len() == 0 {
				t.Errorf("told:\n%s", told)
			}
		})
	}
}

// What is not told stays whole where it belongs: the data of GitLab that the provider goes by.
func TestHidingLeavesDataAlone(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t, gitlabtest.Numbered(1)...)
	s.Projects[0].Path = "acme/production"
	c := with(s.Client(func(config *gitlab.Config) {
		config.Token, config.Headers = configured["the provider's token"], map[string]string{"X-Env": "production"}
	}))
	project, err := c.Project(t.Context(), 1)
	if err != nil || project.Path != "acme/production" {
		t.Errorf("got %+v, %v", project, err)
	}
	// A variable may hold the provider's own token, which it renews.
	change := variables.Change{Variable: variables.Variable{Key: "OWN", Value: gitlab.NewSecret(configured["the provider's token"])}}
	if _, err := c.variables.Set(t.Context(), gitlabtest.Target(1), change); err != nil {
		t.Fatal(err)
	}
	own, err := c.variables.Get(t.Context(), gitlabtest.Target(1), "OWN", "*")
	if err != nil || own == nil || own.Value.Reveal() != configured["the provider's token"] {
		t.Errorf("got %+v, %v", own, err)
	}
	if text, err := json.Marshal(own); err != nil || leaks(string(text), configured["the provider's token"]) {
		t.Errorf("it prints as %s, %v", text, err)
	}
}
