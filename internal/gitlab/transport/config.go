package transport

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

const (
	defaultRequestTimeout = 60 * time.Second
	defaultMaxRetries     = 5
	defaultRetryWait      = 250 * time.Millisecond
	defaultMaxConcurrent  = 8
	defaultUserAgent      = "terraform-provider-jobtoken"
)

// Logger receives one message for each attempt of each request. Fields never
// hold a header, a body or a token.
type Logger func(ctx context.Context, message string, fields map[string]any)

// Config is what a [Client] is made from. The zero value of a field that names
// a default means that default.
type Config struct {
	// BaseURL is the GitLab instance; see [NormalizeBaseURL].
	BaseURL string
	// Token is a personal, project or group access token; see [CheckToken]. It may be empty as long as nothing
	// is asked.
	Token string
	// CACertFile is a PEM file of certificates trusted beside the system's.
	CACertFile string
	// ClientCertFile and ClientKeyFile are PEM files, given together or not at all.
	ClientCertFile string
	ClientKeyFile  string
	// Insecure switches the check of GitLab's TLS certificate off.
	Insecure bool
	// AllowPlainHTTP lets the token travel unencrypted to hosts other than loopback.
	AllowPlainHTTP bool
	// Headers are sent with every request to the base URL's origin.
	Headers map[string]string
	// RequestTimeout bounds one attempt, its answer's body included. Default 60 s:
	// GitLab itself gives a GraphQL query 30 s.
	RequestTimeout time.Duration
	// MaxRetries is how often a request is tried again. Default 5; negative means never.
	MaxRetries int
	// RetryWait is the base of the backoff: the first wait is at most this long, each
	// further one twice as long as the one before, up to 40 times the base.
	// Default 250 ms.
	RetryWait time.Duration
	// UserAgent is sent as it is. Default "terraform-provider-jobtoken".
	UserAgent string
	// MaxConcurrent is how many requests are under way at once. Default 8.
	MaxConcurrent int
	// Logger may be nil.
	Logger Logger
	// Wire carries single requests; nil means HTTP by the settings above.
	Wire http.RoundTripper
}

// ConfigError names the setting that keeps a [Client] from being made. It never
// repeats a secret.
type ConfigError struct {
	// Field is the name in the provider block: "base_url", "token", "ca_cert_file" …
	Field string
	// Problem is what is wrong, Advice what to do about it; both are sentences.
	Problem string
	Advice  string
	// Cause is the error below, if there is one.
	Cause error
}

// Error names the field, the problem and the advice.
func (e *ConfigError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("%s: %s %s", e.Field, e.Problem, e.Advice))
}

// Unwrap returns the cause.
func (e *ConfigError) Unwrap() error { return e.Cause }

func (c Config) withDefaults() Config {
	if c.RequestTimeout <= 0 {
		c.RequestTimeout = defaultRequestTimeout
	}
	if c.MaxRetries == 0 {
		c.MaxRetries = defaultMaxRetries
	}
	c.MaxRetries = max(c.MaxRetries, 0)
	if c.RetryWait <= 0 {
		c.RetryWait = defaultRetryWait
	}
	if c.MaxConcurrent <= 0 {
		c.MaxConcurrent = defaultMaxConcurrent
	}
	if c.UserAgent == "" {
		c.UserAgent = defaultUserAgent
	}
	return c
}

// CheckToken returns the token without the white space around it, which files
// and shells leave there. A token that is empty, or holds white space, control
// or non-ASCII characters, is a [ConfigError] that does not repeat it: such a
// token makes net/http write the whole header into its error.
func CheckToken(raw string) (string, error) {
	token := strings.TrimSpace(strings.TrimPrefix(raw, "\ufeff"))
	if token == "" {
		return "", &ConfigError{
			Field:   "token",
			Problem: "No token is given.",
			Advice:  "Set GITLAB_TOKEN, or token in the provider block.",
		}
	}
	for _, r := range token {
		if r <= ' ' || r > '~' {
			return "", &ConfigError{
				Field:   "token",
				Problem: "The token holds white space, a control character or one that is not ASCII.",
				Advice:  "Check what the value was copied from: it should be one word such as glpat-….",
			}
		}
	}
	if err := strange(token); err != nil {
		return "", err
	}
	return token, nil
}

// strangers are the tokens of GitLab that its API does not take, by their prefixes: see
// https://docs.gitlab.com/security/tokens/#token-prefixes.
var strangers = map[string]string{
	"glcbt-":   "a CI/CD job token",
	"gldt-":    "a deploy token",
	"glrt-":    "a runner's authentication token",
	"glrtr-":   "a runner's registration token",
	"glptt-":   "a pipeline trigger token",
	"glft-":    "a feed token",
	"glimt-":   "a token for incoming mail",
	"glagent-": "the token of a Kubernetes agent",
	"glsoat-":  "a SCIM token",
	"glffct-":  "the token of a client of feature flags",
	"gloas-":   "the secret of an OAuth application",
	"glwt-":    "the token of a workspace",
}

func strange(token string) error {
	for prefix, what := range strangers {
		if strings.HasPrefix(token, prefix) {
			return &ConfigError{
				Field:   "token",
				Problem: fmt.Sprintf("The token begins with %s, so it is %s, and cannot work: GitLab shows and changes nothing of this for it.", prefix, what),
				Advice:  "Give an access token (glpat-…) with the scope api, of a service account, a person, a project or a group.",
			}
		}
	}
	return nil
}

// reservedHeaders are set by the client, or change what net/http does with a request:
// an Idempotency-Key makes it send a POST again on its own.
var reservedHeaders = map[string]string{ //nolint:gosec // advice, no credentials
	"Private-Token":     "Use the token setting.",
	"Job-Token":         "Use the token setting.",
	"Accept-Encoding":   "Leave it out.",
	"Connection":        "Leave it out.",
	"Content-Length":    "Leave it out.",
	"Content-Type":      "Leave it out.",
	"Host":              "Use the base_url setting.",
	"Idempotency-Key":   "Leave it out.",
	"Transfer-Encoding": "Leave it out.",
	"Upgrade":           "Leave it out.",
	"X-Idempotency-Key": "Leave it out.",
}

var headerName = regexp.MustCompile("^[0-9A-Za-z!#$%&'*+.^_`|~-]+$")

func isControl(r rune) bool { return (r < ' ' && r != '\t') || r == 0x7f }

func checkHeaders(headers map[string]string) (http.Header, error) {
	checked := http.Header{}
	for name, value := range headers {
		problem, advice := "", "Write it as Name = \"value\"."
		canonical := http.CanonicalHeaderKey(name)
		if reserved, ok := reservedHeaders[canonical]; ok {
			problem, advice = fmt.Sprintf("The header %s cannot be set.", canonical), reserved
		} else if !headerName.MatchString(name) {
			problem = fmt.Sprintf("%q is no name of a header.", name)
		} else if strings.ContainsFunc(value, isControl) {
			problem = fmt.Sprintf("The value of the header %s holds control characters.", canonical)
		}
		if problem != "" {
			return nil, &ConfigError{Field: "headers", Problem: problem, Advice: advice}
		}
		checked.Set(canonical, value)
	}
	return checked, nil
}
