package gitlabtest

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

// Stub is a GitLab of a few projects and groups that does what a test tells it to.
type Stub struct {
	t   *testing.T
	URL string

	Mu       sync.Mutex
	Version  string
	Projects []*Project
	Groups   []*Group
	// overrides replace or wrap the answer to an operation or a REST route.
	Overrides map[string]Override
	Seen      []Request
	// pageSize is the largest page of an allowlist.
	PageSize int
	// records are the tokens, variables and members that REST knows, by the path of their list.
	Records map[string][]Record
	lastID  int64
}

// Request is what the stub was asked: the name of an operation, or method and path for REST, whose
// Query string and JSON body then stand in query and variables.
type Request struct {
	Name      string
	Query     string
	Variables map[string]any
}

// Override answers in place of the stub; usual is the stub's own answer, and carries out writes.
type Override func(r Request, usual func() Reply) Reply

// Reply is an answer. The zero status is 200; a cut answer is a connection closed without one, half of
// one has the whole's length and status. Raw is sent as it is.
type Reply struct {
	Status    int
	Header    map[string]string
	Body      any
	Raw       *string
	Cut, half bool
}

// Group is a group that can stand on a list.
type Group struct {
	ID   int64
	Path string
}

// Project is a project with its toggles and its list.
type Project struct {
	ID        int64
	Path      string
	Inbound   bool
	Outbound  bool
	Push      bool
	CrossPush bool
	Archived  bool
	// refused keeps the list and the settings from the user.
	Refused bool
	// spoiled has a stored permission that fails every request that selects it.
	Spoiled bool
	// unseen is a project that the user cannot read.
	Unseen  bool
	Entries []*Entry
}

// Entry is one entry of a list, [gitlab.Entry] as the stub stores it.
type Entry struct {
	Kind        gitlab.Kind
	ID          int64
	Path        string
	IsDefault   bool
	Permissions []string
	Outbound    bool
	AddedBy     string
	CreatedAt   string
}

