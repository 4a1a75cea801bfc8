package transport

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// shortest is the length from which on a secret is hidden wherever it appears: shorter ones ("1", "true")
// stand in many texts, and no real secret is shorter.
const shortest = 8

const redacted = "[redacted]"

// secrets are what GitLab, a proxy or an error of the network might repeat. It is safe for use by many
// goroutines.
type secrets struct {
	mu sync.RWMutex
	// known are the spellings of all secrets. Those of tokens are true: nothing that GitLab answers holds one
	// by chance, while the value of a header may be part of a path.
	known map[string]bool
	// texts and data are made anew after something was added.
	texts, data *strings.Replacer
}

func newSecrets(token string, headers http.Header) *secrets {
	s := &secrets{known: map[string]bool{}}
	s.add(true, token)
	for _, values := range headers {
		for _, value := range values {
			s.add(false, parts(value)...)
		}
	}
	return s
}

// parts are a header's value and what of it would tell as much: credentials behind a scheme, the password in
// them, the values of cookies.
func parts(value string) []string {
	all := []string{value}
	if scheme, credentials, ok := strings.Cut(value, " "); ok {
		all = append(all, strings.TrimSpace(credentials))
		if decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(credentials)); err == nil && strings.EqualFold(scheme, "basic") {
			_, password, _ := strings.Cut(string(decoded), ":")
			all = append(all, string(decoded), password)
		}
	}
	for cookie := range strings.SplitSeq(value, ";") {
		if _, inner, ok := strings.Cut(cookie, "="); ok {
			all = append(all, strings.TrimSpace(inner))
		}
	}
	return all
}

// add notes secrets that are not to be told from now on.
func (s *secrets) add(token bool, texts ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, text := range texts {
		if len(text) < shortest || s.known[text] {
			continue
		}
		for _, spelling := range spellings(text) {
			s.known[spelling] = s.known[spelling] || token
		}
		s.texts, s.data = nil, nil
	}
}

// spellings are how a text looks in an answer.
func spellings(text string) []string {
	all := []string{text, html.EscapeString(text), url.QueryEscape(text), url.PathEscape(text), (&url.URL{Path: text}).EscapedPath()}
	if quoted, err := json.Marshal(text); err == nil {
		all = append(all, string(quoted[1:len(quoted)-1]))
	}
	quoted := strconv.Quote(text) // as errors of the network do, and %q
	all = append(all, quoted[1:len(quoted)-1])
	slices.Sort(all)
	return slices.Compact(all)
}

// replacers are for texts that people read, and for data that goes on into the provider.
func (s *secrets) replacers() (texts, data *strings.Replacer) {
	s.mu.RLock()
	texts, data = s.texts, s.data
	s.mu.RUnlock()
	if texts != nil {
		return texts, data
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var all, tokens []string
	for text, token := range s.known {
		all = append(all, text)
		if token {
			tokens = append(tokens, text)
		}
	}
	s.texts, s.data = replacing(all), replacing(tokens)
	return s.texts, s.data
}

// replacing takes the longest of several that begin alike.
func replacing(texts []string) *strings.Replacer {
	slices.SortFunc(texts, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	var pairs []string
	for _, text := range texts {
		pairs = append(pairs, text, redacted)
	}
	return strings.NewReplacer(pairs...)
}

// hide takes all secrets out of a text.
func (s *secrets) hide(text string) string {
	texts, _ := s.replacers()
	return texts.Replace(text)
}

// learn notes the secret in the answer to a request that makes one, also in that of a failure.
func (s *secrets) learn(body []byte) {
	var made struct {
		Token string `json:"token"`
	}
	if json.Unmarshal(body, &made) == nil {
		s.add(true, made.Token)
	}
}

// sealed are the members of REST's answers that hold a secret rightly. What is read from them does not print.
var sealed = []string{"token", "value"}

// clean takes tokens out of an answer, but for where they belong, and all secrets out of GraphQL's errors. So
// whatever the provider makes of it, a user name, a path or a version, holds none.
func (s *secrets) clean(body []byte, graphQL bool) []byte {
	texts, data := s.replacers()
	suspect := data
	if graphQL {
		suspect = texts
	}
	// An escape can hide any character.
	if !bytes.Contains(body, []byte(`\u`)) && suspect.Replace(string(body)) == string(body) {
		return body
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var answer any
	if err := decoder.Decode(&answer); err != nil || decoder.More() {
		return body // it will not be read as JSON either
	}
	c := cleaner{texts: texts, data: data, graphQL: graphQL}
	answer = c.walk(answer, data)
	if !c.found {
		return body
	}
	cleaned, err := json.Marshal(answer)
	if err != nil {
		return nil
	}
	return cleaned
}

// cleaner rewrites a decoded JSON value.
type cleaner struct {
	texts, data *strings.Replacer
	graphQL     bool
	found       bool
}

func (c *cleaner) walk(value any, hidden *strings.Replacer) any {
	switch value := value.(type) {
	case string:
		clean := hidden.Replace(value)
		c.found = c.found || clean != value
		return clean
	case []any:
		for i := range value {
			value[i] = c.walk(value[i], hidden)
		}
	case map[string]any:
		for name, member := range value {
			inside := hidden
			if c.graphQL && name == "errors" {
				inside = c.texts
			}
			if !c.graphQL && slices.Contains(sealed, name) {
				continue
			}
			value[name] = c.walk(member, inside)
		}
	}
	return value
}

type secretKey struct{}

// WithSecret says what a request made under ctx carries that its errors may not repeat, such as the value
// of a CI/CD variable. A secret below 8 bytes is not hidden: it would stand in many words by chance.
func WithSecret(ctx context.Context, secret string) context.Context {
	if len(secret) < shortest {
		return ctx
	}
	return context.WithValue(ctx, secretKey{}, secret)
}

// hiding takes the secrets of the client and of the request out of a text.
func (t *roundTripper) hiding(ctx context.Context) apierror.Hide {
	secret, ok := ctx.Value(secretKey{}).(string)
	if !ok {
		return t.secrets.hide
	}
	own := replacing(spellings(secret))
	return func(text string) string { return t.secrets.hide(own.Replace(text)) }
}

// Hide has errors and logs not repeat a text from now on, whichever request they are about.
func (c *Client) Hide(secret string) { c.trip.secrets.add(false, secret) }

// Redact takes all that is not to be told out of a text.
func (c *Client) Redact(text string) string { return c.trip.secrets.hide(text) }
