package transport

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

var silent = log.New(io.Discard, "", 0)

func TestRequestsCarryTokenHeadersAndRoute(t *testing.T) {
	t.Parallel()
	s, server := serve(t)
	client, _ := newClient(t, server.URL+"/gitlab/api/v4/", func(c *Config) {
		c.Headers = map[string]string{"x-proxy-key": "hunter2-of-the-proxy"}
		c.UserAgent = "terraform-provider-jobtoken/1.2.3"
	})
	if _, _, err := client.REST().Projects.GetProject("acme/app", nil, gitlab.WithContext(t.Context())); err != nil {
		t.Fatal(err)
	}
	// The answer, {}, has no data, which is not what this test is about.
	_, _ = client.GraphQL(t.Context(), "Get", "query Get { a }", nil, Read, nil)
	routes := []string{"GET /gitlab/api/v4/projects/acme%2Fapp", "POST /gitlab/api/graphql"}
	for i, r := range s.requests() {
		if got := r.Method + " " + r.URL.EscapedPath(); got != routes[i] {
			t.Errorf("got %s, want %s", got, routes[i])
		}
		for name, want := range map[string]string{
			"Private-Token": testToken, "X-Proxy-Key": "hunter2-of-the-proxy",
			"User-Agent": "terraform-provider-jobtoken/1.2.3", "Accept": "application/json",
		} {
			if got := r.Header.Values(name); !reflect.DeepEqual(got, []string{want}) {
				t.Errorf("%s: %s is %q", routes[i], name, got)
			}
		}
	}
	if len(s.requests()) != 2 {
		t.Errorf("%d requests", len(s.requests()))
	}
}

func TestRESTKeepsGitLabsWords(t *testing.T) {
	t.Parallel()
	_, server := serve(t, answer(404, `{"message":"404 Project Not Found"}`, "X-Request-Id", "01ABC"))
	client, _ := newClient(t, server.URL)
	_, _, err := client.REST().Projects.GetProject("acme/app", nil, gitlab.WithContext(t.Context()))
	want := &apierror.Error{Kind: apierror.NotFound, Status: 404, Words: "Project Not Found", RequestID: "01ABC"}
	if got := asError(t, Wrap(err)); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	other, otherServer := serve(t)
	cases := map[string]struct {
		method   string
		location string
		status   int
		follows  bool
		says     string
	}{
		"old path of a project":     {http.MethodGet, "/api/v4/projects/7", 301, true, ""},
		"read by HEAD":              {http.MethodHead, "/api/v4/projects/7", 302, true, ""},
		"another host":              {http.MethodGet, otherServer.URL + "/x?ticket=hunter2", 302, false, otherServer.URL + "/x"},
		"another scheme":            {http.MethodGet, "https://127.0.0.1/x", 302, false, "https://127.0.0.1/x"},
		"another host, with a body": {http.MethodPost, otherServer.URL + "/x", 307, false, otherServer.URL + "/x"},
		"write, 301":                {http.MethodPost, "/api/v4/projects/7", 301, false, "redirects this POST"},
		"write, 308":                {http.MethodPut, "/api/v4/projects/7", 308, false, "redirects this PUT"},
		"delete, 302":               {http.MethodDelete, "/api/v4/projects/7", 302, false, "redirects this DELETE"},
		"nowhere":                   {http.MethodGet, "", 302, false, "leads nowhere"},
		"nonsense":                  {http.MethodGet, "http://[", 302, false, "leads nowhere"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, server := serve(t, answer(c.status, "", "Location", c.location))
			client, _ := newClient(t, server.URL)
			_, err := send(t, client, c.method, 0)
			if c.follows {
				seen := s.requests()
				if err != nil || len(seen) != 2 || seen[1].URL.Path != c.location || seen[1].Header.Get("Private-Token") != testToken {
					t.Errorf("%v after %d requests", err, len(seen))
				}
				return
			}
			e := asError(t, err)
			if e.Kind != apierror.Misdirected || !strings.Contains(e.Note, c.says) || e.Words != "" || strings.Contains(e.Error(), "hunter2") || e.Uncertain {
				t.Errorf("got %+v", e)
			}
			if len(s.requests()) != 1 {
				t.Errorf("%d requests", len(s.requests()))
			}
		})
	}
	t.Cleanup(func() {
		if n := len(other.requests()); n != 0 {
			t.Errorf("the other host saw %d requests", n)
		}
	})
}

