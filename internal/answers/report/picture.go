package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// The picture in Mermaid is bounded: above these it is drawn by subgroup.
const (
	MaxNodes = 40
	MaxLinks = 80
)

// anyone is the node of every project there is; no path has a space.
const anyone = "any project"

// node is a project, a group or anyone.
type node struct {
	Target

	// within counts the entries between projects of one group that is drawn as a whole.
	within int
}

// link is all access from one node to another.
type link struct {
	from, to          Target
	entries, defaults int
	open              int
	permissions       []string
}

type ends struct{ from, to Target }

// picture is what is drawn.
type picture struct {
	nodes map[Target]*node
	links map[ends]*link
	// folded means that projects are drawn as their groups.
	folded bool
	// left counts the links that found no room.
	left int
}

// draw makes the picture with all projects, or with groups in place of what fold changes.
func (r *Report) draw(fold func(Target) Target) *picture {
	pic := &picture{nodes: map[Target]*node{}, links: map[ends]*link{}}
	for _, p := range r.Projects {
		if p.Open() {
			pic.link(Target{Path: anyone}, fold(Target{Path: p.Path})).open++
		}
	}
	for _, e := range r.edges {
		from, to := fold(e.From), fold(Target{Path: e.To})
		if from == to {
			pic.node(from).within++
			continue
		}
		l := pic.link(from, to)
		l.entries++
		if e.Default {
			l.defaults++
		}
		l.permissions = e.Permissions
	}
	return pic
}

func (pic *picture) node(t Target) *node {
	n := pic.nodes[t]
	if n == nil {
		n = &node{Target: t}
		pic.nodes[t] = n
	}
	return n
}

func (pic *picture) link(from, to Target) *link {
	pic.node(from)
	pic.node(to)
	l := pic.links[ends{from, to}]
	if l == nil {
		l = &link{from: from, to: to}
		pic.links[ends{from, to}] = l
	}
	return l
}

func (pic *picture) fits() bool { return len(pic.nodes) <= MaxNodes && len(pic.links) <= MaxLinks }

// bounded is the picture with as much in it as there is room for: with projects, with the groups that hold
// them, or with groups nearer to the top; and what then still finds no room is counted.
func (r *Report) bounded() *picture {
	whole := r.draw(func(t Target) Target { return t })
	if whole.fits() {
		return whole
	}
	deepest := 1
	for t := range whole.nodes {
		deepest = max(deepest, strings.Count(t.Path, "/")+1)
	}
	last := whole
	for segments := deepest; segments >= strings.Count(r.Group, "/")+2; segments-- {
		pic := r.draw(func(t Target) Target { return foldTo(t, segments) })
		if pic.parts(r.Group) < 2 {
			break // all of it would be within one node
		}
		pic.folded = true
		if pic.fits() {
			return pic
		}
		last = pic
	}
	last.cut()
	return last
}

// parts counts the nodes of the group itself.
func (pic *picture) parts(group string) (count int) {
	for t := range pic.nodes {
		if Holds(group, t) {
			count++
		}
	}
	return count
}

// foldTo is the group that stands for a target, with at most so many segments of its path.
func foldTo(t Target, segments int) Target {
	parts := strings.Split(t.Path, "/")
	if !t.Group && len(parts) > 1 {
		parts = parts[:len(parts)-1]
		t.Group = true
	}
	if len(parts) > segments {
		parts = parts[:segments]
	}
	return Target{Group: t.Group, Path: strings.Join(parts, "/")}
}

// cut keeps the links with the most behind them and around them.
func (pic *picture) cut() {
	links, around := pic.sorted(), map[Target]int{}
	for _, l := range links {
		around[l.from]++
		around[l.to]++
	}
	slices.SortStableFunc(links, func(a, b *link) int {
		return cmp.Or(cmp.Compare(b.open, a.open), cmp.Compare(b.entries, a.entries), cmp.Compare(around[b.from]+around[b.to], around[a.from]+around[a.to]))
	})
	all := pic.nodes
	pic.nodes, pic.links = map[Target]*node{}, map[ends]*link{}
	for _, l := range links {
		fresh := 0
		for _, t := range []Target{l.from, l.to} {
			if pic.nodes[t] == nil {
				fresh++
			}
		}
		if len(pic.links) == MaxLinks || len(pic.nodes)+fresh > MaxNodes {
			pic.left += l.entries + l.open
			continue
		}
		pic.links[ends{l.from, l.to}] = l
		pic.nodes[l.from], pic.nodes[l.to] = all[l.from], all[l.to]
	}
}

