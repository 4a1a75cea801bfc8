package allowlists

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/coalesce"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
)

// Project is a snapshot of what governs job-token access to one project.
type Project struct {
	ID int64
	// Path is the full path at the time of reading.
	Path string
	// Archived projects can be read, and not be written to.
	Archived bool
	Settings Settings
	// Projects and Groups are the inbound allowlist as stored. The project itself is among Projects
	// only where an entry for it is stored (GitLab 18.1 and later).
	Projects, Groups []Entry
	// Outbound are leftovers of the legacy outbound list ("Limit access from this project"), which
	// GitLab stores beside the inbound one.
	Outbound []gitlab.Target

	// written means that a write of this client has changed it since it was read.
	written bool
}

// Settings are a project's stored job-token toggles. They are not the effective ones: see
// [Service.Effective].
type Settings struct {
	// InboundAllowlist is "Limit access to this project".
	InboundAllowlist bool
	// Outbound is the legacy "Limit access from this project", which GitLab only lets go off.
	Outbound bool
	// PushRepository lets jobs of the project push to its own repository.
	PushRepository bool
	// CrossProjectPush lets jobs of listed projects push too; nil below GitLab 19.0.
	CrossProjectPush *bool
}

// Entry is one stored line of an allowlist.
type Entry struct {
	Target      gitlab.Target
	Permissions Permissions
	// PermissionsUnreadable means that GitLab could not show the stored permissions, because one of
	// them is a name it no longer knows. Permissions is then the zero value.
	PermissionsUnreadable bool
	// AddedBy is a user name; empty where that user is gone.
	AddedBy string
	// CreatedAt is zero where GitLab gives none.
	CreatedAt time.Time
}

// Target is the project as a target.
func (p *Project) Target() gitlab.Target {
	return gitlab.Target{Kind: gitlab.KindProject, ID: p.ID, Path: p.Path}
}

// Entries gives the entries of one kind.
func (p *Project) Entries(kind gitlab.Kind) []Entry {
	if kind == gitlab.KindGroup {
		return p.Groups
	}
	return p.Projects
}

// PermissionNames are the fine-grained permissions that the entries show: GitLab knows these.
func (p *Project) PermissionNames() map[string]bool {
	names := map[string]bool{}
	for _, entries := range [][]Entry{p.Projects, p.Groups} {
		for _, e := range entries {
			for _, name := range e.Permissions.Names {
				names[name] = true
			}
		}
	}
	return names
}

// IsOwn tells whether an entry is the project's own.
func (p *Project) IsOwn(t gitlab.Target) bool { return t.Kind == gitlab.KindProject && t.ID == p.ID }

// OwnEntry finds the stored entry of the project itself.
func (p *Project) OwnEntry() (Entry, bool) { return p.entry(p.Target()) }

// Project reads the snapshot of a project. Callers at the same time share requests; the answer is
// kept, with what this client has written to the list since, and each caller has a copy of its own. A project that
// is gone or out of sight is NotFound; one whose list the user may not read (Maintainer is needed) is
// Forbidden.
func (s *Service) Project(ctx context.Context, id int64) (*Project, error) {
	if err := s.prefetchOnce(ctx); err != nil {
		return nil, err
	}
	project, err := s.projects.Load(ctx, id)
	if err != nil {
		return nil, s.gitlab.Annotate(err, readingProject, gitlab.Target{Kind: gitlab.KindProject, ID: id}.String())
	}
	return project.clone(), nil
}

// FreshProject is [Service.Project], read again where it is more than five seconds old: what a resource
// goes by before its first write.
func (s *Service) FreshProject(ctx context.Context, id int64) (*Project, error) {
	if err := s.prefetchOnce(ctx); err != nil {
		return nil, err
	}
	s.projects.Expire(gitlab.FreshFor, id)
	return s.Project(ctx, id)
}

// WholeProject is [Service.Project] with who has added each entry, and when: what the answers of writes
// leave out is read.
func (s *Service) WholeProject(ctx context.Context, id int64) (*Project, error) {
	if kept, _, ok := s.projects.Kept(id); ok && kept.written {
		s.projects.Invalidate(id)
	}
	return s.Project(ctx, id)
}

