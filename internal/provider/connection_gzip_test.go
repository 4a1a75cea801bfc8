package provider_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

// compressing sends what another handler answers by gzip to those who accept it, after damage was done.
func compressing(handler http.Handler, damage func([]byte) []byte, compressed *atomic.Int64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			handler.ServeHTTP(w, r)
			return
		}
		compressed.Add(1)
		r.Header.Del("Accept-Encoding")
		plain := httptest.NewRecorder()
		handler.ServeHTTP(plain, r)
		var body bytes.Buffer
		packer := gzip.NewWriter(&body)
		_, _ = packer.Write(plain.Body.Bytes())
		_ = packer.Close()
		for name, values := range plain.Header() {
			w.Header()[name] = values
		}
		w.Header().Del("Content-Length")
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(plain.Code)
		_, _ = w.Write(damage(body.Bytes()))
	})
}

// Compressed answers are read like others; damaged ones are no answer.
func TestAccConnection_gzip(t *testing.T) {
	t.Parallel()
	g := acctest.New(t)
	project, pass := g.Project(t, "app"), front(t, g)
	for name, test := range map[string]struct {
		damage func([]byte) []byte
		code   int
		words  string
	}{
		"whole":     {func(body []byte) []byte { return body }, acctest.NoChanges, "No changes"},
		"no gzip":   {func([]byte) []byte { return []byte(`{"version":"19.4.1-ee"}`) }, acctest.Failed, "No proper answer from GitLab: gzip: invalid header"},
		"cut short": {func(body []byte) []byte { return body[:len(body)/2] }, acctest.Failed, "No proper answer from GitLab: the answer ended before it was complete"},
		"bad checksum": {func(body []byte) []byte {
			body[len(body)-5] ^= 0xff // the CRC-32 is followed by the length, four bytes each
			return body
		}, acctest.Failed, "No proper answer from GitLab: gzip: invalid checksum"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var compressed atomic.Int64
			cli := acctest.NewCLI(t, g, reading(project, "max_retries = 0"))
			cli.Setenv("GITLAB_BASE_URL=" + serve(t, compressing(pass, test.damage, &compressed)))
			shows(t, cli.Plan(t, test.code), test.words)
			if compressed.Load() == 0 {
				t.Error("no answer was compressed")
			}
		})
	}
}
