// Package report judges the job token allowlists of a group: what is too wide, who reaches whom, and the
// picture of it. It is pure.
package report

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Target is a project or group, named by its full path.
type Target struct {
	Group bool
	Path  string
}

// String names the target with its kind.
func (t Target) String() string {
	if t.Group {
		return "group " + t.Path
	}
	return "project " + t.Path
}

// covers tells whether the target is a project, or a group above it.
func (t Target) covers(project string) bool {
	if t.Group {
		return within(project, t.Path)
	}
	return strings.EqualFold(project, t.Path)
}

// within tells whether a path is below a group.
func within(path, group string) bool {
	return len(path) > len(group) && path[len(group)] == '/' && strings.EqualFold(path[:len(group)], group)
}

func (t Target) compare(other Target) int {
	if t.Group != other.Group {
		if t.Group {
			return -1
		}
		return 1
	}
	return strings.Compare(t.Path, other.Path)
}

// Entry lets its target in.
type Entry struct {
	Target

	// Default tells GitLab's default permissions from Permissions, the fine-grained ones.
	Default     bool
	Permissions []string
	// Added is zero where GitLab does not tell.
	Added time.Time
	// Used is the last use that the log shows; zero where there is none, or the log was not read.
	Used time.Time
	// Consumers are the projects that have used a group's entry, the last one first.
	Consumers []string
	// Archived and Scheduled, for deletion, are states of the target. Hidden means that the token's user does not see it.
	Archived, Scheduled, Hidden bool
	// Projects is how many there are below a group now, nil where that is not seen.
	Projects *int
}

// Token is a token of a project that never ends.
type Token struct {
	// Kind is deploy_token or access_token.
	Kind string
	ID   int64
	Name string
}

// Project is a project of the group, with what its list says.
type Project struct {
	Path string
	// Readable is false where the list is not shown: then only the path counts.
	Readable            bool
	Archived, Scheduled bool
	// Limited is the project's own toggle, as stored; Effective whether access is limited, nil where GitLab does
	// not tell.
	Limited          bool
	Effective        *bool
	CrossProjectPush bool
	// Outbound is the legacy toggle, and OutboundTargets what is left of its list.
	Outbound        bool
	OutboundTargets []string
	Entries         []Entry
	// Logged means that Used of the entries comes from the log.
	Logged bool
	// Unnamed means that the log has uses, lately enough to count, by projects that it does not name.
	Unnamed bool
	// Endless are the tokens without an end.
	Endless []Token
}

// Open tells whether any project's job token may reach the project.
func (p Project) Open() bool { return p.Readable && p.Effective != nil && !*p.Effective }

// bound tells whether the list decides who reaches the project.
func (p Project) bound() bool { return p.Readable && p.Effective != nil && *p.Effective }

// runs tells whether the project can have jobs at all.
func (p Project) runs() bool { return !p.Archived && !p.Scheduled }

// Report is a group as it is now.
type Report struct {
	Group    string
	Projects []Project
	Now      time.Time
	// UnusedDays is after how many days without a use an entry counts as unused; 0 leaves the rule out.
	UnusedDays int

	// byPath finds a project by its path in lower case.
	byPath map[string]int
	edges  []Edge
}

// New puts a report in order.
func New(group string, projects []Project, now time.Time, unusedDays int) *Report {
	r := &Report{Group: group, Projects: slices.Clone(projects), Now: now, UnusedDays: unusedDays, byPath: make(map[string]int, len(projects))}
	slices.SortFunc(r.Projects, func(a, b Project) int { return strings.Compare(a.Path, b.Path) })
	for i := range r.Projects {
		p := &r.Projects[i]
		p.Entries = slices.Clone(p.Entries)
		slices.SortFunc(p.Entries, func(a, b Entry) int { return a.compare(b.Target) })
		r.byPath[strings.ToLower(p.Path)] = i
	}
	r.edges = r.makeEdges()
	return r
}

// Size is how many projects there are, of those of the report, below a group.
func Size(group string, projects []string) (count int) {
	for _, project := range projects {
		if within(project, group) {
			count++
		}
	}
	return count
}

// Holds tells whether all that is below a target belongs to the report of a group.
func Holds(group string, t Target) bool {
	return within(t.Path, group) || t.Group && strings.EqualFold(t.Path, group)
}

