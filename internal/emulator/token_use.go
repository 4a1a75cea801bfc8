package emulator

import (
	"cmp"
	"net/http"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/authn"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// useInterval is how often GitLab writes the last use of an access token down.
const useInterval = time.Minute

// noteUse keeps when the access token of a request was last used.
func (s *Server) noteUse(r *http.Request) {
	_, password, _ := r.BasicAuth()
	secret := cmp.Or(authn.Secret(r), password)
	used := func(st *store.State) *store.Token {
		caller, failed := authn.Caller(st, secret)
		if failed != authn.None || caller.Token == nil {
			return nil
		}
		if last := caller.Token.LastUsedAt; last != nil && st.Now().Sub(*last) < useInterval {
			return nil
		}
		return caller.Token
	}
	due := false
	s.store.Read(func(st *store.State) { due = used(st) != nil })
	if !due {
		return
	}
	s.store.Write(func(st *store.State) {
		if token := used(st); token != nil {
			now := st.Now()
			st.UpdateToken(token, func(t *store.Token) { t.LastUsedAt = &now })
		}
	})
}
