package rest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

func (a *API) userEndpoints() []endpoint {
	return []endpoint{
		{http.MethodGet, "/user", signedIn, nil, a.getCurrentUser},
		{http.MethodGet, "/users", signedIn, paging(opt("username", text), opt("search", text)), a.listUsers},
		{http.MethodPost, "/users", admin, []param{
			req("email", text), req("name", text), req("username", text), opt("password", text),
			opt("reset_password", boolean), opt("force_random_password", boolean), opt("skip_confirmation", boolean),
			opt("admin", boolean), opt("external", boolean),
		}, a.createUser},
		{http.MethodGet, "/users/:user_id", signedIn, []param{req("user_id", integer)}, a.getUser},
		{http.MethodDelete, "/users/:user_id", admin, []param{req("user_id", integer), opt("hard_delete", boolean)}, a.deleteUser},
		{http.MethodPost, "/users/:user_id/block", admin, []param{req("user_id", integer)}, a.setState("blocked")},
		{http.MethodPost, "/users/:user_id/unblock", admin, []param{req("user_id", integer)}, a.setState("active")},
	}
}

type userEntity struct {
	ID        int64   `json:"id"`
	Username  string  `json:"username"`
	Name      string  `json:"name"`
	State     string  `json:"state"`
	Locked    bool    `json:"locked"`
	AvatarURL *string `json:"avatar_url"`
	WebURL    string  `json:"web_url"`
}

// fullUserEntity is what administrators, and users of themselves, see.
type fullUserEntity struct {
	userEntity

	CreatedAt   string `json:"created_at"`
	Bot         bool   `json:"bot"`
	Email       string `json:"email"`
	External    bool   `json:"external"`
	NamespaceID int64  `json:"namespace_id"`
	IsAdmin     *bool  `json:"is_admin,omitempty"`
}

func (r *request) basicUser(u *store.User) userEntity {
	return userEntity{ID: u.ID, Username: u.Username, Name: u.Name, State: u.State, WebURL: r.api.baseURL + "/" + u.Username}
}

func (r *request) fullUser(u *store.User) fullUserEntity {
	entity := fullUserEntity{
		userEntity: r.basicUser(u), CreatedAt: timestamp(u.CreatedAt), Bot: u.Bot || u.ServiceAccount, Email: u.Email,
		External: u.External, NamespaceID: u.NamespaceID,
	}
	if r.caller.Admin() {
		entity.IsAdmin = &u.Admin
	}
	return entity
}

func (r *request) user(u *store.User) any {
	if r.caller.Admin() || r.caller.ID() == u.ID {
		return r.fullUser(u)
	}
	return r.basicUser(u)
}

func (a *API) getCurrentUser(r *request) (answer, error) { return ok(r.fullUser(r.caller.User)) }

func (a *API) getUser(r *request) (answer, error) {
	user := r.state.User(r.integer("user_id"))
	if user == nil {
		return answer{}, notFound("User")
	}
	return ok(r.user(user))
}

func (a *API) listUsers(r *request) (answer, error) {
	username, search := r.text("username"), strings.ToLower(r.text("search"))
	found := slices.DeleteFunc(r.state.Users(), func(u *store.User) bool {
		return username != "" && !strings.EqualFold(u.Username, username) ||
			!strings.Contains(strings.ToLower(u.Username+" "+u.Name), search)
	})
	return paged(r, found, r.user)
}

func (a *API) createUser(r *request) (answer, error) {
	if r.text("password") == "" && !r.boolean("reset_password") && !r.boolean("force_random_password") {
		return answer{}, invalidParams("password, reset_password, force_random_password are missing, at least one parameter must be provided")
	}
	username := r.text("username")
	conflict := func(text string) (answer, error) {
		return answer{}, &failure{status: http.StatusConflict, body: message(text)}
	}
	switch {
	case r.state.UserByEmail(r.text("email")) != nil:
		return conflict("Email has already been taken")
	case r.state.UserByUsername(username) != nil, r.state.PathTaken(username):
		return conflict("Username has already been taken")
	}
	return created(r.fullUser(r.state.CreateUser(store.User{
		Username: username, Name: r.text("name"), Email: r.text("email"), State: "active",
		Admin: r.boolean("admin"), External: r.boolean("external"),
	})))
}

func (a *API) deleteUser(r *request) (answer, error) {
	user := r.state.User(r.integer("user_id"))
	if user == nil {
		return answer{}, notFound("User")
	}
	r.state.DeleteUser(user.ID)
	return noContent()
}

// setState blocks or unblocks a user; nothing of the user is lost by it.
func (a *API) setState(state string) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		user := r.state.User(r.integer("user_id"))
		if user == nil {
			return answer{}, notFound("User")
		}
		r.state.UpdateUser(user, func(u *store.User) { u.State = state })
		return created(true)
	}
}
