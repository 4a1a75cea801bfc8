package rest

import (
	"cmp"
	"strconv"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// sudo lets an administrator act as another user, whom the parameter or header sudo
// names by id or user name. The token needs the scope sudo.
func (r *request) sudo() error {
	sent, _ := r.sent["sudo"].(string)
	name := cmp.Or(r.http.Header.Get("Sudo"), sent)
	switch {
	case name == "":
		return nil
	case !r.caller.SignedIn():
		return unauthorized()
	case !r.caller.User.Admin:
		return forbidden("Must be admin to use sudo")
	case r.caller.Token == nil:
		return forbidden("Must be authenticated using an OAuth or personal access token to use sudo")
	case !r.caller.HasScope("sudo"):
		return insufficientScope("sudo")
	}
	user := findUser(r.state, name)
	if user == nil {
		return notFound("User with ID or username '" + name + "'")
	}
	r.caller.User = user
	return nil
}

func findUser(st *store.State, name string) *store.User {
	if id, err := strconv.ParseInt(name, 10, 64); err == nil {
		return st.User(id)
	}
	return st.UserByUsername(name)
}
