package apierror

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// GraphQLError is one of the top-level errors of a GraphQL answer.
type GraphQLError struct {
	Message string `json:"message"`
	// Path leads to the field that failed: response keys and list indexes.
	Path       []any             `json:"path,omitempty"`
	Extensions GraphQLExtensions `json:"extensions"`
}

// GraphQLExtensions is what GitLab adds to errors of its schema. The member
// "value" repeats the variables as they were sent, secrets included, and is
// therefore never decoded.
type GraphQLExtensions struct {
	// Code is the rule that was broken, such as "undefinedField".
	Code         string
	TypeName     string
	FieldName    string
	ArgumentName string
	VariableName string
}

// UnmarshalJSON takes the members it knows where they are strings, and never
// fails: an odd extension must not hide the error's message.
func (x *GraphQLExtensions) UnmarshalJSON(data []byte) error {
	var members map[string]json.RawMessage
	if json.Unmarshal(data, &members) != nil {
		return nil //nolint:nilerr // see above
	}
	for name, member := range map[string]*string{
		"code":         &x.Code,
		"typeName":     &x.TypeName,
		"fieldName":    &x.FieldName,
		"argumentName": &x.ArgumentName,
		"variableName": &x.VariableName,
	} {
		var text string
		if json.Unmarshal(members[name], &text) == nil {
			*member = text
		}
	}
	return nil
}

// schemaCodes are the codes by which a server too old for a document is known.
var schemaCodes = map[string]Kind{
	"undefinedField":               Unsupported,
	"undefinedType":                Unsupported,
	"argumentNotAccepted":          Unsupported,
	"variableRequiresValidType":    Unsupported,
	"argumentLiteralsIncompatible": Invalid,
	"validationTimeout":            Unavailable,
}

// Kind returns the kind of this one error.
func (e GraphQLError) Kind() Kind {
	if kind, ok := schemaCodes[e.Extensions.Code]; ok {
		return kind
	}
	// A refused enum value is quoted in the message, and may hold any text.
	if strings.Contains(e.Message, "to be one of") {
		return Invalid
	}
	return kindOfPhrase(e.Message)
}

// FromGraphQL makes one error of the top-level errors of a GraphQL answer. The
// gravest of them gives the kind; it is NotFound or Conflict only if all are.
// It is never nil, also where errs is empty.
func FromGraphQL(errs []GraphQLError) *Error {
	kinds := make([]Kind, 0, len(errs))
	words := make([]string, 0, len(errs))
	for _, e := range errs {
		kinds = append(kinds, e.Kind())
		words = append(words, e.Message)
	}
	return fromMessages(kinds, words)
}

// FromPayload makes one error of the "errors" of a mutation's payload, by the
// same rule as [FromGraphQL]. It is never nil, also where messages is empty.
func FromPayload(messages []string) *Error {
	return fromMessages(kindsOfPhrases(messages), messages)
}

func fromMessages(kinds []Kind, messages []string) *Error {
	if len(messages) == 0 {
		return &Error{Kind: Invalid, Note: "GitLab refused this and gave no reason"}
	}
	return &Error{Kind: heaviest(kinds), Words: joinWords(0, messages)}
}

// joinWords joins messages, each once: a batch may repeat one of them a hundred times.
// A status that GitLab repeats at the head of a message is left out.
func joinWords(status int, messages []string) string {
	seen := map[string]bool{}
	var kept []string
	length := 0
	for _, message := range messages {
		if length > maxWords {
			break
		}
		message = withoutStatus(status, clean(message))
		if message == "" || seen[message] {
			continue
		}
		seen[message] = true
		kept = append(kept, message)
		length += utf8.RuneCountInString(message)
	}
	return clean(strings.Join(kept, "; "))
}