func (s *Service) prefetchOnce(ctx context.Context) error {
	if len(s.prefetchGroups) == 0 {
		return nil
	}
	problem, err := s.prefetched.Load(ctx, struct{}{})
	return cmp.Or(s.gitlab.Annotate(err, readingProject, ""), problem)
}

// clone copies all that is reached by the project.
func (p *Project) clone() *Project {
	own := *p
	if p.Settings.CrossProjectPush != nil {
		allowed := *p.Settings.CrossProjectPush
		own.Settings.CrossProjectPush = &allowed
	}
	own.Projects, own.Groups = cloneEntries(p.Projects), cloneEntries(p.Groups)
	own.Outbound = slices.Clone(p.Outbound)
	return &own
}

// cloneEntries keeps the names of all entries in one array, since lists are long and copied often.
func cloneEntries(entries []Entry) []Entry {
	own := slices.Clone(entries)
	count := 0
	for _, e := range entries {
		count += len(e.Permissions.Names)
	}
	names := make([]string, 0, count)
	for i, e := range entries {
		if e.Permissions.Names == nil {
			continue
		}
		begin := len(names)
		names = append(names, e.Permissions.Names...)
		own[i].Permissions.Names = names[begin:len(names):len(names)]
	}
	return own
}

const readingProject = "read the job token settings and allowlist of"

func (s *Service) fetchProjects(ctx context.Context, ids []int64) (map[int64]coalesce.Outcome[*Project], error) {
	outcomes, err := s.fetchSnapshots(ctx, ids, gitlab.Fit{})
	switch {
	case err != nil && len(ids) > 1:
		return nil, err // the loader splits the batch
	case err != nil:
		outcomes = map[int64]coalesce.Outcome[*Project]{ids[0]: {Err: err}}
	}
	for id, outcome := range outcomes {
		failure, ok := apierror.As(outcome.Err)
		if !ok || failure.Status != http.StatusInternalServerError {
			continue
		}
		// A stored permission that GitLab's enumeration no longer holds fails the whole request.
		if readable, again := s.fetchSnapshots(ctx, []int64{id}, gitlab.Fit{WithoutPolicies: true}); again == nil {
			outcomes[id] = readable[id]
		}
	}
	return outcomes, nil
}

func (s *Service) fetchSnapshots(ctx context.Context, ids []int64, fit gitlab.Fit) (map[int64]coalesce.Outcome[*Project], error) {
	var answer struct {
		Projects *struct {
			Nodes []*projectNode `json:"nodes"`
		} `json:"projects"`
	}
	problems, err := s.gitlab.Query(ctx, documents.ProjectSnapshots, fit, map[string]any{"ids": gitlab.GIDs("Project", ids)}, &answer)
	switch {
	case err != nil:
	case (answer.Projects == nil || answer.Projects.Nodes == nil) && len(problems) > 0:
		err = apierror.FromGraphQL(problems)
	case answer.Projects == nil || answer.Projects.Nodes == nil:
		err = s.gitlab.LeftOut(ctx, "list of projects")
	default:
		err = unasked(answer.Projects.Nodes, ids)
	}
	if err != nil {
		target := plural(len(ids), "project")
		if len(ids) == 1 {
			target = gitlab.Target{Kind: gitlab.KindProject, ID: ids[0]}.String()
		}
		return nil, s.gitlab.Annotate(err, readingProject, target)
	}
	outcomes := s.snapshots(ctx, answer.Projects.Nodes, problems, []string{"projects", "nodes"}, fit)
	for _, id := range ids {
		if _, found := outcomes[id]; !found {
			outcomes[id] = coalesce.Outcome[*Project]{Err: s.gitlab.ExplainHidden(ctx, &apierror.Error{
				Kind: apierror.NotFound, Doing: readingProject, Target: gitlab.Target{Kind: gitlab.KindProject, ID: id}.String(),
			})}
		}
	}
	return outcomes, nil
}

