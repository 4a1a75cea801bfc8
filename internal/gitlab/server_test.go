package gitlab_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/version"
)

func TestNewSendsNothing(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t)
	s.Client()
	if names := s.Names(); len(names) > 0 {
		t.Errorf("sent %v", names)
	}
	s.WantRequests(gitlabtest.MetadataRoute, 0)
}

func TestNewNamesTheSettingAtFault(t *testing.T) {
	t.Parallel()
	_, err := gitlab.New(gitlab.Config{Config: transport.Config{BaseURL: "ftp://gitlab.example.com", Token: "glpat-example"}})
	var problem *transport.ConfigError
	if !errors.As(err, &problem) || problem.Field != "base_url" {
		t.Errorf("got %v", err)
	}
}

func TestServer(t *testing.T) {
	t.Parallel()
	const tooOld = "this provider needs GitLab 17.11 or newer"
	cases := map[string]struct {
		version string
		want    version.Version
		kind    apierror.Kind
		note    string
	}{
		"the newest":         {"19.4.1-ee", version.Version{Major: 19, Minor: 4}, 0, ""},
		"the oldest":         {"17.11.0", version.Version{Major: 17, Minor: 11}, 0, ""},
		"a preview":          {"19.5.0-pre", version.Version{Major: 19, Minor: 5}, 0, ""},
		"a minor too old":    {"17.10.9-ee", version.Version{}, apierror.Unsupported, tooOld},
		"a major too old":    {"16.11.0", version.Version{}, apierror.Unsupported, tooOld},
		"something unlike":   {"latest", version.Version{}, apierror.Misdirected, `"latest" is not a GitLab version`},
		"no version at all":  {"", version.Version{}, apierror.Misdirected, "is not a GitLab version"},
		"an answer not ours": {"hello 19.4", version.Version{}, apierror.Misdirected, "is not a GitLab version"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gitlabtest.NewStub(t)
			s.Version = c.version
			got, err := s.Client().Server(t.Context())
			if c.kind == 0 {
				if err != nil || got.Version != c.want || got.Text != c.version {
					t.Errorf("got %+v, %v", got, err)
				}
				return
			}
			e, ok := apierror.As(err)
			if !ok || e.Kind != c.kind || !strings.Contains(e.Note, c.note) {
				t.Fatalf("got %v", err)
			}
			if e.Doing == "" || e.Target != "at "+s.URL {
				t.Errorf("the error does not say what was done to which GitLab: %q, %q", e.Doing, e.Target)
			}
		})
	}
}

func TestFailedVersionIsNotKept(t *testing.T) {
	t.Parallel()
	failed := false
	s := gitlabtest.NewStub(t).On(gitlabtest.MetadataRoute, func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		if !failed {
			failed = true
			return gitlabtest.Reply{Status: http.StatusUnauthorized, Body: map[string]any{"message": "401 Unauthorized"}}
		}
		return usual()
	})
	client := s.Client()
	if _, err := client.Server(t.Context()); !apierror.Is(err, apierror.Unauthenticated) {
		t.Errorf("got %v", err)
	}
	if _, err := client.Server(t.Context()); err != nil {
		t.Errorf("the second try gives %v", err)
	}
}
