package emulator

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/release"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// quotedIn lists what stands in backquotes at the beginning of list items below a heading.
func quotedIn(t *testing.T, text, heading string) []string {
	t.Helper()
	_, section, found := strings.Cut(text, "\n## "+heading+"\n")
	if !found {
		t.Fatalf("README.md has no section %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var items []string
	for _, match := range regexp.MustCompile("(?m)^- `([^`]+)`").FindAllStringSubmatch(section, -1) {
		items = append(items, match[1])
	}
	slices.Sort(items)
	return items
}

func sameLists(t *testing.T, what string, listed, there []string) {
	t.Helper()
	for _, item := range there {
		if !slices.Contains(listed, item) {
			t.Errorf("README.md lacks %s - `%s`", what, item)
		}
	}
	for _, item := range listed {
		if !slices.Contains(there, item) {
			t.Errorf("README.md lists %s `%s`, which is not there", what, item)
		}
	}
}

// README.md lists every route, every GraphQL field of the roots and of what they lead
// to, and every flip; and no other.
func TestReadmeListsWhatIsServed(t *testing.T) {
	t.Parallel()
	server, err := Start(Options{Version: "17.11"}) // the version with most mutations
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	var routes []string
	newest, err := Start(Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(newest.Close)
	for _, route := range newest.rest.Routes() {
		routes = append(routes, route.Method+" "+route.Template)
	}
	fields := append(server.graphql.Fields(), newest.graphql.Fields()...)
	slices.Sort(fields)
	text := readme(t)
	sameLists(t, "the route", quotedIn(t, text, "REST"), routes)
	sameLists(t, "the field", quotedIn(t, text, "GraphQL"), slices.Compact(fields))
	sameLists(t, "the flip", quotedIn(t, text, "Facts that can be flipped"), release.FlipNames())
}

var example = regexp.MustCompile("(?s)```http\n([A-Z]+) (\\S+)\n(.*?)=> (\\d+)[^\n]*\n```")

// The examples of README.md are made one after the other, by root on the seed acme.
func TestReadmeExamples(t *testing.T) {
	t.Parallel()
	server, err := Start(Options{Seed: "acme"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	examples := example.FindAllStringSubmatch(readme(t), -1)
	if blocks := strings.Count(readme(t), "```http\n"); len(examples) != blocks || blocks < 10 {
		t.Errorf("%d examples can be read of %d", len(examples), blocks)
	}
	for _, e := range examples {
		method, path, body := e[1], e[2], e[3]
		want, _ := strconv.Atoi(e[4])
		request := httptest.NewRequestWithContext(t.Context(), method, server.URL()+path, strings.NewReader(body))
		request.Header.Set("Private-Token", server.AdminToken())
		if body != "" {
			request.Header.Set("Content-Type", "application/json")
		}
		answer := httptest.NewRecorder()
		http.Handler(server).ServeHTTP(answer, request)
		if answer.Code != want {
			t.Errorf("%s %s: %d %s, want %d", method, path, answer.Code, answer.Body, want)
		}
	}
}
