package transport

import (
	"context"
	"encoding/json"
	"html"
	"strings"
)

type secretKey struct{}

// WithSecret says what a request made under ctx carries that no error may repeat, such as the value
// of a CI/CD variable. A secret below 8 bytes is not hidden: it would stand in many words by chance.
func WithSecret(ctx context.Context, secret string) context.Context {
	if len(secret) < shortest {
		return ctx
	}
	return context.WithValue(ctx, secretKey{}, secret)
}

// withoutSecret takes the secret of ctx out of an answer, before the answer is read for words: these
// are cut and joined, so that a part of a secret could be left in them.
func withoutSecret(ctx context.Context, body []byte) []byte {
	secret, ok := ctx.Value(secretKey{}).(string)
	if !ok {
		return body
	}
	hidden := strings.NewReplacer(secret, redacted, html.EscapeString(secret), redacted)
	var answer any
	if err := json.Unmarshal(body, &answer); err == nil {
		if clean, err := json.Marshal(hideStrings(answer, hidden)); err == nil {
			return clean
		}
	}
	return []byte(hidden.Replace(string(body)))
}

// hideStrings rewrites the names and texts of a decoded JSON value.
func hideStrings(value any, hidden *strings.Replacer) any {
	switch value := value.(type) {
	case string:
		return hidden.Replace(value)
	case []any:
		for i := range value {
			value[i] = hideStrings(value[i], hidden)
		}
		return value
	case map[string]any:
		clean := make(map[string]any, len(value))
		for name, member := range value {
			clean[hidden.Replace(name)] = hideStrings(member, hidden)
		}
		return clean
	default:
		return value
	}
}
