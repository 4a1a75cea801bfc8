package emulator

import (
	"encoding/json"
	"net/http"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// grantedToken is what POST tokens takes: a fine-grained personal access token. GitLab
// makes them in its user interface, and by routes and a mutation that are not modelled.
type grantedToken struct {
	// User is an id, as a number or text, or a user name.
	User any `json:"user"`
	// Permissions are those the token holds, in every project and group of the user, such
	// as read_job_token_scope.
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
	if !s.version.HasGranularTokens() {
		reply(w, http.StatusBadRequest, map[string]string{"message": "GitLab " + s.version.Text + " has no fine-grained tokens"})
		return
	}
	if sent.Permissions == nil {
		sent.Permissions = []string{}
	}
	for _, permission := range sent.Permissions {
		if !rules.IsGranularPermission(permission) {
			reply(w, http.StatusBadRequest, map[string]string{"message": "the permission " + permission + " is not modelled"})
			return
		}
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
