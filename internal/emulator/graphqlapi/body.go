package graphqlapi

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"unicode/utf8"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/graphql"
)

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
