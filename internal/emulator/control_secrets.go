package emulator

import (
	"net/http"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// showSecrets lists the secrets that store.State.Secrets keeps, so that a test
// can look for them where none may be.
func (s *Server) showSecrets(w http.ResponseWriter) {
	var secrets []string
	s.store.Read(func(st *store.State) { secrets = st.Secrets() })
	reply(w, http.StatusOK, secrets)
}
