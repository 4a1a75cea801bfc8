package tokens_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"
)

// An answer about another token than the one that was to be made tells nothing of that one: it is looked for
// and ended, and the other is left alone.
func TestCreateAnswersAboutAnother(t *testing.T) {
	t.Parallel()
	for name, field := range map[string]struct {
		name  string
		value any
	}{"a token that was there before": {"id", 1}, "another name": {"name", "of-somebody-else"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gitlabtest.EachOwner(t, func(t *testing.T, in gitlab.Target) {
				s := gitlabtest.NewStub(t)
				client := connect(s)
				request := tokens.Request{Name: "first", Scopes: []string{"read_repository"}}
				first, _, err := client.Create(t.Context(), tokens.Deploy, in, request)
				if err != nil {
					t.Fatal(err)
				}
				value := field.value
				if field.name == "id" {
					value = first.ID
				}
				s.On(gitlabtest.RESTRoute("POST", in, "deploy_tokens"), func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
					return gitlabtest.With(field.name, value)(usual())
				})
				request.Name = "second"
				_, secret, err := client.Create(t.Context(), tokens.Deploy, in, request)
				gitlabtest.WantError(t, err, apierror.Misdirected, "answered about the token", "it is revoked")
				if !secret.Empty() {
					t.Error("the other's secret is given out")
				}
				left, err := client.Fresh(t.Context(), tokens.Deploy, in)
				if err != nil || len(left) != 1 || left[0].ID != first.ID {
					t.Errorf("left are %+v, %v", left, err)
				}
			})
		})
	}
}

// A rotation that answers about another token does not end that one.
func TestRotateAnswersAboutAnother(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t)
	client, in := connect(s), gitlabtest.Target(1)
	request := tokens.Request{Name: "bystander", Scopes: []string{"api"}, ExpiresAt: time.Now().AddDate(0, 0, 30)}
	bystander, _, err := client.Create(t.Context(), tokens.Access, in, request)
	if err != nil {
		t.Fatal(err)
	}
	request.Name = "ours"
	ours, _, err := client.Create(t.Context(), tokens.Access, in, request)
	if err != nil {
		t.Fatal(err)
	}
	s.On(gitlabtest.RESTRoute("POST", in, fmt.Sprintf("access_tokens/%d/rotate", ours.ID)), func(_ gitlabtest.Request, usual func() gitlabtest.Reply) gitlabtest.Reply {
		return gitlabtest.With("id", bystander.ID)(usual())
	})
	_, _, err = client.Rotate(t.Context(), in, ours.ID, time.Now().AddDate(0, 0, 60))
	gitlabtest.WantError(t, err, apierror.Misdirected, "answered about the token")
	left, err := client.Fresh(t.Context(), tokens.Access, in)
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range left {
		if token.ID == bystander.ID && token.Revoked {
			t.Error("the bystander was revoked")
		}
	}
}

// A list that never ends is given up.
func TestEndlessTokens(t *testing.T) {
	t.Parallel()
	page := 0
	s := gitlabtest.NewStub(t).On(gitlabtest.RESTRoute(http.MethodGet, gitlabtest.Target(1), "deploy_tokens"), func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
		page++
		return gitlabtest.Reply{Body: []any{}, Header: map[string]string{"X-Next-Page": fmt.Sprint(page + 1)}}
	})
	_, err := connect(s).List(t.Context(), tokens.Deploy, gitlabtest.Target(1))
	gitlabtest.WantError(t, err, apierror.Limit, fmt.Sprintf("after %d pages", gitlab.MaxPages))
}

// Null in place of the instance's settings is an error of ours.
func TestNullInPlaceOfTheInstancesSettings(t *testing.T) {
	t.Parallel()
	s := gitlabtest.NewStub(t).
		On(gitlabtest.UserRoute, func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
			return gitlabtest.Reply{Body: gitlabtest.Record{"id": 1, "username": "root", "is_admin": true}}
		}).
		On(gitlabtest.InstanceRoute, func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply {
			return gitlabtest.Text(200, "null", "application/json")
		})
	_, err := connect(s).Expiry(t.Context())
	gitlabtest.WantError(t, err, apierror.Unsupported, "expected form")
}
