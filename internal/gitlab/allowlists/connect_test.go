package allowlists_test

import (
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
)

// services are the client and the service under test on top of it.
type services struct {
	*gitlab.Client
	*allowlists.Service
}

// connect makes them for a stub.
func connect(s *gitlabtest.Stub, change ...func(*gitlab.Config)) *services {
	client := s.Client(change...)
	return &services{client, allowlists.New(client)}
}

// prefetching makes them with groups whose projects are read at the first read of one.
func prefetching(s *gitlabtest.Stub, groups ...string) *services {
	client := s.Client()
	return &services{client, allowlists.New(client, groups...)}
}
