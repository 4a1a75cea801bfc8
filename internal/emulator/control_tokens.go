package emulator

import (
	"encoding/json"
	"net/http"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// grantedToken is what POST tokens takes: a fine-grained personal access token, which
// GitLab makes in its user interface.
type grantedToken struct {
	// User is an id, as a number or text, or a user name.
	User any `json:"user"`
	// Permissions are those the token holds, in every project and group of the user.
	Permissions []string `json:"permissions"`
}

// grantToken makes a fine-grained personal access token.
func (s *Server) grantToken(w http.ResponseWriter, r *http.Request) {
	var sent grantedToken
	decoder := json.NewDecoder(r.Body)
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&sent); err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"message": err.Error()})
		return
	}
	if sent.Permissions == nil {
		sent.Permissions = []string{}
	}
	var made *store.Token
	s.store.Write(func(st *store.State) {
		if user := findUser(st, sent.User); user != nil {
			made = st.CreateToken(store.Token{UserID: user.ID, Name: "fine-grained", Scopes: []string{"granular"}, Permissions: sent.Permissions})
		}
	})
	if made == nil {
		reply(w, http.StatusNotFound, map[string]string{"message": "404 User Not Found"})
		return
	}
	reply(w, http.StatusCreated, startedJob{ID: made.ID, Token: made.Secret})
}
