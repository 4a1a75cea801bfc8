package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

type graphQLRequest struct {
	OperationName string         `json:"operationName,omitempty"`
	Query         string         `json:"query"`
	Variables     map[string]any `json:"variables,omitempty"`
}

type graphQLAnswer struct {
	Data   json.RawMessage         `json:"data"`
	Errors []apierror.GraphQLError `json:"errors"`
}

// GraphQL runs the named operation of a document and decodes the answer's data
// into data (a pointer, or nil to ignore it).
//
// GitLab may answer data and errors together, a field with an error being null:
// such errors are returned beside the data, with a nil error. Everything else
// that fails is an [apierror.Error]: no answer, an HTTP status, errors without
// data. client-go's GraphQL service sends no operation name and drops the errors
// beside data, so this goes to https://docs.gitlab.com/api/graphql/ directly.
func (c *Client) GraphQL(
	ctx context.Context, operation, document string, variables map[string]any, effect Effect, data any,
) ([]apierror.GraphQLError, error) {
	body, err := json.Marshal(graphQLRequest{OperationName: operation, Query: document, Variables: variables})
	if err != nil {
		return nil, &apierror.Error{Kind: apierror.Invalid, Note: "the variables cannot be sent as JSON", Cause: err}
	}
	ctx = withOperation(WithEffect(ctx, effect), operation)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base.String()+"/api/graphql", bytes.NewReader(body))
	if err != nil {
		return nil, Wrap(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")

	resp, err := c.http.Do(req)
	if err != nil {
		return nil, Wrap(err)
	}
	defer func() { _ = resp.Body.Close() }()

	var answer graphQLAnswer
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, undecodable(err, resp, effect)
	}
	if len(answer.Data) == 0 || string(answer.Data) == "null" {
		return answer.Errors, withoutData(answer.Errors, resp, effect)
	}
	if data == nil {
		return answer.Errors, nil
	}
	if err := json.Unmarshal(answer.Data, data); err != nil {
		return answer.Errors, undecodable(err, resp, effect)
	}
	return answer.Errors, nil
}

// withoutData is the error of an answer in which nothing was resolved. Where the
// schema refused the document nothing ran; a failure inside may come after a write.
func withoutData(errs []apierror.GraphQLError, resp *http.Response, effect Effect) *apierror.Error {
	var e *apierror.Error
	if len(errs) == 0 {
		e = &apierror.Error{Kind: apierror.Unavailable, Note: "GitLab's GraphQL answer has neither data nor errors"}
	} else {
		e = apierror.FromGraphQL(errs)
	}
	e.Status = resp.StatusCode
	e.RequestID = resp.Header.Get("X-Request-Id")
	e.Uncertain = effect != Read && e.Kind == apierror.Unavailable && !refusedBeforeRunning(errs)
	return e
}

func refusedBeforeRunning(errs []apierror.GraphQLError) bool {
	for _, e := range errs {
		if e.Extensions.Code == "validationTimeout" {
			return true
		}
	}
	return false
}

func undecodable(cause error, resp *http.Response, effect Effect) *apierror.Error {
	return &apierror.Error{
		Kind:      apierror.Unsupported,
		Status:    resp.StatusCode,
		Note:      "GitLab's answer does not have the expected form",
		RequestID: resp.Header.Get("X-Request-Id"),
		Uncertain: effect != Read,
		Cause:     cause,
	}
}