// sorted are the links in a stable order.
func (pic *picture) sorted() []*link {
	links := make([]*link, 0, len(pic.links))
	for _, l := range pic.links {
		links = append(links, l)
	}
	slices.SortFunc(links, func(a, b *link) int { return cmp.Or(a.from.compare(b.from), a.to.compare(b.to)) })
	return links
}

func (pic *picture) order() []*node {
	nodes := make([]*node, 0, len(pic.nodes))
	for _, n := range pic.nodes {
		nodes = append(nodes, n)
	}
	slices.SortFunc(nodes, func(a, b *node) int { return a.compare(b.Target) })
	return nodes
}

// notes say what is not drawn.
func (r *Report) notes(pic *picture) (notes []string) {
	apart, hidden := 0, 0
	for _, p := range r.Projects {
		_, drawn := pic.nodes[Target{Path: p.Path}]
		switch {
		case !p.Readable:
			hidden++
		case !drawn && !pic.folded:
			apart++
		}
	}
	if apart > 0 {
		notes = append(notes, plural(apart, "more project")+" apart from all others")
	}
	if hidden > 0 {
		notes = append(notes, plural(hidden, "project")+" with lists that are not shown")
	}
	if pic.left > 0 {
		notes = append(notes, plural(pic.left, "more entry"))
	}
	return notes
}

// title is what a node is called.
func (n *node) title(r *Report, folded bool) string {
	title := n.Path
	if !n.Group {
		return title
	}
	title += "/*"
	var facts []string
	if size := r.count(n.Target); size > 0 {
		facts = append(facts, plural(size, "project"))
	}
	if folded && n.within > 0 {
		facts = append(facts, plural(n.within, "entry")+" among them")
	}
	if len(facts) > 0 {
		title += " (" + strings.Join(facts, ", ") + ")"
	}
	return title
}

// count is how many projects are below a group, as far as it is known.
func (r *Report) count(group Target) (count int) {
	if Holds(r.Group, group) {
		for _, p := range r.Projects {
			if group.covers(p.Path) {
				count++
			}
		}
		return count
	}
	for _, e := range r.edges {
		if e.From == group && e.Projects != nil {
			return *e.Projects
		}
	}
	return 0
}

// label says what a link grants.
func (l *link) label() string {
	switch {
	case l.open > 1:
		return plural(l.open, "open project")
	case l.open == 1:
		return "open"
	case l.entries > 1 && l.defaults == l.entries:
		return plural(l.entries, "default entry")
	case l.entries > 1 && l.defaults > 0:
		return fmt.Sprintf("%s, %d default", plural(l.entries, "entry"), l.defaults)
	case l.entries > 1:
		return plural(l.entries, "entry")
	case l.defaults == 1:
		return "default"
	case len(l.permissions) == 0:
		return "git only"
	case len(l.permissions) < 3:
		return strings.Join(l.permissions, ", ")
	}
	return plural(len(l.permissions), "permission")
}

