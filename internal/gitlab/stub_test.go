package gitlab_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
)

// stub is a GitLab of a few projects and groups that does what a test tells it to.
type stub struct {
	t   *testing.T
	url string

	mu       sync.Mutex
	version  string
	projects []*stubProject
	groups   []*stubGroup
	// overrides replace or wrap the answer to an operation or a REST route.
	overrides map[string]override
	seen      []request
	// pageSize is the largest page of an allowlist.
	pageSize int
	// records are the tokens, variables and members that REST knows, by the path of their list.
	records map[string][]record
	lastID  int64
}

// request is what the stub was asked: the name of an operation, or method and path for REST, whose
// Query string and JSON body then stand in query and variables.
type request struct {
	name      string
	query     string
	variables map[string]any
}

// override answers in place of the stub; usual is the stub's own answer, and carries out writes.
type override func(r request, usual func() reply) reply

// reply is an answer. The zero status is 200; a cut answer is a connection closed without one, half of
// one has the whole's length and status. Raw is sent as it is.
type reply struct {
	status    int
	header    map[string]string
	body      any
	raw       *string
	cut, half bool
}

type stubGroup struct {
	id   int64
	path string
}

type stubProject struct {
	id        int64
	path      string
	inbound   bool
	outbound  bool
	push      bool
	crossPush bool
	archived  bool
	// refused keeps the list and the settings from the user.
	refused bool
	// spoiled has a stored permission that fails every request that selects it.
	spoiled bool
	// unseen is a project that the user cannot read.
	unseen  bool
	entries []*stubEntry
}

type stubEntry struct {
	kind        gitlab.Kind
	id          int64
	path        string
	isDefault   bool
	permissions []string
	outbound    bool
	addedBy     string
	createdAt   string
}

func newStub(t *testing.T, projects ...*stubProject) *stub {
	t.Helper()
	s := &stub{t: t, version: "19.4.1-ee", projects: projects, pageSize: 200, overrides: map[string]override{}}
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// on replaces the answer to an operation ("AddEntries") or a REST route ("GET /api/v4/metadata").
func (s *stub) on(name string, o override) *stub {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.overrides[name] = o
	return s
}

// client makes a client of the stub that does not wait between tries.
func (s *stub) client(change ...func(*gitlab.Config)) *gitlab.Client {
	s.t.Helper()
	config := gitlab.Config{Config: transport.Config{
		BaseURL: s.url, Token: "glpat-example", RetryWait: time.Millisecond, MaxRetries: -1,
	}}
	for _, c := range change {
		c(&config)
	}
	client, err := gitlab.New(config)
	if err != nil {
		s.t.Fatalf("the client cannot be made: %v", err)
	}
	return client
}

// asked are the requests of a name so far, in order.
func (s *stub) asked(name string) []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.seen), func(r request) bool { return r.name != name })
}

// names are the names of all requests so far, but for those about the GitLab and the token.
func (s *stub) names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, r := range s.seen {
		if r.name != metadataRoute && r.name != tokenRoute {
			names = append(names, r.name)
		}
	}
	return names
}

// during lets something happen while a request is under way, before the stub answers it.
func (s *stub) during(name string, happen func()) {
	s.on(name, func(_ request, usual func() reply) reply {
		s.mu.Unlock()
		happen()
		s.mu.Lock()
		return usual()
	})
}

// wantRequests checks how often an operation was sent.
func (s *stub) wantRequests(name string, want int) {
	s.t.Helper()
	if got := len(s.asked(name)); got != want {
		s.t.Errorf("%s was sent %d times, want %d", name, got, want)
	}
}

// list is what the project holds, one line an entry: "project 2: read_jobs".
func (s *stub) list(id int64) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for _, e := range s.project(id).entries {
		grants := strings.Join(e.permissions, ",")
		if e.isDefault {
			grants = "default"
		}
		lines = append(lines, fmt.Sprintf("%s %d: %s", e.kind, e.id, grants))
	}
	slices.Sort(lines)
	return lines
}