func TestTokenStaysWithItsOrigin(t *testing.T) {
	t.Parallel()
	other, otherServer := serve(t)
	_, server := serve(t)
	client, _ := newClient(t, server.URL)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, otherServer.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.http.Do(req)
	if err == nil {
		_ = resp.Body.Close()
	}
	if e := asError(t, err); e.Kind != apierror.Misdirected || len(other.requests()) != 0 {
		t.Errorf("%v, and %d requests", e, len(other.requests()))
	}
}

func TestHTMLInsteadOfData(t *testing.T) {
	t.Parallel()
	_, server := serve(t, answer(200, "<!DOCTYPE html><title>Sign in · GitLab</title><p>x", "Content-Type", "text/html"))
	client, _ := newClient(t, server.URL)
	_, err := send(t, client, http.MethodGet, 0)
	e := asError(t, err)
	if e.Kind != apierror.Misdirected || !strings.Contains(e.Note, `"Sign in · GitLab"`) || !strings.Contains(e.Note, "base_url") || e.Words != "" {
		t.Errorf("got %+v", e)
	}
}

func TestSecretsAreNeverRepeated(t *testing.T) {
	t.Parallel()
	const custom = "acme-hunter2-token" // instances can choose their own prefix
	echo := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", r.Header.Get("Private-Token"))
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, "you sent "+r.Header.Get("Private-Token")+" and "+r.Header.Get("X-Key"))
	}
	_, server := serve(t, echo)
	var logged []map[string]any
	client, _ := newClient(t, server.URL, func(c *Config) {
		c.Token = custom
		c.Headers = map[string]string{"X-Key": "hunter2-of-the-proxy"}
		c.Logger = func(_ context.Context, _ string, fields map[string]any) { logged = append(logged, fields) }
	})
	_, err := send(t, client, http.MethodPost, Write)
	if text, _ := json.Marshal([]any{err.Error(), asError(t, err), logged}); strings.Contains(string(text), "hunter2") {
		t.Errorf("a secret is repeated: %s", text)
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	_, server := serve(t, answer(502, "hunter2", "X-Request-Id", "01A"), cut(""), answer(200, `{"data":{"a":1},"x":"hunter2"}`, "X-Request-Id", "01C"))
	var mu sync.Mutex
	var logged []map[string]any
	client, _ := newClient(t, server.URL, func(c *Config) {
		c.Logger = func(_ context.Context, message string, fields map[string]any) {
			mu.Lock()
			defer mu.Unlock()
			if message != "GitLab request" {
				t.Errorf("got %q", message)
			}
			for _, volatile := range []string{"duration_ms", "retry_in_ms", "error"} {
				if _, ok := fields[volatile]; ok {
					fields[volatile] = "some"
				}
			}
			logged = append(logged, fields)
		}
	})
	if _, err := client.GraphQL(t.Context(), "Snapshot", "query Snapshot { a }", map[string]any{"secret": "hunter2"}, Read, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := send(t, client, http.MethodGet, 0); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{
		{"method": "POST", "path": "/api/graphql", "operation": "Snapshot", "attempt": 1, "status": 502, "duration_ms": "some", "request_id": "01A", "error_kind": "unavailable", "retry_in_ms": "some"},
		{"method": "POST", "path": "/api/graphql", "operation": "Snapshot", "attempt": 2, "duration_ms": "some", "error_kind": "unavailable", "error": "some", "retry_in_ms": "some"},
		{"method": "POST", "path": "/api/graphql", "operation": "Snapshot", "attempt": 3, "status": 200, "duration_ms": "some", "request_id": "01C"},
		{"method": "GET", "path": "/api/v4/projects/acme%2Fapp", "attempt": 1, "status": 200, "duration_ms": "some"},
	}
	if !reflect.DeepEqual(logged, want) {
		t.Errorf("got  %v\nwant %v", logged, want)
	}
}

func TestGraphQL(t *testing.T) {
	t.Parallel()
	type data struct{ A *int }
	one := 1
	cases := map[string]struct {
		status    int
		body      string
		effect    Effect
		want      data
		errs      int
		kind      apierror.Kind // 0: no error
		uncertain bool
	}{
		"data":                  {200, `{"data":{"a":1}}`, Read, data{&one}, 0, 0, false},
		"data beside errors":    {200, `{"data":{"a":1},"errors":[{"message":"m","path":["b"]}]}`, Write, data{&one}, 1, 0, false},
		"null field and errors": {200, `{"data":{"a":null},"errors":[{"message":"m"}]}`, Write, data{}, 1, 0, false},
		"complexity":            {200, `{"errors":[{"message":"Query has complexity of 4, which exceeds max complexity of 3"}]}`, Write, data{}, 1, apierror.Limit, false},
		"unknown field":         {200, `{"errors":[{"message":"m","extensions":{"code":"undefinedField"}}],"data":null}`, Read, data{}, 1, apierror.Unsupported, false},
		"failed inside, write":  {200, `{"errors":[{"message":"Internal server error"}],"data":null}`, Write, data{}, 1, apierror.Unavailable, true},
		"failed inside, read":   {200, `{"errors":[{"message":"Internal server error"}],"data":null}`, Read, data{}, 1, apierror.Unavailable, false},
		"validation cut off":    {200, `{"errors":[{"message":"Timeout on validation of query","extensions":{"code":"validationTimeout"}}]}`, Write, data{}, 1, apierror.Unavailable, false},
		"neither":               {200, `{}`, Write, data{}, 0, apierror.Unavailable, true},
		"another form":          {200, `{"data":{"a":"x"}}`, Write, data{}, 0, apierror.Unsupported, true},
		"no object":             {200, `[]`, Read, data{}, 0, apierror.Unsupported, false},
		"nothing":               {200, ``, Write, data{}, 0, apierror.Unsupported, true},
		"too large":             {422, `{"errors":[{"message":"Query too large"}]}`, Write, data{}, 0, apierror.Limit, false},
		"refused token":         {401, `{"errors":[{"message":"Invalid token"}]}`, Read, data{}, 0, apierror.Unauthenticated, false},
		"statement timeout":     {503, `{"errors":[{"message":"Request timed out."}]}`, Write, data{}, 0, apierror.Unavailable, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, server := serve(t, repeat(10, answer(c.status, c.body, "X-Request-Id", "01A"))...)
			client, _ := newClient(t, server.URL)
			var got data
			errs, err := client.GraphQL(t.Context(), "Q", "query Q { a }", nil, c.effect, &got)
			if len(errs) != c.errs || c.kind == 0 && !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v and %v", got, errs)
			}
			if c.kind == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			e := asError(t, err)
			if e.Kind != c.kind || e.Uncertain != c.uncertain || e.Status != c.status || e.RequestID != "01A" {
				t.Errorf("got %+v", e)
			}
		})
	}
}