// snapshots turns the nodes at a place of an answer into outcomes by project id.
func (s *Service) snapshots(ctx context.Context, nodes []*projectNode, problems []apierror.GraphQLError, place []string, fit gitlab.Fit) map[int64]coalesce.Outcome[*Project] {
	outcomes := make(map[int64]coalesce.Outcome[*Project], len(nodes))
	for i, node := range nodes {
		if node == nil {
			continue
		}
		project := node.project()
		var err error
		switch {
		case !node.isWhole():
			err = s.hidden(ctx, problems, append(slices.Clone(place), index(i)), project)
		case node.Allowlist.hasBlanks() && s.gitlab.TokenIsFineGrained(ctx):
			err = s.hidden(ctx, problems, append(slices.Clone(place), index(i)), project)
		case node.Allowlist.incomplete():
			err = s.readFurther(ctx, project, node.Allowlist, fit)
		}
		outcomes[project.ID] = coalesce.Outcome[*Project]{Value: project, Err: err}
	}
	return outcomes
}

// unasked refuses an answer with a project that was not asked for: those that were would look deleted.
func unasked(nodes []*projectNode, ids []int64) error {
	for _, node := range nodes {
		if node == nil {
			continue
		}
		if project := node.project(); !slices.Contains(ids, project.ID) {
			return gitlab.Unasked(project.Target().String(), plural(len(ids), "other project"))
		}
	}
	return nil
}

// hidden is the error where GitLab left out the list or settings of a project that it shows, or a part
// of them. Where it gave no reason REST is asked for one: a group that accepts fine-grained tokens alone
// answers any other like one of these.
func (s *Service) hidden(ctx context.Context, problems []apierror.GraphQLError, place []string, project *Project) error {
	refused := refusal(problems, place)
	err := s.gitlab.ExplainHidden(ctx, refused)
	err = s.gitlab.Annotate(s.gitlab.WithRole(ctx, err, project.Target().Key()), readingProject, project.Target().String())
	if refused.Words != "" || apierror.Is(err, apierror.FineGrained) {
		return err
	}
	_, reason := s.effective.Load(ctx, project.ID)
	if denied, ok := apierror.As(reason); ok && denied.Kind == apierror.FineGrained {
		told := *denied
		told.Doing, told.Target = readingProject, project.Target().String()
		return &told
	}
	return err
}

// refusal is why GitLab left out the list of the project at a place of the answer.
func refusal(problems []apierror.GraphQLError, place []string) *apierror.Error {
	for _, problem := range problems {
		if !problem.Within(place...) {
			continue
		}
		refused := *apierror.FromGraphQL([]apierror.GraphQLError{problem})
		if refused.Kind == apierror.NotFound || refused.Kind == apierror.Invalid {
			refused.Kind = apierror.Forbidden // the project itself was shown
		}
		return &refused
	}
	return &apierror.Error{Kind: apierror.Forbidden, Note: "GitLab does not show this user the project's job token settings"}
}

// readFurther adds the pages behind the first: GitLab's page is 200 entries, 100 in older versions. A
// list that has ended is asked for what follows its end, which is nothing.
func (s *Service) readFurther(ctx context.Context, project *Project, list *allowlistNode, fit gitlab.Fit) error {
	variables := map[string]any{"ids": gitlab.GIDs("Project", []int64{project.ID})}
	for pages := 1; list.incomplete(); pages++ {
		if pages == gitlab.MaxPages {
			return s.gitlab.Annotate(gitlab.Endless(), readingProject, project.Target().String())
		}
		advanced := advance(variables, "projectsAfter", *list.Projects.PageInfo)
		advanced = advance(variables, "groupsAfter", *list.Groups.PageInfo) || advanced
		if !advanced {
			return &apierror.Error{Kind: apierror.Invalid, Doing: readingProject, Target: project.Target().String(), Note: "GitLab's pages do not advance"}
		}
		var answer struct {
			Projects struct {
				Nodes []*projectNode `json:"nodes"`
			} `json:"projects"`
		}
		problems, err := s.gitlab.Query(ctx, documents.AllowlistPage, fit, variables, &answer)
		if err != nil {
			return s.gitlab.Annotate(err, readingProject, project.Target().String())
		}
		if len(answer.Projects.Nodes) != 1 || answer.Projects.Nodes[0] == nil || !answer.Projects.Nodes[0].Allowlist.isWhole() {
			return s.hidden(ctx, problems, []string{"projects", "nodes", "0"}, project)
		}
		if err := unasked(answer.Projects.Nodes, []int64{project.ID}); err != nil {
			return s.gitlab.Annotate(err, readingProject, project.Target().String())
		}
		list = answer.Projects.Nodes[0].Allowlist
		if list.hasBlanks() && s.gitlab.TokenIsFineGrained(ctx) {
			return s.hidden(ctx, problems, []string{"projects", "nodes", "0"}, project)
		}
		project.Projects = appendNew(project.Projects, list.Projects.entries(gitlab.KindProject))
		project.Groups = appendNew(project.Groups, list.Groups.entries(gitlab.KindGroup))
		project.Outbound = append(project.Outbound, list.Projects.outbound()...)
	}
	return nil
}

