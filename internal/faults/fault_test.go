package faults_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
)

// fault is one way to fail.
type fault struct {
	name string
	do   func(*struckRequest)
	// says is what an error because of it must say of it.
	says *regexp.Regexp
	// uncertain means that the provider cannot know whether GitLab acted.
	uncertain bool
	// proxied means that GitLab acted, and a proxy answered.
	proxied bool
	// patience is how long the provider is to wait for an answer; 0 is a minute.
	patience time.Duration
	// stays means that the same request is struck whenever it comes again.
	stays bool
	// only restricts the requests that can fail so; nil is any.
	only func(request) bool
}

func (f fault) suits(p request) bool { return f.only == nil || f.only(p) }

// struckRequest is a request that a fault does something to.
type struckRequest struct {
	w    http.ResponseWriter
	r    *http.Request
	body []byte
	// pass has GitLab carry out a request.
	pass func(body []byte) *httptest.ResponseRecorder
	// over ends what hangs when the test does.
	over context.Context
	// interrupt tells the provider to stop, as Terraform does after Ctrl-C.
	interrupt func()
}

func (s *struckRequest) answer(status int, contentType, body string, headers ...string) {
	s.w.Header().Set("Content-Type", contentType)
	if len(headers) == 2 {
		s.w.Header().Set(headers[0], headers[1])
	}
	s.w.WriteHeader(status)
	_, _ = s.w.Write([]byte(body))
}

// hang gives no answer until the provider stops waiting for one.
func (s *struckRequest) hang() {
	select {
	case <-s.r.Context().Done():
	case <-s.over.Done():
	}
	cut()
}

// cut closes the connection.
func cut() { panic(http.ErrAbortHandler) }

// cutHalfWay sends a half of the answer that the header promises.
func (s *struckRequest) cutHalfWay() {
	answer := s.pass(s.body)
	s.w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
	s.w.Header().Set("Content-Length", strconv.Itoa(max(answer.Body.Len(), 2)))
	s.w.WriteHeader(max(answer.Code, http.StatusOK))
	_, _ = s.w.Write(append(answer.Body.Bytes(), '{')[:max(answer.Body.Len()/2, 1)])
	_ = http.NewResponseController(s.w).Flush()
	cut()
}

const (
	asJSON = "application/json"
	asHTML = "text/html"
	page   = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
	// refusal is what GitLab says to the one of many that it does not do.
	refusal = "Target of this test is refused"
)

// faults are all of them. Those that leave the provider in doubt come twice: with the request carried
// out, and not.
var faults = []fault{
	{name: "429 with Retry-After", says: regexp.MustCompile(`429|Retry later`), do: func(s *struckRequest) {
		s.answer(http.StatusTooManyRequests, "text/plain", "Retry later\n", "Retry-After", "1")
	}},
	{name: "429 without Retry-After", says: regexp.MustCompile(`429|Retry later`), do: func(s *struckRequest) {
		s.answer(http.StatusTooManyRequests, "text/plain", "Retry later\n")
	}},
	{name: "500", says: regexp.MustCompile(`HTTP 500`), uncertain: true, do: func(s *struckRequest) {
		s.answer(http.StatusInternalServerError, asJSON, `{"message":"500 Internal Server Error"}`)
	}},
	{name: "500 after the write", says: regexp.MustCompile(`HTTP 500`), uncertain: true, do: func(s *struckRequest) {
		s.pass(s.body)
		s.answer(http.StatusInternalServerError, asJSON, `{"message":"500 Internal Server Error"}`)
	}},
	{name: "502 with HTML", says: regexp.MustCompile(`Bad Gateway`), uncertain: true, do: func(s *struckRequest) {
		s.answer(http.StatusBadGateway, asHTML, page)
	}},
	{name: "502 with HTML after the write", says: regexp.MustCompile(`Bad Gateway`), uncertain: true, proxied: true, do: func(s *struckRequest) {
		s.pass(s.body)
		s.answer(http.StatusBadGateway, asHTML, page)
	}},
	{name: "503", says: regexp.MustCompile(`HTTP 503`), uncertain: true, do: func(s *struckRequest) {
		s.answer(http.StatusServiceUnavailable, asHTML, "<html><title>GitLab is not responding</title></html>")
	}},
	{name: "503 with Retry-After", says: regexp.MustCompile(`HTTP 503`), do: func(s *struckRequest) {
		s.answer(http.StatusServiceUnavailable, asJSON, `{"message":"503 Service Unavailable"}`, "Retry-After", "1")
	}},
	{name: "timeout", patience: 3 * time.Second, says: regexp.MustCompile(`(?i)time|within`), uncertain: true, do: (*struckRequest).hang},
	{name: "timeout after the write", patience: 3 * time.Second, says: regexp.MustCompile(`(?i)time|within`), uncertain: true, do: func(s *struckRequest) {
		s.pass(s.body)
		s.hang()
	}},
	{name: "cut before the answer", says: regexp.MustCompile(`(?i)connection`), uncertain: true, do: func(*struckRequest) { cut() }},
	{name: "cut after the write", says: regexp.MustCompile(`(?i)connection`), uncertain: true, do: func(s *struckRequest) {
		s.pass(s.body)
		cut()
	}},
	{name: "interrupt", says: regexp.MustCompile(`(?i)interrupted|cancelled`), uncertain: true, do: func(s *struckRequest) {
		answer := s.pass(s.body)
		s.interrupt()
		// The provider's SDK ends its contexts in goroutines of its own, and tells nobody when it has. An answer that
		// overtakes them would have the interrupt strike the next command.
		time.Sleep(20 * time.Millisecond)
		copyAnswer(s.w, answer)
	}},
	{name: "answer cut half-way", says: regexp.MustCompile(`(?i)connection|answer`), uncertain: true, do: (*struckRequest).cutHalfWay},
	{name: "a variable refused for good", says: regexp.MustCompile(refusal), stays: true, only: request.setsVariable, do: (*struckRequest).refuseOne},
	{name: "another flag stored", stays: true, says: regexp.MustCompile(`GitLab stored it with raw = false`), only: request.setsVariable, do: func(s *struckRequest) {
		copyAnswer(s.w, s.pass(bytes.Replace(s.body, []byte(`"raw":true`), []byte(`"raw":false`), 1)))
	}},
	{name: "GraphQL top-level error", says: regexp.MustCompile(`Something went wrong here`), only: func(p request) bool { return p.graphQL }, do: func(s *struckRequest) {
		s.answer(http.StatusOK, asJSON, `{"errors":[{"message":"Something went wrong here"}]}`)
	}},
	{name: "payload error for one of many", says: regexp.MustCompile(refusal), only: func(p request) bool { return p.write }, do: (*struckRequest).refuseOne},
}