const (
	metadataRoute = "GET /api/v4/metadata"
	tokenRoute    = "GET /api/v4/personal_access_tokens/self"
)

func (s *stub) serve(w http.ResponseWriter, req *http.Request) {
	r := request{name: req.Method + " " + req.URL.EscapedPath(), query: req.URL.RawQuery}
	if req.URL.Path != "/api/graphql" && req.ContentLength > 0 {
		if err := json.NewDecoder(req.Body).Decode(&r.variables); err != nil {
			s.t.Errorf("a request that is no JSON: %v", err)
		}
	}
	if req.URL.Path == "/api/graphql" {
		var body struct {
			OperationName string         `json:"operationName"`
			Query         string         `json:"query"`
			Variables     map[string]any `json:"variables"`
		}
		if err := json.NewDecoder(req.Body).Decode(&body); err != nil {
			s.t.Errorf("a request that is no JSON: %v", err)
		}
		r = request{name: body.OperationName, query: body.Query, variables: body.Variables}
	}
	answer := s.answer(r)
	if answer.cut {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	for name, value := range answer.header {
		w.Header().Set(name, value)
	}
	if answer.status == 0 {
		answer.status = http.StatusOK
	}
	body, err := json.Marshal(answer.body)
	if answer.raw != nil {
		body = []byte(*answer.raw)
	}
	if answer.half {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		body = body[:len(body)/2]
	}
	w.WriteHeader(answer.status)
	if answer.status == http.StatusNoContent {
		return
	}
	if _, sendErr := w.Write(body); err != nil || sendErr != nil && !answer.half {
		s.t.Logf("an answer that cannot be sent: %v, %v", err, sendErr)
	}
}

func (s *stub) answer(r request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, r)
	usual := func() reply { return s.usual(r) }
	if o, ok := s.overrides[r.name]; ok {
		return o(r, usual)
	}
	return usual()
}

func (s *stub) usual(r request) reply {
	switch documents.Name(r.name) {
	case documents.ProjectSnapshots:
		return s.snapshots(r)
	case documents.AllowlistPage:
		return s.allowlistPage(r)
	case documents.ProjectReferencesByPath, documents.ProjectReferencesByID:
		return s.projectReferences(r)
	case documents.GroupReferencesByID:
		return s.groupReferences(r)
	case documents.GroupReferencesByPath, documents.NamespaceReferences:
		return s.aliased(r, func(path any) any { return s.groupByPath(path) })
	case documents.AddEntries:
		return s.aliased(r, s.add)
	case documents.SetPermissions:
		return s.aliased(r, s.set)
	case documents.RemoveProjects:
		return s.aliased(r, func(input any) any { return s.remove(input, "targetProjectPath") })
	case documents.RemoveGroups:
		return s.aliased(r, func(input any) any { return s.remove(input, "targetGroupPath") })
	case documents.UpdateSettings:
		return s.updateSettings(r)
	}
	switch r.name {
	case metadataRoute:
		return reply{body: map[string]any{"version": s.version}}
	case tokenRoute:
		return reply{body: map[string]any{"id": 1, "scopes": []string{"api"}}}
	}
	if answer, ok := s.rest(r); ok {
		return answer
	}
	s.t.Errorf("the stub has no answer to %s", r.name)
	return reply{status: http.StatusTeapot, body: map[string]any{"message": "not scripted"}}
}

// data is an answer of GraphQL's, errors those beside it.
func data(value map[string]any, errors ...any) reply {
	body := map[string]any{"data": value}
	if len(errors) > 0 {
		body["errors"] = errors
	}
	return reply{body: body}
}

// problem is a top-level error at a place of the answer; without a place it is one of the whole.
func problem(message string, place ...any) map[string]any {
	p := map[string]any{"message": message}
	if len(place) > 0 {
		p["path"] = place
	}
	return p
}

// refusedWhole is an answer without data.
func refusedWhole(message string) reply {
	return reply{body: map[string]any{"errors": []any{problem(message)}}}
}

func internalError() reply {
	return reply{status: http.StatusInternalServerError, body: map[string]any{"errors": []any{problem("Internal server error")}}}
}