// advance moves a cursor to the end of a page. A list without any entry has no cursor.
func advance(variables map[string]any, name string, page pageInfo) bool {
	if page.EndCursor == "" || variables[name] == page.EndCursor {
		return false
	}
	variables[name] = page.EndCursor
	return page.HasNextPage
}

// appendNew adds the entries whose target is not there yet.
func appendNew(have, more []Entry) []Entry {
	seen := make(map[int64]bool, len(have)+len(more))
	for _, entry := range have {
		seen[entry.Target.ID] = true
	}
	for _, entry := range more {
		if !seen[entry.Target.ID] {
			seen[entry.Target.ID] = true
			have = append(have, entry)
		}
	}
	return have
}

// prefetch loads all projects of the configured groups: groups side by side, the pages of a group
// one after the other. It is an optimisation: what fails here is read again on its own. Only a group
// that is not there is an error, since the configuration is. It is kept like a value: the group is not asked
// for again.
func (s *Service) prefetch(ctx context.Context, _ struct{}) (problem, err error) {
	problems := make([]error, len(s.prefetchGroups))
	var all sync.WaitGroup
	for i, group := range s.prefetchGroups {
		all.Go(func() { problems[i] = s.prefetchGroup(ctx, group) })
	}
	all.Wait()
	return cmp.Or(problems...), nil
}

// prefetchPages is how many pages of a group are read ahead: 10,000 projects.
const prefetchPages = 200

func (s *Service) prefetchGroup(ctx context.Context, path string) error {
	pages := 0
	for _, err := range s.Group(ctx, path) {
		switch {
		case apierror.Is(err, apierror.NotFound), apierror.Is(err, apierror.FineGrained):
			return s.gitlab.ExplainHidden(ctx, &apierror.Error{
				Kind: apierror.Invalid, Doing: "read the projects of", Target: "group " + path,
				Note: "prefetch_groups names a group that GitLab does not show to this user",
			})
		case err != nil:
			return nil //nolint:nilerr // see prefetch
		}
		if pages++; pages == prefetchPages {
			return nil
		}
	}
	return nil
}

// below tells whether a project can be one of a group.
func below(project, group string) bool {
	return len(project) > len(group) && project[len(group)] == '/' && strings.EqualFold(project[:len(group)], group)
}

// The shapes of GitLab's answers.
type (
	projectNode struct {
		ID        string         `json:"id"`
		FullPath  string         `json:"fullPath"`
		Archived  bool           `json:"archived"`
		Settings  *settingsNode  `json:"ciCdSettings"`
		Allowlist *allowlistNode `json:"ciJobTokenScopeAllowlist"`
	}
	settingsNode struct {
		Inbound          *bool `json:"inboundJobTokenScopeEnabled"`
		Outbound         *bool `json:"jobTokenScopeEnabled"`
		PushRepository   *bool `json:"pushRepositoryForJobTokenAllowed"`
		CrossProjectPush *bool `json:"crossProjectPushForJobTokenAllowed"`
		// Project is only in the answers of writes.
		Project *gitlab.ReferenceNode `json:"project"`
	}
	allowlistNode struct {
		Projects *entryPage `json:"projectsAllowlist"`
		Groups   *entryPage `json:"groupsAllowlist"`
	}
	entryPage struct {
		PageInfo *pageInfo    `json:"pageInfo"`
		Nodes    []*entryNode `json:"nodes"`
	}
	pageInfo struct {
		HasNextPage bool   `json:"hasNextPage"`
		EndCursor   string `json:"endCursor"`
	}
	entryNode struct {
		Direction string    `json:"direction"`
		Default   *bool     `json:"defaultPermissions"`
		Policies  *[]string `json:"jobTokenPolicies"`
		CreatedAt time.Time `json:"createdAt"`
		AddedBy   *struct {
			Username string `json:"username"`
		} `json:"addedBy"`
		Target *gitlab.ReferenceNode `json:"target"`
		// Source is only in the answers of writes.
		Source *gitlab.ReferenceNode `json:"sourceProject"`
	}
)

