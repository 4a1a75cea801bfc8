// Package foreign tells whether acceptance tests are to run on a server that is not started for them.
package foreign

import (
	"fmt"
	"io"
	"os"
	"sync"
)

// Server is a GitLab that somebody asked the tests to work on.
type Server struct {
	BaseURL string
	// Token is an administrator's, with the scope api.
	Token string
}

var announce sync.Once

// Named is the server of GITLAB_BASE_URL and GITLAB_TOKEN. Both are set in many a shell and job for other
// purposes, so that they count only together with TF_ACC=1.
func Named() (Server, bool) {
	server, is := named(os.Getenv)
	if is {
		announce.Do(func() { _, _ = io.WriteString(os.Stderr, server.announcement()) })
	}
	return server, is
}

func named(getenv func(string) string) (Server, bool) {
	if getenv("TF_ACC") != "1" {
		return Server{}, false
	}
	server := Server{BaseURL: getenv("GITLAB_BASE_URL"), Token: getenv("GITLAB_TOKEN")}
	return server, server.BaseURL != "" && server.Token != ""
}

func (s Server) announcement() string {
	return fmt.Sprintf("TF_ACC=1: the tests make groups, projects and users on %s\n", s.BaseURL)
}
