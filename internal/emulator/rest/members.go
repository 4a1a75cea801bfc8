package rest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

func (a *API) memberEndpoints(kind store.SourceKind) []endpoint {
	path := "/" + string(kind) + "s/:id/members"
	filters := paging(opt("query", text))
	user := req("user_id", integer)
	role := []param{req("access_level", integer), opt("expires_at", day), opt("member_role_id", integer)}
	change := append([]param{user}, role...)
	invite := append([]param{opt("user_id", text), opt("username", text)}, role...)
	own := func(r *request, source store.Source) []*store.Member { return r.state.MembersOf(source) }
	all := func(r *request, source store.Source) []*store.Member { return rules.EffectiveMembers(r.state, source) }
	return []endpoint{
		{http.MethodGet, path, signedIn, filters, a.listMembers(kind, own)},
		{http.MethodGet, path + "/all", signedIn, filters, a.listMembers(kind, all)},
		{http.MethodGet, path + "/:user_id", signedIn, []param{user}, a.getMember(kind, own)},
		{http.MethodGet, path + "/all/:user_id", signedIn, []param{user}, a.getMember(kind, all)},
		{http.MethodPost, path, signedIn, invite, a.addMember(kind)},
		{http.MethodPut, path + "/:user_id", signedIn, change, a.updateMember(kind)},
		{http.MethodDelete, path + "/:user_id", signedIn, []param{user}, a.removeMember(kind)},
	}
}

// membersOf lists the members of a source, own or effective ones.
type membersOf func(*request, store.Source) []*store.Member

type memberEntity struct {
	ID              int64       `json:"id"`
	Username        string      `json:"username"`
	Name            string      `json:"name"`
	State           string      `json:"state"`
	Locked          bool        `json:"locked"`
	AvatarURL       *string     `json:"avatar_url"`
	WebURL          string      `json:"web_url"`
	AccessLevel     int         `json:"access_level"`
	CreatedAt       string      `json:"created_at"`
	CreatedBy       *userEntity `json:"created_by,omitempty"`
	ExpiresAt       *string     `json:"expires_at"`
	MembershipState string      `json:"membership_state"`

	MemberRole map[string]any `json:"member_role,omitempty"`
}

func (r *request) member(m *store.Member) memberEntity {
	user := r.basicUser(r.state.User(m.UserID))
	entity := memberEntity{
		ID: user.ID, Username: user.Username, Name: user.Name, State: user.State, WebURL: user.WebURL,
		AccessLevel: int(m.Level), CreatedAt: timestamp(m.CreatedAt), ExpiresAt: date(m.ExpiresAt), MembershipState: "active",
	}
	if role := r.state.MemberRole(m.RoleID); role != nil {
		entity.MemberRole = memberRole(role)
	}
	if by := r.state.User(m.CreatedBy); by != nil {
		basic := r.basicUser(by)
		entity.CreatedBy = &basic
	}
	return entity
}

func (r *request) findSource(kind store.SourceKind) (store.Source, error) {
	if kind == store.GroupSource {
		group, err := r.findGroup()
		if err != nil {
			return store.Source{}, err
		}
		return store.Source{Kind: kind, ID: group.ID}, nil
	}
	project, err := r.findProject()
	if err != nil {
		return store.Source{}, err
	}
	return store.Source{Kind: kind, ID: project.ID}, nil
}

func (a *API) listMembers(kind store.SourceKind, of membersOf) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		source, err := r.findSource(kind)
		if err != nil {
			return answer{}, err
		}
		query := strings.ToLower(r.text("query"))
		found := slices.DeleteFunc(of(r, source), func(m *store.Member) bool {
			u := r.state.User(m.UserID)
			return !strings.Contains(strings.ToLower(u.Username+" "+u.Name), query)
		})
		return paged(r, found, func(m *store.Member) any { return r.member(m) })
	}
}

func (a *API) getMember(kind store.SourceKind, of membersOf) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		source, err := r.findSource(kind)
		if err != nil {
			return answer{}, err
		}
		for _, m := range of(r, source) {
			if m.UserID == r.integer("user_id") {
				return ok(r.member(m))
			}
		}
		return answer{}, recordNotFound()
	}
}

func (r *request) role() rules.Role {
	return rules.Role{
		Level: store.AccessLevel(r.integer("access_level")), ExpiresAt: given[time.Time](r, "expires_at"), RoleID: r.integer("member_role_id"),
	}
}

// addMember takes user_id or username, not both. A single user is answered as a
// member; several, separated by commas, with a status for all of them.
func (a *API) addMember(kind store.SourceKind) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		ids, names := r.text("user_id"), r.text("username")
		switch {
		case ids != "" && names != "":
			return answer{}, invalidParams("user_id, username are mutually exclusive")
		case ids == "" && names == "":
			return answer{}, invalidParams("user_id, username are missing, at least one parameter must be provided")
		}
		source, err := r.findSource(kind)
		if err != nil {
			return answer{}, err
		}
		invited := strings.Split(ids+names, ",")
		if len(invited) == 1 {
			member, refusal := a.services.AddMember(r.state, r.caller, source, r.invited(invited[0]), r.role())
			if refusal != nil {
				return answer{}, refused(refusal)
			}
			return created(r.member(member))
		}
		problems := map[string]string{}
		for _, name := range invited {
			if _, refusal := a.services.AddMember(r.state, r.caller, source, r.invited(name), r.role()); refusal != nil {
				if refusal.Reason == rules.Forbidden {
					return answer{}, refused(refusal)
				}
				problems[strings.TrimSpace(name)] = refusal.Summary()
			}
		}
		if len(problems) > 0 {
			return created(map[string]any{"status": "error", "message": problems})
		}
		return created(map[string]any{"status": "success"})
	}
}

// invited is the id of the user that user_id or username names, or 0.
func (r *request) invited(name string) int64 {
	name = strings.TrimSpace(name)
	if r.text("username") != "" {
		if user := r.state.UserByUsername(name); user != nil {
			return user.ID
		}
		return 0
	}
	id, _ := strconv.ParseInt(name, 10, 64)
	return id
}

func (r *request) ownMember(kind store.SourceKind) (*store.Member, error) {
	source, err := r.findSource(kind)
	if err != nil {
		return nil, err
	}
	member := r.state.Member(source, r.integer("user_id"))
	if member == nil {
		return nil, recordNotFound()
	}
	return member, nil
}

func (a *API) updateMember(kind store.SourceKind) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		member, err := r.ownMember(kind)
		if err != nil {
			return answer{}, err
		}
		changed, refusal := a.services.UpdateMember(r.state, r.caller, member, r.role())
		if refusal != nil {
			return answer{}, refused(refusal)
		}
		return ok(r.member(changed))
	}
}

func (a *API) removeMember(kind store.SourceKind) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		member, err := r.ownMember(kind)
		if err != nil {
			return answer{}, err
		}
		if refusal := a.services.RemoveMember(r.state, r.caller, member); refusal != nil {
			return answer{}, refused(refusal)
		}
		return noContent()
	}
}