const notAccessible = "The resource that you are attempting to access does not exist or you don't have permission to perform this action"

func (s *stub) snapshots(r request) reply {
	var nodes, errors []any
	for _, id := range idsOf(r) {
		p := s.project(id)
		if p == nil {
			continue
		}
		if p.spoiled && strings.Contains(r.query, "jobTokenPolicies") {
			return internalError()
		}
		if p.refused {
			errors = append(errors, problem(notAccessible, "projects", "nodes", len(nodes), "ciJobTokenScopeAllowlist"))
		}
		nodes = append(nodes, s.snapshot(r, p))
	}
	return data(map[string]any{"projects": map[string]any{"nodes": nodes}}, errors...)
}

func (s *stub) snapshot(r request, p *stubProject) map[string]any {
	node := map[string]any{
		"id": gid("Project", p.id), "fullPath": p.path, "archived": p.archived,
		"ciCdSettings": s.settings(r, p), "ciJobTokenScopeAllowlist": nil,
	}
	if !p.refused {
		node["ciJobTokenScopeAllowlist"] = s.lists(r, p, nil, nil)
	}
	return node
}

func (s *stub) settings(r request, p *stubProject) map[string]any {
	settings := map[string]any{
		"inboundJobTokenScopeEnabled": p.inbound, "jobTokenScopeEnabled": p.outbound, "pushRepositoryForJobTokenAllowed": p.push,
	}
	if strings.Contains(r.query, "crossProjectPushForJobTokenAllowed") {
		settings["crossProjectPushForJobTokenAllowed"] = p.crossPush
	}
	return settings
}

func (s *stub) lists(r request, p *stubProject, projectsAfter, groupsAfter any) map[string]any {
	return map[string]any{
		"projectsAllowlist": s.page(r, p, gitlab.KindProject, projectsAfter),
		"groupsAllowlist":   s.page(r, p, gitlab.KindGroup, groupsAfter),
	}
}

// page is one page of a list; its cursors are positions.
func (s *stub) page(r request, p *stubProject, kind gitlab.Kind, after any) map[string]any {
	nodes := []any{}
	for _, e := range p.entries {
		if e.kind == kind {
			nodes = append(nodes, e.node(r))
		}
	}
	begin := 0
	if cursor, ok := after.(string); ok && cursor != "" {
		if _, err := fmt.Sscanf(cursor, "at%d", &begin); err != nil {
			s.t.Errorf("a cursor that was never given: %q", cursor)
		}
	}
	end := min(begin+s.pageSize, len(nodes))
	info := map[string]any{"hasNextPage": end < len(nodes), "endCursor": nil}
	if end > begin {
		info["endCursor"] = fmt.Sprintf("at%d", end)
	}
	return map[string]any{"pageInfo": info, "nodes": slices.Clone(nodes[min(begin, end):end])}
}

func (e *stubEntry) node(r request) map[string]any {
	node := map[string]any{
		"direction": "inbound", "defaultPermissions": e.isDefault, "createdAt": nil, "addedBy": nil,
		"target": map[string]any{"id": gid(class(e.kind), e.id), "fullPath": e.path},
	}
	if strings.Contains(r.query, "jobTokenPolicies") {
		upper := make([]string, 0, len(e.permissions))
		for _, name := range e.permissions {
			upper = append(upper, strings.ToUpper(name))
		}
		node["jobTokenPolicies"] = upper
	}
	if e.outbound {
		node["direction"] = "outbound"
	}
	if e.addedBy != "" {
		node["addedBy"] = map[string]any{"username": e.addedBy}
	}
	if e.createdAt != "" {
		node["createdAt"] = e.createdAt
	}
	return node
}

func (s *stub) allowlistPage(r request) reply {
	p := s.project(idsOf(r)[0])
	if p.spoiled && strings.Contains(r.query, "jobTokenPolicies") {
		return internalError()
	}
	node := map[string]any{"ciJobTokenScopeAllowlist": s.lists(r, p, r.variables["projectsAfter"], r.variables["groupsAfter"])}
	return data(map[string]any{"projects": map[string]any{"nodes": []any{node}}})
}

