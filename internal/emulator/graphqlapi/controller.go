package graphqlapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"unicode/utf8"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/authn"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/graphql"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// Path is where the API lives.
const Path = "/api/graphql"

// Controller answers GraphQL requests over HTTP.
type Controller struct {
	store  *store.Store
	engine *graphql.Engine
}

// New makes the API. baseURL is the configured URL of the instance, without a
// trailing slash.
func New(st *store.Store, services rules.Services, baseURL string) (*Controller, error) {
	engine, err := (&resolvers{store: st, services: services, baseURL: baseURL}).engine()
	if err != nil {
		return nil, err
	}
	return &Controller{store: st, engine: engine}, nil
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
	case caller.SignedIn() && !caller.HasScope("api", "read_api"):
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

// parsedBody is what a request asks for: one request, or an array of them.
type parsedBody struct {
	requests []graphql.Request
	batch    bool
}

// characters adds up the query texts; variables do not count.
func (p parsedBody) characters() int {
	total := 0
	for _, request := range p.requests {
		total += utf8.RuneCountInString(request.Query)
	}
	return total
}

// variablesError is that the variables are no JSON object.
type variablesError struct{ text string }

func (e *variablesError) Error() string { return e.text }

const maxBody = 16 << 20

func parse(r *http.Request) (parsedBody, error) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return parseForm(r.URL.Query().Get)
	}
	contentType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if contentType == "application/x-www-form-urlencoded" || contentType == "multipart/form-data" {
		return parseForm(r.PostFormValue)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return parsedBody{}, err
	}
	if trimmed := bytes.TrimSpace(body); len(trimmed) > 0 && trimmed[0] == '[' {
		var sent []sentRequest
		if err := json.Unmarshal(body, &sent); err != nil {
			return parsedBody{}, err
		}
		batch := parsedBody{batch: true}
		for _, one := range sent {
			request, err := one.request()
			if err != nil {
				return parsedBody{}, err
			}
			batch.requests = append(batch.requests, request)
		}
		return batch, nil
	}
	var sent sentRequest
	if err := json.Unmarshal(body, &sent); err != nil {
		return parsedBody{}, err
	}
	request, err := sent.request()
	return parsedBody{requests: []graphql.Request{request}}, err
}

func parseForm(value func(string) string) (parsedBody, error) {
	sent := sentRequest{Query: value("query"), OperationName: value("operationName")}
	if variables := value("variables"); variables != "" {
		sent.Variables = json.RawMessage(variables)
	}
	request, err := sent.request()
	return parsedBody{requests: []graphql.Request{request}}, err
}

type sentRequest struct {
	Query         string          `json:"query"`
	OperationName string          `json:"operationName"`
	Variables     json.RawMessage `json:"variables"`
}

// request reads the variables, which may also come as a text that holds JSON.
func (s sentRequest) request() (graphql.Request, error) {
	request := graphql.Request{Query: s.Query, OperationName: s.OperationName}
	raw := []byte(s.Variables)
	var inText string
	if json.Unmarshal(raw, &inText) == nil {
		raw = []byte(inText)
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return request, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&request.Variables); err != nil {
		return request, &variablesError{text: err.Error()}
	}
	return request, nil
}