func (n *projectNode) project() *Project {
	_, id := gitlab.ParseGID(n.ID)
	p := &Project{ID: id, Path: n.FullPath, Archived: n.Archived}
	if n.Settings != nil {
		p.Settings = n.Settings.settings()
	}
	if n.Allowlist.isWhole() {
		// A stored entry of the project itself may be listed twice.
		p.Projects = appendNew(nil, n.Allowlist.Projects.entries(gitlab.KindProject))
		p.Groups = appendNew(nil, n.Allowlist.Groups.entries(gitlab.KindGroup))
		p.Outbound = n.Allowlist.Projects.outbound()
	}
	return p
}

func (n *settingsNode) settings() Settings {
	return Settings{
		// A project without a settings row has the list on.
		InboundAllowlist: n.Inbound == nil || *n.Inbound,
		Outbound:         n.Outbound != nil && *n.Outbound,
		PushRepository:   n.PushRepository != nil && *n.PushRepository,
		CrossProjectPush: n.CrossProjectPush,
	}
}

// isWhole tells that GitLab left out nothing: what is null is not shown, which is not the same as empty.
func (n *projectNode) isWhole() bool { return n.Settings != nil && n.Allowlist.isWhole() }

func (n *allowlistNode) isWhole() bool { return n != nil && n.Projects.isWhole() && n.Groups.isWhole() }

func (p *entryPage) isWhole() bool {
	return p != nil && p.PageInfo != nil && p.Nodes != nil && !slices.Contains(p.Nodes, nil)
}

// hasBlanks tells that entries name no target.
func (n *allowlistNode) hasBlanks() bool {
	isBlank := func(node *entryNode) bool { return node.Target == nil }
	return slices.ContainsFunc(n.Projects.Nodes, isBlank) || slices.ContainsFunc(n.Groups.Nodes, isBlank)
}

func (n *allowlistNode) incomplete() bool {
	return n.Projects.PageInfo.HasNextPage || n.Groups.PageInfo.HasNextPage
}

func (p *entryPage) entries(kind gitlab.Kind) []Entry {
	entries := make([]Entry, 0, len(p.Nodes))
	for _, node := range p.Nodes {
		if node.Target == nil || node.isOutbound() {
			continue
		}
		entries = append(entries, node.entry(kind))
	}
	return entries
}

// outbound are the leftovers of the legacy outbound list, which share the connection.
func (p *entryPage) outbound() []gitlab.Target {
	var targets []gitlab.Target
	for _, node := range p.Nodes {
		if node.Target != nil && node.isOutbound() {
			targets = append(targets, node.entry(gitlab.KindProject).Target)
		}
	}
	return targets
}

func (n *entryNode) isOutbound() bool { return strings.EqualFold(n.Direction, "outbound") }

func (n *entryNode) entry(kind gitlab.Kind) Entry {
	class, id := gitlab.ParseGID(n.Target.ID)
	if class == "Group" {
		kind = gitlab.KindGroup
	}
	entry := Entry{
		Target:    gitlab.Target{Kind: kind, ID: id, Path: n.Target.FullPath},
		CreatedAt: n.CreatedAt,
	}
	if n.AddedBy != nil {
		entry.AddedBy = n.AddedBy.Username
	}
	switch {
	case n.Default == nil || *n.Default:
		entry.Permissions = DefaultPermissions()
	case n.Policies == nil:
		entry.PermissionsUnreadable = true
	default:
		entry.Permissions = FineGrained(*n.Policies...)
	}
	return entry
}

// plural writes a count with its noun: 1 project, 3 projects.
func plural(count int, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", count, noun)
}

// index writes a list position as the place of a GraphQL error gives it.
func index(i int) string { return strconv.Itoa(i) }