// NewStub starts a GitLab 19.4 with some projects, which ends with the test.
func NewStub(t *testing.T, projects ...*Project) *Stub {
	t.Helper()
	s := &Stub{t: t, Version: "19.4.1-ee", Projects: projects, PageSize: 200, Overrides: map[string]Override{}}
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// On replaces the answer to an operation ("AddEntries") or a REST route ("GET /api/v4/metadata").
func (s *Stub) On(name string, o Override) *Stub {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.Overrides[name] = o
	return s
}

// Client makes a client of the stub that does not wait between tries.
func (s *Stub) Client(change ...func(*gitlab.Config)) *gitlab.Client {
	s.t.Helper()
	config := gitlab.Config{Config: transport.Config{
		BaseURL: s.URL, Token: "glpat-example", RetryWait: time.Millisecond, MaxRetries: -1,
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

// Asked are the requests of a name so far, in order.
func (s *Stub) Asked(name string) []Request {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.Seen), func(r Request) bool { return r.Name != name })
}

// Names are the names of all requests so far, but for those about the GitLab and the token.
func (s *Stub) Names() []string {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	var names []string
	for _, r := range s.Seen {
		if r.Name != MetadataRoute && r.Name != TokenRoute && r.Name != UserRoute {
			names = append(names, r.Name)
		}
	}
	return names
}

// During lets something happen while a request is under way, before the stub answers it.
func (s *Stub) During(name string, happen func()) {
	s.On(name, func(_ Request, usual func() Reply) Reply {
		s.Mu.Unlock()
		happen()
		s.Mu.Lock()
		return usual()
	})
}

// WantRequests checks how often an operation was sent.
func (s *Stub) WantRequests(name string, want int) {
	s.t.Helper()
	if got := len(s.Asked(name)); got != want {
		s.t.Errorf("%s was sent %d times, want %d", name, got, want)
	}
}

// List is what the project holds, one line an entry: "project 2: read_jobs".
func (s *Stub) List(id int64) []string {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	var lines []string
	for _, e := range s.Project(id).Entries {
		grants := strings.Join(e.Permissions, ",")
		if e.IsDefault {
			grants = "default"
		}
		lines = append(lines, fmt.Sprintf("%s %d: %s", e.Kind, e.ID, grants))
	}
	slices.Sort(lines)
	return lines
}

// Routes that tell the version and what the token may do.
const (
	MetadataRoute = "GET /api/v4/metadata"
	TokenRoute    = "GET /api/v4/personal_access_tokens/self" //nolint:gosec // a route, no credential
)

func (s *Stub) serve(w http.ResponseWriter, req *http.Request) {
	r := Request{Name: req.Method + " " + req.URL.EscapedPath(), Query: req.URL.RawQuery}
	if req.URL.Path != "/api/graphql" && req.ContentLength > 0 {
		if err := json.NewDecoder(req.Body).Decode(&r.Variables); err != nil {
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
		r = Request{Name: body.OperationName, Query: body.Query, Variables: body.Variables}
	}
	answer := s.answer(r)
	if answer.Cut {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	for name, value := range answer.Header {
		w.Header().Set(name, value)
	}
	if answer.Status == 0 {
		answer.Status = http.StatusOK
	}
	body, err := json.Marshal(answer.Body)
	if answer.Raw != nil {
		body = []byte(*answer.Raw)
	}
	if answer.half {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		body = body[:len(body)/2]
	}
	w.WriteHeader(answer.Status)
	if answer.Status == http.StatusNoContent {
		return
	}
	if _, sendErr := w.Write(body); err != nil || sendErr != nil && !answer.half {
		s.t.Logf("an answer that cannot be sent: %v, %v", err, sendErr)
	}
}

func (s *Stub) answer(r Request) Reply {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.Seen = append(s.Seen, r)
	usual := func() Reply { return s.Usual(r) }
	if o, ok := s.Overrides[r.Name]; ok {
		return o(r, usual)
	}
	return usual()
}

// Usual is the answer that no override replaces.
func (s *Stub) Usual(r Request) Reply {
	switch documents.Name(r.Name) {
	case documents.ProjectSnapshots, documents.ProjectSnapshotsByPath:
		return s.snapshots(r)
	case documents.AllowlistPage:
		return s.allowlistPage(r)
	case documents.ProjectReferencesByPath, documents.ProjectReferencesByID:
		return s.projectReferences(r)
	case documents.GroupReferencesByID:
		return s.groupReferences(r)
	case documents.GroupReferencesByPath, documents.NamespaceReferences:
		return s.Aliased(r, func(path any) any { return s.groupByPath(path) })
	case documents.AddEntries:
		return s.Aliased(r, s.Add)
	case documents.SetPermissions:
		return s.Aliased(r, s.Set)
	case documents.RemoveProjects:
		return s.Aliased(r, func(input any) any { return s.Remove(input, "targetProjectPath") })
	case documents.RemoveGroups:
		return s.Aliased(r, func(input any) any { return s.Remove(input, "targetGroupPath") })
	case documents.UpdateSettings:
		return s.updateSettings(r)
	}
	switch r.Name {
	case MetadataRoute:
		return Reply{Body: map[string]any{"version": s.Version}}
	case UserRoute:
		return Reply{Status: http.StatusForbidden, Body: map[string]any{
			"error": "insufficient_scope", "error_description": "The request requires higher privileges than provided by the access token.",
		}}
	case TokenRoute:
		return Reply{Body: map[string]any{"id": 1, "scopes": []string{"api"}}}
	}
	if answer, ok := s.rest(r); ok {
		return answer
	}
	s.t.Errorf("the stub has no answer to %s", r.Name)
	return Reply{Status: http.StatusTeapot, Body: map[string]any{"message": "not scripted"}}
}

// Data is an answer of GraphQL's, errors those beside it.
func Data(value map[string]any, errors ...any) Reply {
	body := map[string]any{"data": value}
	if len(errors) > 0 {
		body["errors"] = errors
	}
	return Reply{Body: body}
}

// Problem is a top-level error at a place of the answer; without a place it is one of the whole.
func Problem(message string, place ...any) map[string]any {
	p := map[string]any{"message": message}
	if len(place) > 0 {
		p["path"] = place
	}
	return p
}

// RefusedWhole is an answer without data.
func RefusedWhole(message string) Reply {
	return Reply{Body: map[string]any{"errors": []any{Problem(message)}}}
}

// InternalError is GraphQL's answer when GitLab itself failed.
func InternalError() Reply {
	return Reply{Status: http.StatusInternalServerError, Body: map[string]any{"errors": []any{Problem("Internal server error")}}}
}

// NotAccessible is GraphQL's refusal, which does not tell missing from forbidden.
const NotAccessible = "The resource that you are attempting to access does not exist or you don't have permission to perform this action"

func (s *Stub) snapshots(r Request) Reply {
	nodes, errors := []any{}, []any(nil)
	var asked []*Project
	for _, id := range IDsOf(r) {
		asked = append(asked, s.Project(id))
	}
	for _, path := range StringsOf(r.Variables["fullPaths"]) {
		asked = append(asked, s.projectByPath(path))
	}
	for _, p := range asked {
		if p == nil {
			continue
		}
		if p.Spoiled && strings.Contains(r.Query, "jobTokenPolicies") {
			return InternalError()
		}
		if p.Refused {
			errors = append(errors, Problem(NotAccessible, "projects", "nodes", len(nodes), "ciJobTokenScopeAllowlist"))
		}
		nodes = append(nodes, s.snapshot(r, p))
	}
	return Data(map[string]any{"projects": map[string]any{"nodes": nodes}}, errors...)
}

func (s *Stub) snapshot(r Request, p *Project) map[string]any {
	node := map[string]any{
		"id": Gid("Project", p.ID), "fullPath": p.Path, "archived": p.Archived,
		"ciCdSettings": s.settings(r, p), "ciJobTokenScopeAllowlist": nil,
	}
	if !p.Refused {
		node["ciJobTokenScopeAllowlist"] = s.lists(r, p, nil, nil)
	}
	return node
}

func (s *Stub) settings(r Request, p *Project) map[string]any {
	settings := map[string]any{
		"inboundJobTokenScopeEnabled": p.Inbound, "jobTokenScopeEnabled": p.Outbound, "pushRepositoryForJobTokenAllowed": p.Push,
	}
	if strings.Contains(r.Query, "crossProjectPushForJobTokenAllowed") {
		settings["crossProjectPushForJobTokenAllowed"] = p.CrossPush
	}
	return settings
}

func (s *Stub) lists(r Request, p *Project, projectsAfter, groupsAfter any) map[string]any {
	return map[string]any{
		"projectsAllowlist": s.page(r, p, gitlab.KindProject, projectsAfter),
		"groupsAllowlist":   s.page(r, p, gitlab.KindGroup, groupsAfter),
	}
}

// page is one page of a list; its cursors are positions.
func (s *Stub) page(r Request, p *Project, kind gitlab.Kind, after any) map[string]any {
	nodes := []any{}
	for _, e := range p.Entries {
		if e.Kind == kind {
			nodes = append(nodes, e.node(r))
		}
	}
	begin := 0
	if cursor, ok := after.(string); ok && cursor != "" {
		if _, err := fmt.Sscanf(cursor, "at%d", &begin); err != nil {
			s.t.Errorf("a cursor that was never given: %q", cursor)
		}
	}
	end := min(begin+s.PageSize, len(nodes))
	info := map[string]any{"hasNextPage": end < len(nodes), "endCursor": nil}
	if end > begin {
		info["endCursor"] = fmt.Sprintf("at%d", end)
	}
	return map[string]any{"pageInfo": info, "nodes": slices.Clone(nodes[min(begin, end):end])}
}

func (e *Entry) node(r Request) map[string]any {
	node := map[string]any{
		"direction": "inbound", "defaultPermissions": e.IsDefault, "createdAt": nil, "addedBy": nil,
		"target": map[string]any{"id": Gid(class(e.Kind), e.ID), "fullPath": e.Path},
	}
	if strings.Contains(r.Query, "jobTokenPolicies") {
		upper := make([]string, 0, len(e.Permissions))
		for _, name := range e.Permissions {
			upper = append(upper, strings.ToUpper(name))
		}
		node["jobTokenPolicies"] = upper
	}
	if e.Outbound {
		node["direction"] = "outbound"
	}
	if e.AddedBy != "" {
		node["addedBy"] = map[string]any{"username": e.AddedBy}
	}
	if e.CreatedAt != "" {
		node["createdAt"] = e.CreatedAt
	}
	return node
}

func (s *Stub) allowlistPage(r Request) Reply {
	p := s.Project(IDsOf(r)[0])
	if p.Spoiled && strings.Contains(r.Query, "jobTokenPolicies") {
		return InternalError()
	}
	node := map[string]any{"id": Gid("Project", p.ID), "ciJobTokenScopeAllowlist": s.lists(r, p, r.Variables["projectsAfter"], r.Variables["groupsAfter"])}
	return Data(map[string]any{"projects": map[string]any{"nodes": []any{node}}})
}

func (s *Stub) projectReferences(r Request) Reply {
	nodes := []any{}
	for _, id := range IDsOf(r) {
		if p := s.Project(id); p != nil && !p.Unseen {
			nodes = append(nodes, Reference("Project", p.ID, p.Path))
		}
	}
	for _, path := range StringsOf(r.Variables["fullPaths"]) {
		if p := s.projectByPath(path); p != nil {
			nodes = append(nodes, Reference("Project", p.ID, p.Path))
		}
	}
	return Data(map[string]any{"projects": map[string]any{"nodes": nodes}})
}

func (s *Stub) groupReferences(r Request) Reply {
	nodes := []any{}
	for _, id := range IDsOf(r) {
		for _, g := range s.Groups {
			if g.ID == id {
				nodes = append(nodes, Reference("Group", g.ID, g.Path))
			}
		}
	}
	return Data(map[string]any{"groups": map[string]any{"nodes": nodes}})
}

// Aliased answers each input of a repeated document by itself. An answer that is an error goes to
// the top, its field being null.
func (s *Stub) Aliased(r Request, answer func(input any) any) Reply {
	result := map[string]any{}
	var errors []any
	for at := range len(r.Variables) {
		value := answer(r.Variables[documents.Input(at)])
		if message, refused := value.(string); refused {
			errors = append(errors, Problem(message, documents.Result(at)))
			value = nil
		}
		result[documents.Result(at)] = value
	}
	return Data(result, errors...)
}

func (s *Stub) groupByPath(path any) any {
	for _, g := range s.Groups {
		if text, ok := path.(string); ok && strings.EqualFold(g.Path, text) {
			return Reference("Group", g.ID, g.Path)
		}
	}
	return nil
}

// Refused is what a mutation of a list answers with an error in its payload.
func Refused(message string) map[string]any {
	return map[string]any{"errors": []string{message}, "ciJobTokenScopeAllowlistEntry": nil}
}

// Stored is what a mutation of a list answers when it is done.
func Stored(p *Project, e *Entry) map[string]any {
	node := e.node(Request{Query: "jobTokenPolicies"})
	node["sourceProject"] = Reference("Project", p.ID, p.Path)
	return map[string]any{"errors": []string{}, "ciJobTokenScopeAllowlistEntry": node}
}

// Add carries out one input of AddEntries.
func (s *Stub) Add(raw any) any {
	in := InputOf(raw)
	p, target := s.projectByPath(in.Text("projectPath")), s.target(in.Text("targetPath"))
	if p == nil {
		return NotAccessible
	}
	if target == nil {
		return Refused("The group or project does not exist.")
	}
	if p.entry(target.Kind, target.ID) != nil {
		return Refused("This " + string(target.Kind) + " is already in the job token allowlist.")
	}
	target.grant(in)
	p.Entries = append(p.Entries, target)
	return Stored(p, target)
}

// Set carries out one input of SetPermissions.
func (s *Stub) Set(raw any) any {
	in := InputOf(raw)
	p, target := s.projectByPath(in.Text("projectPath")), s.target(in.Text("targetPath"))
	if p == nil {
		return NotAccessible
	}
	if target == nil {
		return Refused("The target does not exist")
	}
	e := p.entry(target.Kind, target.ID)
	if e == nil {
		return Refused("Unable to find a job token scope for the given project & target")
	}
	e.grant(in)
	return Stored(p, e)
}

// Remove carries out one input of RemoveProjects or RemoveGroups, told apart by the argument that names the target.
func (s *Stub) Remove(raw any, argument string) any {
	in := InputOf(raw)
	p := s.projectByPath(in.Text("projectPath"))
	if p == nil {
		return NotAccessible
	}
	kind := gitlab.KindProject
	if argument == "targetGroupPath" {
		kind = gitlab.KindGroup
	}
	at := slices.IndexFunc(p.Entries, func(e *Entry) bool { return e.Kind == kind && strings.EqualFold(e.Path, in.Text(argument)) })
	if at < 0 {
		return Refused("Target " + string(kind) + " is not in the job token scope")
	}
	removed := p.Entries[at]
	p.Entries = slices.Delete(p.Entries, at, at+1)
	return Stored(p, removed)
}

func (s *Stub) updateSettings(r Request) Reply {
	in := InputOf(r.Variables["input"])
	p := s.projectByPath(in.Text("fullPath"))
	if p == nil {
		return Data(map[string]any{"projectCiCdSettingsUpdate": nil}, Problem(NotAccessible, "projectCiCdSettingsUpdate"))
	}
	for name, toggle := range map[string]*bool{
		"inboundJobTokenScopeEnabled": &p.Inbound, "jobTokenScopeEnabled": &p.Outbound,
		"pushRepositoryForJobTokenAllowed": &p.Push, "crossProjectPushForJobTokenAllowed": &p.CrossPush,
	} {
		if value, ok := in[name].(bool); ok {
			*toggle = value
		}
	}
	settings := s.settings(r, p)
	settings["project"] = Reference("Project", p.ID, p.Path)
	return Data(map[string]any{"projectCiCdSettingsUpdate": map[string]any{"errors": []string{}, "ciCdSettings": settings}})
}

// Project is the project with an id, nil if there is none.
func (s *Stub) Project(id int64) *Project {
	for _, p := range s.Projects {
		if p.ID == id {
			return p
		}
	}
	return nil
}

func (s *Stub) projectByPath(path string) *Project {
	for _, p := range s.Projects {
		if strings.EqualFold(p.Path, path) {
			return p
		}
	}
	return nil
}

// target makes an entry for whatever has a path: a group, else a project.
func (s *Stub) target(path string) *Entry {
	for _, g := range s.Groups {
		if strings.EqualFold(g.Path, path) {
			return &Entry{Kind: gitlab.KindGroup, ID: g.ID, Path: g.Path}
		}
	}
	if p := s.projectByPath(path); p != nil {
		return &Entry{Kind: gitlab.KindProject, ID: p.ID, Path: p.Path}
	}
	return nil
}

func (p *Project) entry(kind gitlab.Kind, id int64) *Entry {
	for _, e := range p.Entries {
		if e.Kind == kind && e.ID == id {
			return e
		}
	}
	return nil
}

func (e *Entry) grant(in Input) {
	e.IsDefault, _ = in["defaultPermissions"].(bool)
	e.Permissions = nil
	for _, name := range StringsOf(in["jobTokenPolicies"]) {
		e.Permissions = append(e.Permissions, strings.ToLower(name))
	}
}

// Input is the input object of a mutation.
type Input map[string]any

// InputOf is a variable of a request as an input object, nil if it is none.
func InputOf(raw any) Input {
	in, _ := raw.(map[string]any)
	return in
}

// Text is a field of the input, empty if it is missing or no string.
func (in Input) Text(name string) string {
	text, _ := in[name].(string)
	return text
}

// StringsOf is a variable of a request as a list of strings.
func StringsOf(raw any) []string {
	list, _ := raw.([]any)
	texts := make([]string, 0, len(list))
	for _, item := range list {
		text, _ := item.(string)
		texts = append(texts, text)
	}
	return texts
}

// IDsOf are the ids that a request asks for, without their class.
func IDsOf(r Request) []int64 {
	texts := StringsOf(r.Variables["ids"])
	ids := make([]int64, len(texts))
	for i, text := range texts {
		_, _ = fmt.Sscanf(text[strings.LastIndex(text, "/")+1:], "%d", &ids[i])
	}
	return ids
}

// Gid is GitLab's global id of a record.
func Gid(class string, id int64) string { return fmt.Sprintf("gid://gitlab/%s/%d", class, id) }

func class(kind gitlab.Kind) string {
	if kind == gitlab.KindGroup {
		return "Group"
	}
	return "Project"
}

// Reference is how GraphQL answers about a project or group that is only referred to.
func Reference(class string, id int64, path string) map[string]any {
	return map[string]any{"id": Gid(class, id), "fullPath": path}
}

// Numbered makes projects with the ids 1, 2, 3 and the paths acme/p1, acme/p2, acme/p3, as many as asked for.
func Numbered(count int) []*Project {
	projects := make([]*Project, count)
	for i := range projects {
		projects[i] = &Project{ID: int64(i + 1), Path: fmt.Sprintf("acme/p%d", i+1), Inbound: true}
	}
	return projects
}

// OnList makes an entry for one of the numbered projects.
func OnList(id int64, permissions ...string) *Entry {
	return &Entry{
		Kind: gitlab.KindProject, ID: id, Path: fmt.Sprintf("acme/p%d", id),
		IsDefault: len(permissions) == 0, Permissions: permissions,
	}
}

// Target is one of the [Numbered] projects.
func Target(id int64) gitlab.Target {
	return gitlab.Target{Kind: gitlab.KindProject, ID: id, Path: fmt.Sprintf("acme/p%d", id)}
}

// Retrying has a client try again what may be tried again, so that a write sent twice shows.
func Retrying(c *gitlab.Config) { c.MaxRetries = 5 }
