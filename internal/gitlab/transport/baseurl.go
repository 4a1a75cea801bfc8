package transport

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// plainPath is what a relative root may be made of. Escapes would have to be
// carried through every route below it.
var plainPath = regexp.MustCompile(`^(?:/[0-9A-Za-z_.~-]+)*$`)

// NormalizeBaseURL returns the root of a GitLab instance: scheme and host in
// lower case, no default port, no trailing slash, no /api/v4, the relative root
// kept (https://host/gitlab). Anything but http and https, credentials, a
// query or a fragment is a [ConfigError].
func NormalizeBaseURL(raw string) (*url.URL, error) {
	fail := func(problem, advice string) (*url.URL, error) {
		return nil, &ConfigError{Field: "base_url", Problem: problem, Advice: advice}
	}
	const example = "Write it like https://gitlab.example.com or https://example.com/gitlab."

	raw = strings.TrimSpace(raw)
	if raw == "" {
		return fail("The address of GitLab is empty.", example)
	}
	if !strings.Contains(raw, "://") {
		return fail("The address of GitLab has no scheme.", "Put https:// before it.")
	}
	u, err := url.Parse(raw)
	if err != nil {
		// The parser's error repeats the whole address, with a password in it.
		return fail("The address of GitLab cannot be read.", example)
	}
	scheme := strings.ToLower(u.Scheme)
	host := strings.ToLower(u.Hostname())
	port := u.Port()
	path := strings.TrimRight(u.EscapedPath(), "/")
	for strings.HasSuffix(path, "/api/v4") {
		path = strings.TrimRight(strings.TrimSuffix(path, "/api/v4"), "/")
	}
	switch {
	case scheme != "https" && scheme != "http":
		return fail(fmt.Sprintf("GitLab is not reached by %q.", scheme), "Use https.")
	case u.User != nil:
		return fail("The address of GitLab holds a user name or a password.", "Leave it out; use token.")
	case !isHost(host):
		return fail("The address of GitLab has no proper host.", example)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(raw, "#"):
		return fail("The address of GitLab has a query or a fragment.", "Leave out what begins with ? or #.")
	case !validPort(u.Host, port):
		return fail("The address of GitLab has no proper port.", "A port is a number from 1 to 65535.")
	case !plainPath.MatchString(path) || hasDots(path):
		return fail("The path in the address of GitLab holds characters that no relative root has.", example)
	}
	if (scheme == "https" && port == "443") || (scheme == "http" && port == "80") {
		port = ""
	}
	return &url.URL{Scheme: scheme, Host: joinHostPort(host, port), Path: path}, nil
}

// plainHost is a name as DNS has it; others are written in Punycode.
var plainHost = regexp.MustCompile(`^[0-9a-z._-]+$`)

func isHost(host string) bool {
	if plainHost.MatchString(host) {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Zone() == ""
}

func validPort(hostport, port string) bool {
	if port == "" {
		return !strings.HasSuffix(hostport, ":")
	}
	number, err := strconv.Atoi(port)
	return err == nil && number > 0 && number <= 65535
}

func hasDots(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

func joinHostPort(host, port string) string {
	switch {
	case port != "":
		return net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		return "[" + host + "]"
	default:
		return host
	}
}

// isLoopback reports whether a request to this host stays on the machine. Names below .localhost do not count:
// resolvers may answer for them what they like.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// sameOrigin compares scheme, host and port, default ports understood.
func sameOrigin(a, b *url.URL) bool {
	return strings.EqualFold(a.Scheme, b.Scheme) &&
		strings.EqualFold(a.Hostname(), b.Hostname()) &&
		effectivePort(a) == effectivePort(b)
}

func effectivePort(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	if strings.EqualFold(u.Scheme, "http") {
		return "80"
	}
	return "443"
}
