// Package rest is the REST API of the embedded GitLab: routing, authentication,
// parameter checks with Grape's texts, entities, paging headers, error bodies.
package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/authn"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// Prefix is where the API lives.
const Prefix = "/api/v4"

// API answers REST requests from a store.
type API struct {
	store    *store.Store
	services rules.Services
	baseURL  string
	routes   *router

	repositories Repositories
}

// Repositories reads the projects' git repositories, without the store's lock.
type Repositories interface {
	// Commit gives the full id of the commit a revision names; found is false
	// where there is none.
	Commit(ctx context.Context, projectID int64, revision string) (id string, found bool, err error)
	// Tag makes a tag of a commit; made is false where the name will not do.
	Tag(ctx context.Context, projectID int64, tag, commit string) (made bool, err error)
	// File gives the content of a file in a commit.
	File(ctx context.Context, projectID int64, commit, path string) (content []byte, found bool, err error)
}

// New makes the API. baseURL is the configured URL of the instance, without a
// trailing slash.
func New(st *store.Store, services rules.Services, repositories Repositories, baseURL string) *API {
	a := &API{store: st, services: services, repositories: repositories, baseURL: baseURL, routes: newRouter()}
	for _, endpoints := range [][]endpoint{
		a.versionEndpoints(), a.userEndpoints(), a.tokenEndpoints(), a.groupEndpoints(), a.projectEndpoints(),
		a.memberEndpoints(store.ProjectSource), a.memberEndpoints(store.GroupSource), a.namespaceEndpoints(),
		a.settingsEndpoints(), a.jobTokenScopeEndpoints(), a.jobEndpoints(), a.packageEndpoints(), a.releaseEndpoints(),
		a.repositoryEndpoints(), a.memberRoleEndpoints(), a.serviceAccountEndpoints(),
		a.deployTokenEndpoints(), a.accessTokenEndpoints(store.ProjectSource), a.accessTokenEndpoints(store.GroupSource),
		a.shareEndpoints(store.ProjectSource), a.shareEndpoints(store.GroupSource),
		a.variableEndpoints(store.ProjectSource), a.variableEndpoints(store.GroupSource),
	} {
		for _, e := range endpoints {
			a.routes.add(e)
		}
	}
	return a
}

// Template names the route of a request as GitLab's documentation writes it,
// such as "/api/v4/projects/:id/job_token_scope", or "" where there is none.
func (a *API) Template(r *http.Request) string {
	e, _, known := a.routes.match(r)
	if e == nil || !known {
		return ""
	}
	return Prefix + e.path
}

// ServeHTTP answers one request under Prefix.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	result, err := a.answer(r)
	if err != nil {
		var refused *failure
		if !errors.As(err, &refused) {
			refused = &failure{status: http.StatusInternalServerError, body: message("500 Internal Server Error")}
		}
		result = answer{status: refused.status, body: refused.body, header: refused.header}
	}
	write(w, r, result)
}

func (a *API) answer(r *http.Request) (answer, error) {
	e, segments, known := a.routes.match(r)
	switch {
	case !known:
		return answer{}, &failure{status: http.StatusNotFound, body: grapeError{"404 Not Found"}}
	case e == nil:
		return answer{}, &failure{status: http.StatusMethodNotAllowed, body: grapeError{"405 Not Allowed"}}
	}
	sent, err := e.sentParams(r)
	if err != nil {
		return answer{}, err
	}
	for name, value := range segments {
		sent[name] = value
	}
	var result answer
	locked := a.store.Write
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		locked = a.store.Read
	}
	req := &request{http: r, api: a, endpoint: e, sent: sent}
	locked(func(st *store.State) {
		req.state = st
		result, err = req.run()
	})
	if err == nil && result.unlocked != nil {
		result, err = result.unlocked(r.Context())
	}
	if err == nil {
		a.record(req.used)
	}
	return result, err
}

// answer is what a handler gives back: a JSON body unless body is nil.
type answer struct {
	status int
	body   any
	header http.Header
	// unlocked goes on without the store's lock and gives the answer instead; it
	// is for what reads a repository.
	unlocked func(context.Context) (answer, error)
}

// file is a body that is sent as it is.
type file struct {
	contentType string
	content     []byte
}

func ok(body any) (answer, error)      { return answer{status: http.StatusOK, body: body}, nil }
func created(body any) (answer, error) { return answer{status: http.StatusCreated, body: body}, nil }
func noContent() (answer, error)       { return answer{status: http.StatusNoContent}, nil }

func accepted() (answer, error) {
	return answer{status: http.StatusAccepted, body: message("202 Accepted")}, nil
}

func write(w http.ResponseWriter, r *http.Request, result answer) {
	for name, values := range result.header {
		w.Header()[name] = values
	}
	w.Header().Set("Cache-Control", "max-age=0, private, must-revalidate")
	w.Header().Set("Vary", "Origin")
	if result.body == nil {
		w.WriteHeader(result.status)
		return
	}
	if sent, isFile := result.body.(file); isFile {
		w.Header().Set("Content-Type", sent.contentType)
		w.WriteHeader(result.status)
		if r.Method != http.MethodHead {
			_, _ = w.Write(sent.content) // the client may be gone
		}
		return
	}
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(result.body); err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(result.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(bytes.TrimSuffix(body.Bytes(), []byte("\n"))) // the client may be gone
	}
}

// access is what an endpoint's class asks before anything else.
type access int

const (
	anyone access = iota
	signedIn
	signedInToWrite
	admin
	projectVariables // see authorizeClass
	groupVariables
)

// run does what Grape does: authenticate, check parameters, call the handler.
func (r *request) run() (answer, error) {
	if err := r.authenticate(); err != nil {
		return answer{}, err
	}
	if err := r.sudo(); err != nil {
		return answer{}, err
	}
	if denied := r.caller.RouteDenied(r.endpoint.method, r.endpoint.path); denied != "" {
		return answer{}, &failure{status: http.StatusForbidden, body: oauthError{Error: "insufficient_granular_scope", Description: denied}}
	}
	caller := r.caller
	reads := r.http.Method == http.MethodGet || r.http.Method == http.MethodHead
	if err := r.scopeAllows(reads); err != nil {
		return answer{}, err
	}
	required := r.endpoint.access
	if !caller.SignedIn() && (required == signedIn || required == admin || required == signedInToWrite && !reads) {
		return answer{}, unauthorized()
	}
	if required == admin && !caller.Admin() {
		return answer{}, forbidden("")
	}
	if err := r.authorizeClass(); err != nil {
		return answer{}, err
	}
	if err := r.checkParams(); err != nil {
		return answer{}, err
	}
	if err := r.unmodelled(); err != nil {
		return answer{}, err
	}
	return r.endpoint.handle(r)
}

func credentialFailure(f authn.Failure) error {
	switch f {
	case authn.None:
		return nil
	case authn.Expired:
		return invalidToken("Token is expired. You can either do re-authorization or token refresh.")
	case authn.Revoked:
		return invalidToken("Token was revoked. You have to re-authorize from the user.")
	case authn.Blocked:
		return forbidden("Your account has been blocked.")
	case authn.Unknown:
	}
	return unauthorized()
}

// timestamp writes a time as GitLab's entities do.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// date writes a date, or null for none.
func date(t *time.Time) *string {
	if t == nil {
		return nil
	}
	text := t.UTC().Format(time.DateOnly)
	return &text
}
