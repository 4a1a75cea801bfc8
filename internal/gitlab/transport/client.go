// Package transport carries requests to GitLab: authentication, TLS, limits,
// retries by what may have happened, and logs without secrets. Every failure it
// returns is an [apierror.Error].
package transport

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"
)

// Client talks to one GitLab instance. It is safe for use by many goroutines.
type Client struct {
	base *url.URL
	http *http.Client
	rest *gitlab.Client
	trip *roundTripper
}

// New makes a client. It sends nothing, and without a token never will: every request is then
// Unauthenticated. Errors are of type [ConfigError].
func New(config Config) (*Client, error) {
	config = config.withDefaults()
	base, err := NormalizeBaseURL(config.BaseURL)
	if err != nil {
		return nil, err
	}
	token := ""
	if strings.TrimSpace(config.Token) != "" {
		if token, err = CheckToken(config.Token); err != nil {
			return nil, err
		}
	}
	if base.Scheme == "http" && !isLoopback(base.Hostname()) && !config.AllowPlainHTTP {
		return nil, &ConfigError{
			Field:   "base_url",
			Problem: "The token would travel unencrypted to " + base.Host + ".",
			Advice:  "Use https, or set allow_plain_http = true if that is meant.",
		}
	}
	headers, err := checkHeaders(config.Headers)
	if err != nil {
		return nil, err
	}
	inner, err := newHTTPTransport(config, base)
	if err != nil {
		return nil, err
	}
	if config.Wire == nil {
		config.Wire = inner
	}
	trip := newRoundTripper(config, base, token, headers, config.Wire)
	httpClient := &http.Client{Transport: trip}
	rest, err := gitlab.NewAuthSourceClient(
		// The token is added below, where the origin of each request is known.
		gitlab.Unauthenticated{},
		gitlab.WithBaseURL(base.String()+"/api/v4/"),
		gitlab.WithHTTPClient(httpClient),
		gitlab.WithoutRetries(),
		// client-go's own limiter is written without a lock once GitLab sends RateLimit headers.
		gitlab.WithCustomLimiter(noLimit{}),
		gitlab.WithUserAgent(config.UserAgent),
		gitlab.WithURLWarningLogger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		return nil, &ConfigError{Field: "base_url", Problem: fmt.Sprintf("No client can be made: %v.", err), Cause: err}
	}
	return &Client{base: base, http: httpClient, rest: rest, trip: trip}, nil
}

// BaseURL returns the root of the instance, as [NormalizeBaseURL] writes it.
func (c *Client) BaseURL() string { return c.base.String() }

// RetryWait is the base of the waits between tries; see [Config.RetryWait].
func (c *Client) RetryWait() time.Duration { return c.trip.config.RetryWait }

// REST returns client-go on this transport. Pass its errors through [Wrap].
func (c *Client) REST() *gitlab.Client { return c.rest }

type noLimit struct{}

func (noLimit) Wait(context.Context) error { return nil }
