package graphql

import (
	"bytes"
	"encoding/json"

	"github.com/vektah/gqlparser/v2/ast"
)

// Response is the answer to one request. Data is absent when nothing ran.
type Response struct {
	Data   json.RawMessage
	Errors []*Error

	// Internal is why the request failed as a whole: an unexpected error or
	// panic of a resolver, or a value its type cannot hold, such as the name of
	// an enum value the schema does not know. GitLab then answers 500 with
	// {"errors":[{"message":"Internal server error"}]}.
	Internal error
}

// MarshalJSON writes data before errors and leaves out what is absent.
func (r Response) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Data   json.RawMessage `json:"data,omitempty"`
		Errors []*Error        `json:"errors,omitempty"`
	}{r.Data, r.Errors})
}

// Location is a place in the query text, counted from 1.
type Location struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// Error is one entry of an answer's errors. Path holds strings and ints.
type Error struct {
	Message    string
	Locations  []Location
	Path       []any
	Extensions map[string]any
}

// MarshalJSON writes the keys in graphql-ruby's order. Empty locations are
// written, as for a text that ends too early; nil ones are left out.
func (e *Error) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	write := func(key string, value any) error {
		encoded, err := encodeJSON(value)
		if err != nil {
			return err
		}
		if out.Len() > 1 {
			out.WriteByte(',')
		}
		out.WriteString(`"` + key + `":`)
		out.Write(encoded)
		return nil
	}
	if err := write("message", e.Message); err != nil {
		return nil, err
	}
	if e.Locations != nil {
		if err := write("locations", e.Locations); err != nil {
			return nil, err
		}
	}
	if e.Path != nil {
		if err := write("path", e.Path); err != nil {
			return nil, err
		}
	}
	if e.Extensions != nil {
		if err := write("extensions", e.Extensions); err != nil {
			return nil, err
		}
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (e *Error) UnmarshalJSON(data []byte) error {
	var fields struct {
		Message    string         `json:"message"`
		Locations  []Location     `json:"locations"`
		Path       []any          `json:"path"`
		Extensions map[string]any `json:"extensions"`
	}
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	*e = Error(fields)
	return nil
}

// UserError is an error of a resolver that the caller may see: it becomes a
// top-level error with locations and path, its field is null and the other
// fields are answered. GitLab answers so where a resource is not accessible or
// an argument is refused.
type UserError struct{ Message string }

// Error returns the message.
func (e *UserError) Error() string { return e.Message }

// encodeJSON is json.Marshal without the escaping of <, > and &.
func encodeJSON(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

func locationsOf(positions ...*ast.Position) []Location {
	locations := make([]Location, 0, len(positions))
	for _, position := range positions {
		if position != nil {
			locations = append(locations, Location{Line: position.Line, Column: position.Column})
		}
	}
	return locations
}