// Mermaid is the group as a flowchart, from who reaches to what is reached: thick with the default permissions,
// thin with fine-grained ones, dotted where no list limits it.
func (r *Report) Mermaid() string {
	pic := r.bounded()
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	ids := map[Target]string{}
	for i, n := range pic.order() {
		id := fmt.Sprintf("n%d", i)
		ids[n.Target] = id
		before, after := "[", "]"
		switch {
		case n.Path == anyone:
			before, after = "((", "))"
		case n.Group:
			before, after = "[[", "]]"
		}
		fmt.Fprintf(&b, "  %s%s%s%s\n", id, before, mermaidText(n.title(r, pic.folded)), after)
	}
	var open []string
	for _, l := range pic.sorted() {
		arrow := "-->"
		switch {
		case l.open > 0:
			arrow = "-.->"
			open = append(open, ids[l.to])
		case l.defaults > 0:
			arrow = "==>"
		}
		fmt.Fprintf(&b, "  %s %s|%s| %s\n", ids[l.from], arrow, mermaidText(l.label()), ids[l.to])
	}
	for i, note := range r.notes(pic) {
		fmt.Fprintf(&b, "  note%d>%s]\n", i, mermaidText(note))
	}
	if len(pic.nodes)+len(r.notes(pic)) == 0 {
		fmt.Fprintf(&b, "  note0>%s]\n", mermaidText("no projects in "+r.Group))
	}
	if len(open) > 0 {
		fmt.Fprintf(&b, "  classDef open stroke:#c0392b,stroke-width:3px\n  class %s open\n", strings.Join(open, ","))
	}
	return b.String()
}

// longest is how many characters of a text are shown: the end tells more of a path than its beginning.
const longest = 60

// mermaidText quotes a text. All that is not plain becomes a character reference: quotes and brackets, which end
// a text, and what Mermaid takes for markup, comments or directives.
func mermaidText(text string) string {
	if runes := []rune(text); len(runes) > longest {
		text = "…" + string(runes[len(runes)-longest+1:])
	}
	var b strings.Builder
	b.WriteByte('"')
	for i, c := range text {
		plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune(" /._,", c) ||
			c == '-' && !strings.HasSuffix(text[:i], "-")
		if plain {
			b.WriteRune(c)
		} else {
			fmt.Fprintf(&b, "#%d;", c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// Dot is the whole group as a graph for Graphviz, with a box around the projects of each subgroup.
func (r *Report) Dot() string {
	pic := r.draw(func(t Target) Target { return t })
	groups := map[string][]string{}
	for _, p := range r.Projects {
		group := p.Path[:max(strings.LastIndex(p.Path, "/"), 0)]
		shape := ""
		switch {
		case p.Open():
			shape = `, color="#c0392b", penwidth=2`
		case !p.Readable:
			shape = `, style=dashed`
		}
		groups[group] = append(groups[group], fmt.Sprintf("%s [label=%s%s]", dotText(p.Path), dotText(p.Path[strings.LastIndex(p.Path, "/")+1:]), shape))
	}
	var b strings.Builder
	b.WriteString("digraph jobtoken {\n  rankdir=LR\n  node [shape=box]\n")
	for i, group := range sortedKeys(groups) {
		fmt.Fprintf(&b, "  subgraph cluster_%d {\n    label=%s\n", i, dotText(group))
		for _, line := range groups[group] {
			fmt.Fprintf(&b, "    %s\n", line)
		}
		b.WriteString("  }\n")
	}
	name := func(t Target) string {
		if t.Group {
			return dotText(t.Path + "/*")
		}
		return dotText(t.Path)
	}
	for _, n := range pic.order() {
		switch {
		case n.Path == anyone:
			fmt.Fprintf(&b, "  %s [shape=ellipse]\n", name(n.Target))
		case n.Group:
			fmt.Fprintf(&b, "  %s [shape=folder, label=%s]\n", name(n.Target), dotText(n.title(r, false)))
		case !r.Knows(n.Path):
			fmt.Fprintf(&b, "  %s [style=dotted]\n", name(n.Target))
		}
	}
	for _, l := range pic.sorted() {
		style := "solid"
		switch {
		case l.open > 0:
			style = "dashed"
		case l.defaults > 0:
			style = "bold"
		}
		fmt.Fprintf(&b, "  %s -> %s [style=%s, label=%s]\n", name(l.from), name(l.to), style, dotText(l.label()))
	}
	b.WriteString("}\n")
	return b.String()
}

// dotText quotes a text for Graphviz.
func dotText(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text) + `"`
}
