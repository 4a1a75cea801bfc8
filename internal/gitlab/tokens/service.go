// Package tokens makes, rotates, ends and lists deploy tokens and access tokens of projects and groups.
package tokens

import (
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/coalesce"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/turns"
)

// Service keeps the lists that it has read until it makes or ends a token there. It is safe for
// concurrent use.
type Service struct {
	gitlab *gitlab.Client
	lists  *coalesce.Loader[tokenList, []Token]
	turns  turns.Turns[tokenList]
}

// New makes the service of a client, without sending a request.
func New(client *gitlab.Client) *Service {
	s := &Service{gitlab: client}
	s.lists = gitlab.Single(client, s.fetch)
	return s
}