// refuseOne has GitLab do all mutations of a document but the middle one, whose payload is an error.
// REST knows no many: there it is the one.
func (s *struckRequest) refuseOne() {
	if !look(s.r, s.body).graphQL {
		s.answer(http.StatusBadRequest, asJSON, `{"message":"400 Bad request - `+refusal+`"}`)
		return
	}
	rest, alias, err := withoutMiddle(s.body)
	if err != nil {
		s.answer(http.StatusInternalServerError, asJSON, fmt.Sprintf(`{"message":%q}`, err))
		return
	}
	answer := map[string]map[string]json.RawMessage{"data": {}}
	if rest != nil {
		recorded := s.pass(rest)
		if err := json.Unmarshal(recorded.Body.Bytes(), &answer); err != nil || answer["data"] == nil {
			copyAnswer(s.w, recorded)
			return
		}
	}
	answer["data"][alias] = json.RawMessage(fmt.Sprintf(`{"errors":[%q]}`, refusal))
	text, _ := json.Marshal(answer) // of raw messages that were just decoded
	s.answer(http.StatusOK, asJSON, string(text))
}

// withoutMiddle takes the middle mutation out of a request; nothing is left of a single one.
func withoutMiddle(body []byte) (rest []byte, alias string, err error) {
	var sent struct {
		Query         string         `json:"query"`
		OperationName string         `json:"operationName,omitempty"`
		Variables     map[string]any `json:"variables"`
	}
	if err := json.Unmarshal(body, &sent); err != nil {
		return nil, "", err
	}
	document, err := parser.ParseQuery(&ast.Source{Input: sent.Query})
	if err != nil {
		return nil, "", err
	}
	operation := document.Operations[0]
	middle := len(operation.SelectionSet) / 2
	field, ok := operation.SelectionSet[middle].(*ast.Field)
	if !ok {
		return nil, "", fmt.Errorf("the document's mutations are not plain fields")
	}
	if len(operation.SelectionSet) == 1 {
		return nil, field.Alias, nil
	}
	operation.SelectionSet = append(operation.SelectionSet[:middle:middle], operation.SelectionSet[middle+1:]...)
	for _, argument := range field.Arguments {
		delete(sent.Variables, argument.Value.Raw)
		kept := operation.VariableDefinitions[:0]
		for _, definition := range operation.VariableDefinitions {
			if definition.Variable != argument.Value.Raw {
				kept = append(kept, definition)
			}
		}
		operation.VariableDefinitions = kept
	}
	var text bytes.Buffer
	formatter.NewFormatter(&text).FormatQueryDocument(document)
	sent.Query = strings.TrimSpace(text.String())
	rest, err = json.Marshal(sent)
	return rest, field.Alias, err
}
