// Package variables reads and writes CI/CD variables of projects and groups.
package variables

import (
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/coalesce"
)

// Service keeps the lists that it has read until it writes a variable there. It is safe for concurrent
// use.
type Service struct {
	gitlab *gitlab.Client
	lists  *coalesce.Loader[gitlab.Key, []Variable]
}

// New makes the service of a client, without sending a request.
func New(client *gitlab.Client) *Service {
	s := &Service{gitlab: client}
	s.lists = gitlab.Single(client, s.fetch)
	return s
}