// Edge says that jobs of a project, or of all projects below a group, reach a project by an entry that is in
// effect: the list limits access, and the target can have jobs. A project's entry for itself is none.
type Edge struct {
	From Target
	To   string
	// Default and Permissions are those of the entry.
	Default     bool
	Permissions []string
	// Projects is how many the entry lets in, nil where that is not seen.
	Projects *int
}

// Edges are in the order of the projects, then groups before projects, by path.
func (r *Report) Edges() []Edge { return r.edges }

func (r *Report) makeEdges() (edges []Edge) {
	for _, p := range r.Projects {
		if !p.bound() {
			continue
		}
		for _, e := range p.Entries {
			if e.inEffect(p) {
				edges = append(edges, Edge{From: e.Target, To: p.Path, Default: e.Default, Permissions: e.Permissions, Projects: e.admits()})
			}
		}
	}
	return edges
}

func (e Entry) inEffect(in Project) bool {
	return !e.Archived && !e.Scheduled && (e.Group || !strings.EqualFold(e.Path, in.Path))
}

// admits is how many projects an entry lets in.
func (e Entry) admits() *int {
	if e.Group {
		return e.Projects
	}
	one := 1
	return &one
}

// Reach says that jobs of a project reach another one, or are reached.
type Reach struct {
	// Target is the other one: a project, or a group whose projects are not all known.
	Target
	// Open means that no list limits it; otherwise Through is the entry that rules.
	Open        bool
	Through     Target
	Default     bool
	Permissions []string
}

// Knows tells whether a project is one of the report.
func (r *Report) Knows(path string) bool {
	_, known := r.byPath[strings.ToLower(path)]
	return known
}

// Reaches are the projects of the report that jobs of a project of it reach by their token, by path.
func (r *Report) Reaches(path string) (reaches []Reach) {
	i, known := r.byPath[strings.ToLower(path)]
	if !known || !r.Projects[i].runs() {
		return nil
	}
	from := r.Projects[i].Path
	for _, to := range r.Projects {
		if reach, ok := r.reach(from, to); ok {
			reach.Target = Target{Path: to.Path}
			reaches = append(reaches, reach)
		}
	}
	return reaches
}

// ReachableBy are those whose jobs reach a project of the report by their token: its projects, then the
// projects and groups outside that its list names.
func (r *Report) ReachableBy(path string) (reaches []Reach) {
	i, known := r.byPath[strings.ToLower(path)]
	if !known {
		return nil
	}
	to := r.Projects[i]
	for _, from := range r.Projects {
		if !from.runs() {
			continue
		}
		if reach, ok := r.reach(from.Path, to); ok {
			reach.Target = Target{Path: from.Path}
			reaches = append(reaches, reach)
		}
	}
	for _, e := range r.into(to.Path) {
		if !Holds(r.Group, e.From) {
			reaches = append(reaches, Reach{Target: e.From, Through: e.From, Default: e.Default, Permissions: e.Permissions})
		}
	}
	return reaches
}

// into are the edges that end at a project.
func (r *Report) into(path string) []Edge {
	first, _ := slices.BinarySearchFunc(r.edges, path, func(e Edge, path string) int { return strings.Compare(e.To, path) })
	last := first
	for last < len(r.edges) && r.edges[last].To == path {
		last++
	}
	return r.edges[first:last]
}

// reach tells by which entry a project reaches another: its own or, without one, that of the nearest group above it.
func (r *Report) reach(from string, to Project) (Reach, bool) {
	if strings.EqualFold(from, to.Path) {
		return Reach{}, false
	}
	if to.Open() {
		return Reach{Open: true}, true
	}
	best := -1
	edges := r.into(to.Path)
	for i, e := range edges {
		if e.From.covers(from) && (best < 0 || len(e.From.Path) > len(edges[best].From.Path)) {
			best = i
		}
	}
	if best < 0 {
		return Reach{}, false
	}
	e := edges[best]
	return Reach{Through: e.From, Default: e.Default, Permissions: e.Permissions}, true
}

// plural writes a count with its noun.
func plural(count int, noun string) string {
	switch {
	case count == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "y"):
		return itoa(count) + " " + strings.TrimSuffix(noun, "y") + "ies"
	}
	return itoa(count) + " " + noun + "s"
}

// sortedKeys are the keys of a map in order.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