func (s *stub) projectReferences(r request) reply {
	var nodes []any
	for _, id := range idsOf(r) {
		if p := s.project(id); p != nil && !p.unseen {
			nodes = append(nodes, reference("Project", p.id, p.path))
		}
	}
	for _, path := range stringsOf(r.variables["fullPaths"]) {
		if p := s.projectByPath(path); p != nil {
			nodes = append(nodes, reference("Project", p.id, p.path))
		}
	}
	return data(map[string]any{"projects": map[string]any{"nodes": nodes}})
}

func (s *stub) groupReferences(r request) reply {
	var nodes []any
	for _, id := range idsOf(r) {
		for _, g := range s.groups {
			if g.id == id {
				nodes = append(nodes, reference("Group", g.id, g.path))
			}
		}
	}
	return data(map[string]any{"groups": map[string]any{"nodes": nodes}})
}

// aliased answers each input of a repeated document by itself. An answer that is an error goes to
// the top, its field being null.
func (s *stub) aliased(r request, answer func(input any) any) reply {
	result := map[string]any{}
	var errors []any
	for at := range len(r.variables) {
		value := answer(r.variables[documents.Input(at)])
		if message, refused := value.(string); refused {
			errors = append(errors, problem(message, documents.Result(at)))
			value = nil
		}
		result[documents.Result(at)] = value
	}
	return data(result, errors...)
}

func (s *stub) groupByPath(path any) any {
	for _, g := range s.groups {
		if text, ok := path.(string); ok && strings.EqualFold(g.path, text) {
			return reference("Group", g.id, g.path)
		}
	}
	return nil
}

func refused(message string) map[string]any {
	return map[string]any{"errors": []string{message}, "ciJobTokenScopeAllowlistEntry": nil}
}

func stored(p *stubProject, e *stubEntry) map[string]any {
	node := e.node(request{query: "jobTokenPolicies"})
	node["sourceProject"] = reference("Project", p.id, p.path)
	return map[string]any{"errors": []string{}, "ciJobTokenScopeAllowlistEntry": node}
}

func (s *stub) add(raw any) any {
	in := inputOf(raw)
	p, target := s.projectByPath(in.text("projectPath")), s.target(in.text("targetPath"))
	if p == nil {
		return notAccessible
	}
	if target == nil {
		return refused("The group or project does not exist.")
	}
	if p.entry(target.kind, target.id) != nil {
		return refused("This " + string(target.kind) + " is already in the job token allowlist.")
	}
	target.grant(in)
	p.entries = append(p.entries, target)
	return stored(p, target)
}

func (s *stub) set(raw any) any {
	in := inputOf(raw)
	p, target := s.projectByPath(in.text("projectPath")), s.target(in.text("targetPath"))
	if p == nil {
		return notAccessible
	}
	if target == nil {
		return refused("The target does not exist")
	}
	e := p.entry(target.kind, target.id)
	if e == nil {
		return refused("Unable to find a job token scope for the given project & target")
	}
	e.grant(in)
	return stored(p, e)
}

func (s *stub) remove(raw any, argument string) any {
	in := inputOf(raw)
	p := s.projectByPath(in.text("projectPath"))
	if p == nil {
		return notAccessible
	}
	kind := gitlab.KindProject
	if argument == "targetGroupPath" {
		kind = gitlab.KindGroup
	}
	at := slices.IndexFunc(p.entries, func(e *stubEntry) bool { return e.kind == kind && strings.EqualFold(e.path, in.text(argument)) })
	if at < 0 {
		return refused("Target " + string(kind) + " is not in the job token scope")
	}
	removed := p.entries[at]
	p.entries = slices.Delete(p.entries, at, at+1)
	return stored(p, removed)
}

