package tokens

import (
	"context"
	"slices"
	"time"

	client "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
)

// issued is a token as GitLab shows it once, when it makes it.
type issued struct {
	Token
	secret string
	status int
}

// page reads one page of a list.
func (s *Service) page(ctx context.Context, of tokenList, page client.ListOptions) ([]Token, *client.Response, error) {
	rest, option := s.gitlab.REST(), gitlab.RESTContext(ctx)
	switch {
	case of.kind == Deploy && of.parent == gitlab.KindProject:
		list, response, err := rest.DeployTokens.ListProjectDeployTokens(of.id, &client.ListProjectDeployTokensOptions{ListOptions: page}, option)
		return listed(list, deployToken), response, err
	case of.kind == Deploy:
		list, response, err := rest.DeployTokens.ListGroupDeployTokens(of.id, &client.ListGroupDeployTokensOptions{ListOptions: page}, option)
		return listed(list, deployToken), response, err
	case of.parent == gitlab.KindProject:
		list, response, err := rest.ProjectAccessTokens.ListProjectAccessTokens(of.id, &client.ListProjectAccessTokensOptions{ListOptions: page}, option)
		return listed(list, accessToken), response, err
	default:
		list, response, err := rest.GroupAccessTokens.ListGroupAccessTokens(of.id, &client.ListGroupAccessTokensOptions{ListOptions: page}, option)
		return listed(list, groupAccessToken), response, err
	}
}

// post sends a creation, once.
func (s *Service) post(ctx context.Context, of tokenList, request Request) (issued, error) {
	rest, option := s.gitlab.REST(), gitlab.RESTContext(transport.WithEffect(ctx, transport.Credential))
	if of.kind == Deploy {
		options := client.CreateProjectDeployTokenOptions{
			Name: &request.Name, Username: given(request.Username), Scopes: &request.Scopes, ExpiresAt: given(request.ExpiresAt),
		}
		if of.parent == gitlab.KindProject {
			return readIssued(deployToken)(rest.DeployTokens.CreateProjectDeployToken(of.id, &options, option))
		}
		inGroup := client.CreateGroupDeployTokenOptions(options)
		return readIssued(deployToken)(rest.DeployTokens.CreateGroupDeployToken(of.id, &inGroup, option))
	}
	level := client.AccessLevelValue(request.AccessLevel)
	options := client.CreateProjectAccessTokenOptions{
		Name: &request.Name, Description: given(request.Description), Scopes: &request.Scopes, AccessLevel: &level,
		ExpiresAt: (*client.ISOTime)(given(request.ExpiresAt)),
	}
	if of.parent == gitlab.KindProject {
		return readIssued(accessToken)(rest.ProjectAccessTokens.CreateProjectAccessToken(of.id, &options, option))
	}
	inGroup := client.CreateGroupAccessTokenOptions(options)
	return readIssued(groupAccessToken)(rest.GroupAccessTokens.CreateGroupAccessToken(of.id, &inGroup, option))
}

// postRotation sends the rotation of an access token, once.
func (s *Service) postRotation(ctx context.Context, of tokenList, id int64, expiresAt time.Time) (issued, error) {
	rest, option := s.gitlab.REST(), gitlab.RESTContext(transport.WithEffect(ctx, transport.Credential))
	expires := client.ISOTime(expiresAt)
	if of.parent == gitlab.KindProject {
		return readIssued(accessToken)(rest.ProjectAccessTokens.RotateProjectAccessToken(of.id, id, &client.RotateProjectAccessTokenOptions{ExpiresAt: &expires}, option))
	}
	return readIssued(groupAccessToken)(rest.GroupAccessTokens.RotateGroupAccessToken(of.id, id, &client.RotateGroupAccessTokenOptions{ExpiresAt: &expires}, option))
}

func (s *Service) delete(ctx context.Context, of tokenList, id int64) error {
	rest, option := s.gitlab.REST(), gitlab.RESTContext(transport.WithEffect(ctx, transport.Repeatable))
	var err error
	switch {
	case of.kind == Deploy && of.parent == gitlab.KindProject:
		_, err = rest.DeployTokens.DeleteProjectDeployToken(of.id, id, option)
	case of.kind == Deploy:
		_, err = rest.DeployTokens.DeleteGroupDeployToken(of.id, id, option)
	case of.parent == gitlab.KindProject:
		_, err = rest.ProjectAccessTokens.RevokeProjectAccessToken(of.id, id, option)
	default:
		_, err = rest.GroupAccessTokens.RevokeGroupAccessToken(of.id, id, option)
	}
	return transport.Wrap(err)
}

// listed stays nil for what was no list.
func listed[T any](list []*T, read func(*T) issued) []Token {
	if list == nil {
		return nil
	}
	tokens := make([]Token, 0, len(list))
	for _, element := range list {
		if element != nil {
			tokens = append(tokens, read(element).Token)
		}
	}
	return tokens
}

// readIssued reads what client-go returns of a request that makes a token.
func readIssued[T any](read func(*T) issued) func(*T, *client.Response, error) (issued, error) {
	return func(token *T, response *client.Response, err error) (issued, error) {
		if err != nil {
			return issued{}, gitlab.Answered(err, response)
		}
		made := issued{}
		if token != nil {
			made = read(token)
		}
		if made.ID == 0 || made.secret == "" {
			return issued{}, gitlab.Answered(errNoToken, response)
		}
		made.status = response.StatusCode
		return made, nil
	}
}

func deployToken(t *client.DeployToken) issued {
	return issued{secret: t.Token, Token: Token{
		ID: t.ID, Name: t.Name, Username: t.Username, Scopes: sorted(t.Scopes), ExpiresAt: instant(t.ExpiresAt), Revoked: t.Revoked,
	}}
}

func accessToken(t *client.ProjectAccessToken) issued {
	return issued{secret: t.Token, Token: Token{
		ID: t.ID, Name: t.Name, Description: t.Description, Scopes: sorted(t.Scopes), ExpiresAt: instant((*time.Time)(t.ExpiresAt)),
		AccessLevel: int64(t.AccessLevel), UserID: t.UserID, CreatedAt: instant(t.CreatedAt), LastUsedAt: instant(t.LastUsedAt), Revoked: t.Revoked,
	}}
}

func groupAccessToken(t *client.GroupAccessToken) issued {
	return accessToken((*client.ProjectAccessToken)(t))
}

// given is nil for the zero value, which client-go then does not send.
func given[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}

func instant(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func sorted(names []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(names)))
}
