// Package githttp is git over HTTP as the embedded GitLab serves it: who may
// clone and push with which credential, and the statuses and plain texts of
// refusals, which git shows after "remote: ".
package githttp

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/release"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/repository"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// Server answers git clients.
type Server struct {
	store        *store.Store
	version      release.Version
	repositories *repository.Storage
	baseURL      string
}

// New makes a Server. baseURL is the configured URL of the instance, without a
// trailing slash.
func New(st *store.Store, version release.Version, repositories *repository.Storage, baseURL string) *Server {
	return &Server{store: st, version: version, repositories: repositories, baseURL: baseURL}
}

const (
	infoRefs    = "info/refs"
	uploadPack  = "git-upload-pack"
	receivePack = "git-receive-pack"
)

// call is what a git client asks for.
type call struct {
	fullPath string // of the project, from the URL
	service  string // the path behind the repository
	suffixed bool   // whether the URL had ".git"
	push     bool
	dumb     bool // info/refs without a service, as dumb clients ask
}

// parse understands the paths and methods of git's smart HTTP protocol.
func parse(r *http.Request) (c call, is bool) {
	for _, service := range []string{infoRefs, uploadPack, receivePack} {
		path, found := strings.CutSuffix(r.URL.Path, "/"+service)
		if !found {
			continue
		}
		c = call{service: service}
		c.fullPath, c.suffixed = strings.CutSuffix(strings.TrimPrefix(path, "/"), ".git")
		pack, method := service, http.MethodPost
		if service == infoRefs {
			pack, method = r.URL.Query().Get("service"), http.MethodGet
		}
		c.push, c.dumb = pack == receivePack, pack == ""
		return c, r.Method == method && (c.push || c.dumb || pack == uploadPack) && (c.suffixed || service == infoRefs) && c.fullPath != ""
	}
	return call{}, false
}

// Template names the route of a git request, such as "/:project.git/info/refs",
// or "" for what is none.
func (s *Server) Template(r *http.Request) string {
	c, is := parse(r)
	switch {
	case !is:
		return ""
	case c.suffixed:
		return "/:project.git/" + c.service
	}
	return "/:project/" + c.service
}

// ServeHTTP answers a request that has a Template.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, is := parse(r)
	if !is {
		http.NotFound(w, r)
		return
	}
	if !c.suffixed {
		target := url.URL{Path: "/" + c.fullPath + ".git/" + c.service}
		target.RawQuery = r.URL.RawQuery
		w.Header().Set("Location", s.baseURL+target.String())
		w.WriteHeader(http.StatusMovedPermanently)
		return
	}
	var a access
	s.store.Read(func(st *store.State) { a = s.decide(st, r, c) })
	if a.status != http.StatusOK {
		refuse(w, a)
		return
	}
	if err := s.repositories.Serve(w, r, a.projectID, c.service, a.username); err != nil {
		refuse(w, access{status: http.StatusInternalServerError, text: "Internal API unreachable"})
		return
	}
	if a.origin != 0 {
		s.store.Write(func(st *store.State) { st.Authorize(a.projectID, a.origin, st.Now()) })
	}
}

func refuse(w http.ResponseWriter, a access) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if a.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="GitLab"`)
	}
	w.WriteHeader(a.status)
	_, _ = w.Write([]byte(a.text)) // the client may be gone
}
