package emulator

import (
	"net/http"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// ServeHTTP answers one request; it is what whoever listens serves.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handle(w, r) }

// Inspect shows all that the instance holds, for tests that compare what was there before a request
// with what is there after it. Nothing may be kept of the State once fn has returned.
func (s *Server) Inspect(fn func(*store.State)) { s.store.Read(fn) }