func TestGraphQLRequest(t *testing.T) {
	t.Parallel()
	var got map[string]any
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		if r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("sent as %q", r.Header.Get("Content-Type"))
		}
		answer(200, `{"data":{}}`)(w, r)
	}))
	t.Cleanup(server.Close)
	client, _ := newClient(t, server.URL)
	if _, err := client.GraphQL(t.Context(), "Q", "query Q($a: ID!) { a }", map[string]any{"a": []string{"b"}}, Read, nil); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"operationName": "Q", "query": "query Q($a: ID!) { a }", "variables": map[string]any{"a": []any{"b"}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("sent %v", got)
	}
	_, err := client.GraphQL(t.Context(), "Q", "query Q { a }", map[string]any{"a": func() {}}, Read, nil)
	if e := asError(t, err); e.Kind != apierror.Invalid {
		t.Errorf("got %+v", e)
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	if err := Wrap(nil); err != nil {
		t.Errorf("nil became %v", err)
	}
	known := &apierror.Error{Kind: apierror.Conflict}
	response := &http.Response{Header: http.Header{"X-Request-Id": {"01A"}}}
	cases := map[string]struct {
		err  error
		kind apierror.Kind
	}{
		"ours":              {errors.Join(io.EOF, known), apierror.Conflict},
		"client-go's 404":   {gitlab.ErrNotFound, apierror.NotFound},
		"client-go's":       {&gitlab.ErrorResponse{StatusCode: 403, Response: response}, apierror.Forbidden},
		"cancelled":         {context.Canceled, apierror.Unavailable},
		"broken JSON":       {json.Unmarshal([]byte("{"), new(int)), apierror.Unsupported},
		"JSON of no use":    {json.Unmarshal([]byte(`"a"`), new(int)), apierror.Unsupported},
		"an empty answer":   {io.EOF, apierror.Unsupported},
		"anything else":     {errors.New("x"), apierror.Unavailable},
		"a deadline, timed": {context.DeadlineExceeded, apierror.Unavailable},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Wrap(c.err)
			e := asError(t, got)
			if e.Kind != c.kind {
				t.Errorf("got %+v", e)
			}
			if c.err == context.Canceled && !errors.Is(got, context.Canceled) { //nolint:errorlint // the case itself
				t.Error("the context's end is out of reach")
			}
		})
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	proto := make(chan string, 1)
	server := newTLSServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proto <- r.Proto
		answer(200, "{}")(w, r)
	}))
	authority := filepath.Join(t.TempDir(), "ca.pem")
	writePEM(t, authority, "CERTIFICATE", server.Certificate().Raw)
	for name, change := range map[string]func(*Config){
		"own authority": func(c *Config) { c.CACertFile = authority },
		"insecure":      func(c *Config) { c.Insecure = true },
	} {
		client, _ := newClient(t, server.URL, change)
		if _, err := send(t, client, http.MethodGet, 0); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := <-proto; got != "HTTP/2.0" {
			t.Errorf("%s: spoke %s", name, got)
		}
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(&script{})
	server.TLS = &tls.Config{MaxVersion: tls.VersionTLS11} //nolint:gosec // what must be refused
	server.Config.ErrorLog = silent
	server.StartTLS()
	t.Cleanup(server.Close)
	client, _ := newClient(t, server.URL, func(c *Config) { c.Insecure = true })
	if _, err := send(t, client, http.MethodGet, 0); err == nil {
		t.Error("TLS 1.1 was accepted")
	}
}

