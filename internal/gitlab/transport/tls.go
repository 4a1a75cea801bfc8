package transport

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"
)

// idleConnections are kept for reuse to the one host there is. The default of
// net/http, 2, makes bursts on HTTP/1.1 dial again and again.
const idleConnections = 32

func newHTTPTransport(c Config, base *url.URL) (*http.Transport, error) {
	config, err := newTLSConfig(c)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:               proxyFor(base),
		DialContext:         dialer.DialContext,
		TLSClientConfig:     config,
		TLSHandshakeTimeout: 15 * time.Second,
		ForceAttemptHTTP2:   true,
		// 10 MiB by default.
		MaxResponseHeaderBytes: maxHeader,
		MaxIdleConns:           2 * idleConnections,
		MaxIdleConnsPerHost:    idleConnections,
		IdleConnTimeout:        60 * time.Second,
		ExpectContinueTimeout:  time.Second,
		// A dead HTTP/2 connection would otherwise swallow requests until each times out.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 20 * time.Second, PingTimeout: 10 * time.Second},
	}, nil
}

// proxyFor is nil for plain http: the proxy would see the token.
func proxyFor(base *url.URL) func(*http.Request) (*url.URL, error) {
	if base.Scheme == "http" {
		return nil
	}
	return http.ProxyFromEnvironment
}

func newTLSConfig(c Config) (*tls.Config, error) {
	config := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: c.Insecure, //nolint:gosec // the user's explicit "insecure" setting
	}
	if c.CACertFile != "" {
		pem, err := os.ReadFile(c.CACertFile)
		if err != nil {
			return nil, &ConfigError{
				Field:   "ca_cert_file",
				Problem: "The file cannot be read: " + err.Error() + ".",
				Advice:  "Give the path of a PEM file.",
				Cause:   err,
			}
		}
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, &ConfigError{
				Field:   "ca_cert_file",
				Problem: "The file holds no certificate.",
				Advice:  "It must be in PEM form, with BEGIN CERTIFICATE lines.",
			}
		}
		config.RootCAs = pool
	}
	switch {
	case c.ClientCertFile == "" && c.ClientKeyFile == "":
		return config, nil
	case c.ClientKeyFile == "":
		return nil, &ConfigError{Field: "client_key_file", Problem: "A client certificate needs its key.", Advice: "Set client_key_file too."}
	case c.ClientCertFile == "":
		return nil, &ConfigError{Field: "client_cert_file", Problem: "A client key needs its certificate.", Advice: "Set client_cert_file too."}
	}
	pair, err := tls.LoadX509KeyPair(c.ClientCertFile, c.ClientKeyFile)
	if err != nil {
		return nil, &ConfigError{
			Field:   "client_cert_file",
			Problem: "The client certificate and its key cannot be used: " + err.Error() + ".",
			Advice:  "Both must be PEM files, and belong together.",
			Cause:   err,
		}
	}
	// By Certificates alone, crypto/tls would keep back one whose issuer the server does not name, and
	// the server would say that none was shown.
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	return config, nil
}
