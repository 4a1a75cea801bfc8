package tokens_test

import (
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"
)

// services are the client and the service under test on top of it.
type services struct {
	*gitlab.Client
	*tokens.Service
}

// connect makes them for a stub.
func connect(s *gitlabtest.Stub, change ...func(*gitlab.Config)) *services {
	client := s.Client(change...)
	return &services{client, tokens.New(client)}
}
