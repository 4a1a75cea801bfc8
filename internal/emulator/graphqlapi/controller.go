package graphqlapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/authn"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/graphql"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/release"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// Path is where the API lives.
const Path = "/api/graphql"

// Serves says whether a path is that of the API; a slash may follow, as some
// clients write it.
func Serves(path string) bool { return path == Path || path == Path+"/" }

// Controller answers GraphQL requests over HTTP.
type Controller struct {
	store    *store.Store
	services rules.Services
	engine   *graphql.Engine
	fields   []string
}

// New makes the API. baseURL is the configured URL of the instance, without a
// trailing slash.
func New(st *store.Store, services rules.Services, baseURL string) (*Controller, error) {
	engine, fields, err := (&resolvers{store: st, services: services, baseURL: baseURL}).engine()
	if err != nil {
		return nil, err
	}
	return &Controller{store: st, services: services, engine: engine, fields: fields}, nil
}

// Operations names the operations of a request, "" for one without a name. The
// request's body is left as it was.
func (c *Controller) Operations(r *http.Request) []string {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	parsed, err := parse(r)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil {
		return nil
	}
	names := make([]string, 0, len(parsed.requests))
	for _, request := range parsed.requests {
		name := request.OperationName
		if name == "" {
			_, name = c.engine.OperationKind(request)
		}
		names = append(names, name)
	}
	return names
}

// ServeHTTP answers one request.
func (c *Controller) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var caller rules.Caller
	var failed authn.Failure
	c.store.Read(func(st *store.State) { caller, failed = authn.Caller(st, authn.Secret(r)) })
	switch {
	case failed == authn.Blocked:
		refuse(w, http.StatusForbidden, "API not accessible for user")
		return
	case failed != authn.None:
		refuse(w, http.StatusUnauthorized, "Invalid token")
		return
	case caller.SignedIn() && !caller.HasScope("api", "read_api") && !caller.IsGranular():
		refuse(w, http.StatusForbidden, "API not accessible for user")
		return
	}
	parsed, err := parse(r)
	if err != nil {
		var unreadable *variablesError
		if errors.As(err, &unreadable) {
			refuse(w, http.StatusUnprocessableEntity, err.Error())
			return
		}
		answer(w, http.StatusBadRequest, map[string]any{"status": http.StatusBadRequest, "error": "Bad Request"})
		return
	}
	if parsed.characters() > graphql.MaxQueryCharacters {
		refuse(w, http.StatusUnprocessableEntity, "Query too large")
		return
	}
	if r.Method != http.MethodPost && c.mutates(parsed) {
		refuse(w, http.StatusUnprocessableEntity, "Mutations are forbidden in "+r.Method+" requests")
		return
	}
	if c.services.Version.Flipped(release.ReadAPIMutationForbidden) && caller.SignedIn() && !caller.HasScope("api") && c.mutates(parsed) {
		answer(w, http.StatusForbidden, map[string]string{
			"error":             "insufficient_scope",
			"error_description": "The request requires higher privileges than provided by the access token.",
			"scope":             "api",
		})
		return
	}
	c.execute(context.WithValue(r.Context(), callerKey{}, caller), w, parsed, limits(caller))
}

func (c *Controller) mutates(p parsedBody) bool {
	for _, request := range p.requests {
		if kind, _ := c.engine.OperationKind(request); kind == "mutation" {
			return true
		}
	}
	return false
}

func (c *Controller) execute(ctx context.Context, w http.ResponseWriter, p parsedBody, limits graphql.Limits) {
	if !p.batch {
		response := c.engine.Execute(ctx, p.requests[0], limits)
		if response.Internal != nil {
			internalError(w)
			return
		}
		answer(w, http.StatusOK, response)
		return
	}
	responses := c.engine.ExecuteBatch(ctx, p.requests, limits)
	for _, response := range responses {
		if response.Internal != nil {
			internalError(w)
			return
		}
	}
	answer(w, http.StatusOK, responses)
}

// limits are GitLab's for the three kinds of callers.
func limits(c rules.Caller) graphql.Limits {
	switch {
	case c.Admin():
		return graphql.Limits{Complexity: 300, Depth: 20}
	case c.SignedIn():
		return graphql.Limits{Complexity: 250, Depth: 20}
	}
	return graphql.Limits{Complexity: 200, Depth: 15}
}

// TimedOut writes the answer to a request the database gave up on. What its
// mutations did until then stays done.
func TimedOut(w http.ResponseWriter) {
	refuse(w, http.StatusServiceUnavailable, "Request timed out. Please try a less complex query or a smaller set of records.")
}

func internalError(w http.ResponseWriter) {
	refuse(w, http.StatusInternalServerError, "Internal server error")
}

func refuse(w http.ResponseWriter, status int, message string) {
	answer(w, status, map[string]any{"errors": []map[string]string{{"message": message}}})
}

func answer(w http.ResponseWriter, status int, body any) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(bytes.TrimSuffix(out.Bytes(), []byte("\n"))) // the client may be gone
}

// Fields lists what the API resolves, as "Type.field", in alphabetical order.
func (c *Controller) Fields() []string { return slices.Clone(c.fields) }
