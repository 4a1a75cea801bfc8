package apierror

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"regexp"
	"strings"
)

// FromNetwork makes an error of a request that got no answer. Sent says that a
// write may have reached GitLab. The cause stays reachable by errors.Is, so
// that a context that was cancelled or ran out is known as such.
func FromNetwork(err error, sent bool) *Error { return Hide(nil).FromNetwork(err, sent) }

// FromNetwork is [FromNetwork] without the secrets that a certificate or a malformed answer may repeat.
func (h Hide) FromNetwork(err error, sent bool) *Error {
	if err == nil {
		err = errors.New("the connection gave no reason")
	}
	e := &Error{Kind: Unavailable, Uncertain: sent, Cause: h.cause(withoutURL(err))}
	switch {
	case errors.Is(err, context.Canceled):
		e.Note = "the request was cancelled"
	case errors.Is(err, context.DeadlineExceeded):
		e.Note = "the time for this operation ran out"
	case isTLS(err):
		e.Kind = Invalid
		e.Note = clean("no TLS connection to GitLab: "+internals.ReplaceAllString(e.Cause.Error(), "")) + tlsAdvice(err)
	case isNoSuchHost(err):
		e.Kind = Invalid
		e.Note = clean("no such host: " + e.Cause.Error())
	case errors.Is(err, io.EOF):
		e.Note = "the connection was closed before an answer came"
	default:
		e.Note = clean("no proper answer from GitLab: " + e.Cause.Error())
	}
	return e
}

// internals are the names of its own functions that net/http writes before an error.
var internals = regexp.MustCompile(`\b(readLoopPeekFailLocked|readLoop\w*|writeLoop\w*): `)

// tlsAdvice names the setting that helps.
func tlsAdvice(err error) string {
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &authority):
		return "; if its authority is your own, set ca_cert_file to that authority's certificate"
	case errors.As(err, &hostname):
		return "; is base_url right? The certificate is for another host"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "; the certificate has to be renewed at the server, or this machine's clock is wrong"
	case errors.As(err, &record):
		return "; does base_url begin with https where it should be http?"
	case strings.Contains(err.Error(), "certificate required"):
		return "; the server asks for a client certificate: set client_cert_file and client_key_file"
	case strings.Contains(err.Error(), "unknown certificate authority"), strings.Contains(err.Error(), "bad certificate"):
		return "; the server does not accept the client certificate: is client_cert_file of the authority that it trusts?"
	}
	return ""
}

// IsPermanent reports whether a connection failed over what no second try
// changes: a certificate, what the other side speaks, or a name that does not exist.
func IsPermanent(err error) bool {
	return isTLS(err) || isNoSuchHost(err)
}

func isTLS(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		hostname     x509.HostnameError
		invalid      x509.CertificateInvalidError
		record       tls.RecordHeaderError
		op           *net.OpError
	)
	if errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error") {
		return true // crypto/tls names a TLS alert so, its own type being hidden
	}
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &hostname) ||
		errors.As(err, &invalid) || errors.As(err, &record)
}

func isNoSuchHost(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}

// withoutURL drops the URL that net/http writes before its errors: it can hold
// a query with a token.
func withoutURL(err error) error {
	var wrapped *url.Error
	for errors.As(err, &wrapped) && wrapped.Err != nil {
		err = wrapped.Err
	}
	return err
}