func (s *stub) updateSettings(r request) reply {
	in := inputOf(r.variables["input"])
	p := s.projectByPath(in.text("fullPath"))
	if p == nil {
		return data(map[string]any{"projectCiCdSettingsUpdate": nil}, problem(notAccessible, "projectCiCdSettingsUpdate"))
	}
	for name, toggle := range map[string]*bool{
		"inboundJobTokenScopeEnabled": &p.inbound, "jobTokenScopeEnabled": &p.outbound,
		"pushRepositoryForJobTokenAllowed": &p.push, "crossProjectPushForJobTokenAllowed": &p.crossPush,
	} {
		if value, ok := in[name].(bool); ok {
			*toggle = value
		}
	}
	settings := s.settings(r, p)
	settings["project"] = reference("Project", p.id, p.path)
	return data(map[string]any{"projectCiCdSettingsUpdate": map[string]any{"errors": []string{}, "ciCdSettings": settings}})
}

func (s *stub) project(id int64) *stubProject {
	for _, p := range s.projects {
		if p.id == id {
			return p
		}
	}
	return nil
}

func (s *stub) projectByPath(path string) *stubProject {
	for _, p := range s.projects {
		if strings.EqualFold(p.path, path) {
			return p
		}
	}
	return nil
}

// target makes an entry for whatever has a path: a group, else a project.
func (s *stub) target(path string) *stubEntry {
	for _, g := range s.groups {
		if strings.EqualFold(g.path, path) {
			return &stubEntry{kind: gitlab.KindGroup, id: g.id, path: g.path}
		}
	}
	if p := s.projectByPath(path); p != nil {
		return &stubEntry{kind: gitlab.KindProject, id: p.id, path: p.path}
	}
	return nil
}

func (p *stubProject) entry(kind gitlab.Kind, id int64) *stubEntry {
	for _, e := range p.entries {
		if e.kind == kind && e.id == id {
			return e
		}
	}
	return nil
}

func (e *stubEntry) grant(in input) {
	e.isDefault, _ = in["defaultPermissions"].(bool)
	e.permissions = nil
	for _, name := range stringsOf(in["jobTokenPolicies"]) {
		e.permissions = append(e.permissions, strings.ToLower(name))
	}
}

// input is the input object of a mutation.
type input map[string]any

func inputOf(raw any) input {
	in, _ := raw.(map[string]any)
	return in
}

func (in input) text(name string) string {
	text, _ := in[name].(string)
	return text
}

func stringsOf(raw any) []string {
	list, _ := raw.([]any)
	texts := make([]string, 0, len(list))
	for _, item := range list {
		text, _ := item.(string)
		texts = append(texts, text)
	}
	return texts
}

func idsOf(r request) []int64 {
	texts := stringsOf(r.variables["ids"])
	ids := make([]int64, len(texts))
	for i, text := range texts {
		_, _ = fmt.Sscanf(text[strings.LastIndex(text, "/")+1:], "%d", &ids[i])
	}
	return ids
}

func gid(class string, id int64) string { return fmt.Sprintf("gid://gitlab/%s/%d", class, id) }

func class(kind gitlab.Kind) string {
	if kind == gitlab.KindGroup {
		return "Group"
	}
	return "Project"
}

func reference(class string, id int64, path string) map[string]any {
	return map[string]any{"id": gid(class, id), "fullPath": path}
}

// numbered makes projects with the ids 1, 2, 3 and the paths acme/p1, acme/p2, acme/p3, as many as asked for.
func numbered(count int) []*stubProject {
	projects := make([]*stubProject, count)
	for i := range projects {
		projects[i] = &stubProject{id: int64(i + 1), path: fmt.Sprintf("acme/p%d", i+1), inbound: true}
	}
	return projects
}

// onList makes an entry for one of the numbered projects.
func onList(id int64, permissions ...string) *stubEntry {
	return &stubEntry{
		kind: gitlab.KindProject, id: id, path: fmt.Sprintf("acme/p%d", id),
		isDefault: len(permissions) == 0, permissions: permissions,
	}
}

func target(id int64) gitlab.Target {
	return gitlab.Target{Kind: gitlab.KindProject, ID: id, Path: fmt.Sprintf("acme/p%d", id)}
}

// retrying has a client try again what may be tried again, so that a write sent twice shows.
func retrying(c *gitlab.Config) { c.MaxRetries = 5 }
