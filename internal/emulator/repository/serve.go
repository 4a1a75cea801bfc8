package repository

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/cgi" //nolint:gosec // G504 is about Go before 1.6.3
	"os/exec"
)

// maxRequest is how much of a request git gets to read.
const maxRequest = 256 << 20

// Serve lets git http-backend answer a request for a project's repository.
// service is the part of the path behind it, such as "info/refs"; username is
// who pushes.
func (s *Storage) Serve(w http.ResponseWriter, r *http.Request, projectID int64, service, username string) error {
	git, err := exec.LookPath("git")
	if err != nil {
		return err
	}
	input, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	return s.use(r.Context(), projectID, func(root, name string) error {
		request := r.Clone(r.Context())
		request.URL.Path = "/" + name + "/" + service
		request.Header.Del("Authorization")
		request.Header.Del("Cookie")
		// CGI has no chunked bodies.
		request.Body, request.ContentLength, request.TransferEncoding = io.NopCloser(bytes.NewReader(input)), int64(len(input)), nil
		backend := cgi.Handler{
			Path: git, Args: []string{"http-backend"}, Dir: root, Root: "/",
			Env:    append(environment(root), "GIT_PROJECT_ROOT="+root, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER="+username),
			Logger: log.New(io.Discard, "", 0), Stderr: io.Discard,
		}
		backend.ServeHTTP(w, request)
		return nil
	})
}
