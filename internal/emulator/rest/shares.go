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

// shareEndpoints share a project or group with a group; see "Share a project with a
// group" and "Share groups with groups" of GitLab's pages on both.
func (a *API) shareEndpoints(kind store.SourceKind) []endpoint {
	path := "/" + string(kind) + "s/:id"
	role := req("group_access", integer)
	for _, level := range rules.ShareLevels() {
		role.values = append(role.values, strconv.Itoa(int(level)))
	}
	return []endpoint{
		{http.MethodPost, path + "/share", signedIn, []param{req("group_id", integer), role, opt("expires_at", day)}, a.share(kind)},
		{http.MethodDelete, path + "/share/:group_id", signedIn, []param{req("group_id", integer)}, a.unshare(kind)},
		{http.MethodGet, path + "/invited_groups", signedIn, paging(opt("search", text)), a.listInvitedGroups(kind)},
	}
}

type sharedGroupEntity struct {
	GroupID       int64   `json:"group_id"`
	GroupName     string  `json:"group_name"`
	GroupFullPath string  `json:"group_full_path"`
	Level         int     `json:"group_access_level"`
	ExpiresAt     *string `json:"expires_at"`
}

// sharedWith lists the groups that a project or group is shared with and that the
// caller can see: who administers a project sees them all.
func (r *request) sharedWith(source store.Source) []sharedGroupEntity {
	entities := []sharedGroupEntity{}
	for _, share := range r.state.SharesOf(source) {
		administers := source.Kind == store.ProjectSource && rules.CanAdminProject(r.state, r.caller, r.state.Project(source.ID))
		if group := r.state.Group(share.GroupID); administers || rules.CanReadGroup(r.state, r.caller, group) {
			entities = append(entities, sharedGroupEntity{group.ID, group.Name, group.FullPath, int(share.Level), date(share.ExpiresAt)})
		}
	}
	return entities
}

type projectShareEntity struct {
	ID        int64   `json:"id"`
	ProjectID int64   `json:"project_id"`
	GroupID   int64   `json:"group_id"`
	Level     int     `json:"group_access"`
	ExpiresAt *string `json:"expires_at"`
}

func (a *API) share(kind store.SourceKind) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		source, err := r.findSource(kind)
		if err != nil {
			return answer{}, err
		}
		role := rules.Role{Level: store.AccessLevel(r.integer("group_access")), ExpiresAt: given[time.Time](r, "expires_at")}
		share, refusal := a.services.CreateShare(r.state, r.caller, source, r.state.Group(r.integer("group_id")), role)
		switch {
		case refusal != nil:
			return answer{}, refused(refusal)
		case kind == store.GroupSource:
			return created(r.group(r.state.Group(source.ID)))
		}
		return created(projectShareEntity{share.ID, source.ID, share.GroupID, int(share.Level), date(share.ExpiresAt)})
	}
}

func (a *API) unshare(kind store.SourceKind) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		source, err := r.findSource(kind)
		if err != nil {
			return answer{}, err
		}
		if refusal := a.services.DeleteShare(r.state, r.caller, source, r.integer("group_id")); refusal != nil {
			return answer{}, refused(refusal)
		}
		return noContent()
	}
}

func (a *API) listInvitedGroups(kind store.SourceKind) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		source, err := r.findSource(kind)
		if err != nil {
			return answer{}, err
		}
		search := strings.ToLower(r.text("search"))
		shared := slices.DeleteFunc(r.sharedWith(source), func(g sharedGroupEntity) bool { return !strings.Contains(strings.ToLower(g.GroupName), search) })
		return paged(r, shared, func(g sharedGroupEntity) any {
			group := r.state.Group(g.GroupID)
			return basicGroupEntity{ID: group.ID, WebURL: r.namespaceURL(group), Name: group.Name}
		})
	}
}