func TestClientCertificate(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client"}, NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	certFile, keyFile := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	writePEM(t, certFile, "CERTIFICATE", certificate)
	writePEM(t, keyFile, "PRIVATE KEY", private)

	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.TLS.PeerCertificates[0].Subject.CommonName; got != "client" {
			t.Errorf("the server sees %q", got)
		}
		answer(200, "{}")(w, r)
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = silent
	server.StartTLS()
	t.Cleanup(server.Close)

	with, _ := newClient(t, server.URL, func(c *Config) { c.Insecure, c.ClientCertFile, c.ClientKeyFile = true, certFile, keyFile })
	if _, err := send(t, with, http.MethodGet, 0); err != nil {
		t.Error(err)
	}
	without, slept := newClient(t, server.URL, func(c *Config) { c.Insecure = true })
	_, err = send(t, without, http.MethodPost, Write)
	if e := asError(t, err); len(slept.slept()) != 0 {
		t.Errorf("%+v after %d waits", e, len(slept.slept()))
	}
}

func writePEM(t *testing.T, file, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// An answer above 16 MiB is refused, also one that is small only on the way.
func TestLargeAnswer(t *testing.T) {
	t.Parallel()
	zeros := func(size int) http.HandlerFunc {
		var packed bytes.Buffer
		to := gzip.NewWriter(&packed)
		_, _ = io.WriteString(to, `{"version":"`+strings.Repeat("0", size-14)+`"}`)
		_ = to.Close()
		return answer(http.StatusOK, packed.String(), "Content-Encoding", "gzip")
	}
	_, server := serve(t, zeros(16<<20), zeros(16<<20+1))
	client, _ := newClient(t, server.URL, func(c *Config) { c.RequestTimeout, c.MaxRetries = 5*time.Minute, -1 })
	for _, kind := range []apierror.Kind{0, apierror.Limit} {
		_, err := send(t, client, http.MethodGet, 0)
		if got, _ := apierror.KindOf(Wrap(err)); got != kind || kind != 0 && !strings.Contains(err.Error(), "larger than 16 MiB") {
			t.Errorf("got %v, want kind %v", err, kind)
		}
	}
}
