package rest

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/cost"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// request is one request on its way through an endpoint, under the store's lock.
type request struct {
	http     *http.Request
	api      *API
	state    *store.State
	endpoint *endpoint
	caller   rules.Caller
	sent     map[string]any // as it came, by query, body and path
	params   map[string]any // coerced; a nil value was sent blank
	used     *use           // nil: nothing for the authentication log
	// container is what authorizeClass found.
	container store.Source
}

func (r *request) text(name string) string {
	value, _ := r.params[name].(string)
	return value
}

func (r *request) integer(name string) int64 {
	value, _ := r.params[name].(int64)
	return value
}

func (r *request) boolean(name string) bool {
	value, _ := r.params[name].(bool)
	return value
}

// scopes is the one list of texts that endpoints take.
func (r *request) scopes() []string {
	value, _ := r.params["scopes"].([]string)
	return value
}

func (r *request) integers(name string) []int64 {
	value, _ := r.params[name].([]int64)
	return value
}

// given is a parameter where it was sent with a value, else nil.
func given[T any](r *request, name string) *T {
	value, sent := r.params[name].(T)
	if !sent {
		return nil
	}
	return &value
}

// pathParam is a value of the path that the endpoint does not coerce.
func (r *request) pathParam(name string) string {
	value, _ := r.sent[name].(string)
	return value
}

// unmodelled refuses what GitLab understands and the emulator does not: an answer that
// ignores a filter, or a write that leaves an attribute out, would be a wrong one. On
// the other routes what they do not declare is ignored, as GitLab does.
func (r *request) unmodelled() error {
	reads := r.http.Method == http.MethodGet || r.http.Method == http.MethodHead
	if !reads && !r.endpoint.strict() {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(r.sent)) {
		declared := slices.ContainsFunc(r.endpoint.params, func(p param) bool { return p.name == name }) || slices.ContainsFunc(strings.Split(r.endpoint.path, "/"), func(segment string) bool { return segment == ":"+name || segment == "*"+name })
		if !declared && !slices.Contains(everywhere, name) {
			return invalidParams(name + " is not modelled by the embedded GitLab")
		}
	}
	return nil
}

// everywhere are the parameters that no route declares: credentials, the filter of CI/CD
// variables that group routes take all the same, and the legacy switch of a project,
// which GitLab shows and does not declare to be written.
var everywhere = []string{"private_token", "access_token", "job_token", "sudo", "filter", "ci_job_token_scope_enabled"}

// strict says whether an endpoint takes attributes of which GitLab has more.
func (e *endpoint) strict() bool {
	for _, path := range []string{"/projects", "/projects/:id", "/groups", "/groups/:id", "/users", "/application/settings", "/projects/:id/releases", "/member_roles"} {
		if e.path == path {
			return true
		}
	}
	return false
}

// anyGiven refuses a request that names none of the endpoint's optional parameters.
func (r *request) anyGiven() error {
	names := make([]string, 0, len(r.endpoint.params))
	for _, p := range r.endpoint.params {
		if p.required {
			continue
		}
		if _, sent := r.params[p.name]; sent {
			return nil
		}
		names = append(names, p.name)
	}
	return invalidParams(strings.Join(names, ", ") + " are missing, at least one parameter must be provided")
}

func isID(text string) bool {
	_, err := strconv.ParseUint(text, 10, 63)
	return err == nil
}

// findProject finds the project of the path's :id, an id or a full path. An
// old path leads a GET to the project's id and refuses everything else.
func (r *request) findProject() (*store.Project, error) {
	id := r.pathParam("id")
	project, moved := r.lookUpProject(id)
	if project == nil || !rules.CanReadProject(r.state, r.caller, project) {
		return nil, notFound("Project")
	}
	if moved {
		return nil, r.projectMoved(project)
	}
	cost.Projects(r.http.Context(), 1)
	return project, nil
}

// projectMoved is the answer to a request that names a project by an old path.
func (r *request) projectMoved(p *store.Project) error {
	if r.http.Method != http.MethodGet {
		return &failure{status: http.StatusMethodNotAllowed, body: message("Non GET methods are not allowed for moved projects")}
	}
	location := r.movedTo(p)
	return &failure{
		status: http.StatusMovedPermanently,
		body:   message("This resource has been moved permanently to " + location),
		header: http.Header{"Location": {location}},
	}
}

func (r *request) lookUpProject(id string) (project *store.Project, moved bool) {
	if isID(id) {
		number, _ := strconv.ParseInt(id, 10, 64)
		return r.state.Project(number), false
	}
	if !strings.Contains(id, "/") {
		return nil, false
	}
	if project := r.state.ProjectByPath(id); project != nil {
		return project, false
	}
	return r.state.ProjectByOldPath(id), true
}

// movedTo is the URL of the request with the project's id in place of its old path.
func (r *request) movedTo(p *store.Project) string {
	path := Prefix
	for segment := range strings.SplitSeq(strings.Trim(r.endpoint.path, "/"), "/") {
		name, isParameter := strings.CutPrefix(segment, ":")
		switch {
		case name == "id" && isParameter:
			segment = strconv.FormatInt(p.ID, 10)
		case isParameter:
			segment = url.PathEscape(r.pathParam(name))
		}
		path += "/" + segment
	}
	location := url.URL{Scheme: "http", Host: r.http.Host, RawQuery: r.http.URL.RawQuery}
	return strings.Replace(location.String(), "//"+r.http.Host, "//"+r.http.Host+path, 1)
}

// adminProject is findProject for callers with admin_project.
func (r *request) adminProject() (*store.Project, error) {
	project, err := r.findProject()
	if err != nil {
		return nil, err
	}
	if !rules.CanAdminProject(r.state, r.caller, project) {
		return nil, forbidden("")
	}
	return project, nil
}

// findGroup finds the group of the path's :id, an id or a full path.
func (r *request) findGroup() (*store.Namespace, error) {
	id := r.pathParam("id")
	group := r.state.GroupByPath(id)
	if isID(id) {
		number, _ := strconv.ParseInt(id, 10, 64)
		group = r.state.Group(number)
	}
	if group == nil || !rules.CanReadGroup(r.state, r.caller, group) {
		return nil, notFound("Group")
	}
	return group, nil
}
