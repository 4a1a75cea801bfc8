package proposal

import (
	"cmp"
	"slices"
	"strings"
)

// node is a group with what has used the project below it, or one such project.
type node struct {
	path     string
	group    bool
	known    Group
	children []*node
	// consumers are all below it, and the project itself.
	consumers []Consumer
	// eligible says that the group may be an entry, asked that it has to be one.
	eligible, asked bool
	// plans are, by number of entries, the best ways to let all below it in; the first is for none.
	plans []plan
}

// cost is what is to be as small as can be: projects let in that have not asked, then groups, with those below
// them, in which projects may yet be made.
type cost struct{ strangers, groups int }

func (c cost) plus(other cost) cost {
	return cost{c.strangers + other.strangers, c.groups + other.groups}
}

func (c cost) less(other cost) bool {
	return cmp.Or(cmp.Compare(c.strangers, other.strangers), cmp.Compare(c.groups, other.groups)) < 0
}

// plan is a way to do with a number of entries: the node itself, or its children, of which the last has share
// and the ones before it are as in before.
type plan struct {
	possible bool
	cost     cost
	itself   bool
	share    int
	before   *plan
}

// Groups are the paths of all groups with at least so many consumers below them.
func Groups(log []Consumer, least int, topLevel bool) []string {
	seen := map[string]int{}
	for _, consumer := range log {
		for _, group := range above(consumer.Path) {
			if topLevel || strings.Contains(group, "/") {
				seen[group]++
			}
		}
	}
	var groups []string
	for group, consumers := range seen {
		if consumers >= least {
			groups = append(groups, group)
		}
	}
	slices.Sort(groups)
	return groups
}

// above are the groups above a project, the farthest first.
func above(project string) (groups []string) {
	for i, char := range project {
		if char == '/' {
			groups = append(groups, project[:i])
		}
	}
	return groups
}

// plant makes a tree of the consumers. A group with one child stands aside for it, which lets in no more.
func (r Request) plant(consumers []Consumer) *node {
	root := &node{}
	groups := map[string]*node{"": root}
	for _, consumer := range consumers {
		parent := root
		root.consumers = append(root.consumers, consumer)
		for _, path := range above(consumer.Path) {
			group := groups[path]
			if group == nil {
				group = &node{path: path, group: true}
				group.known, group.eligible = r.Groups[path]
				group.eligible = group.eligible && (r.Wishes.TopLevel || strings.Contains(path, "/"))
				groups[path] = group
				parent.children = append(parent.children, group)
			}
			group.consumers = append(group.consumers, consumer)
			parent = group
		}
		parent.children = append(parent.children, &node{path: consumer.Path, consumers: []Consumer{consumer}, eligible: true})
	}
	root.prune()
	return root
}

func (n *node) prune() {
	for i, child := range n.children {
		child.prune()
		for child.group && len(child.children) == 1 && (child.children[0].eligible || !child.eligible) {
			child = child.children[0]
		}
		n.children[i] = child
	}
	slices.SortFunc(n.children, func(a, b *node) int { return strings.Compare(a.path, b.path) })
}

// gather marks the groups that have to be entries, the deepest ones first, and tells how many consumers
// below a node are in none of them.
func (n *node) gather(when int) (left int) {
	if len(n.children) == 0 {
		return len(n.consumers)
	}
	for _, child := range n.children {
		left += child.gather(when)
	}
	if when > 0 && left >= when && n.eligible {
		n.asked = true
		return 0
	}
	return left
}

// choose finds the best entries for all, at most so many. Where no groups can take them in it gives the fewest
// there can be, and how many they are too many.
func (n *node) choose(room int) (chosen []*node, unfit int) {
	if fewest := n.fewest(); len(fewest) >= room {
		return fewest, len(fewest) - room
	}
	n.solve(room)
	best := -1
	for count, p := range n.plans {
		if p.possible && (best < 0 || p.cost.less(n.plans[best].cost)) {
			best = count
		}
	}
	return n.taken(best), 0
}

// fewest are the entries where there are as few as can be.
func (n *node) fewest() (nodes []*node) {
	if n.eligible {
		return []*node{n}
	}
	for _, child := range n.children {
		nodes = append(nodes, child.fewest()...)
	}
	return nodes
}

// solve fills in the plans of up to so many entries.
func (n *node) solve(most int) {
	if n.asked {
		n.plans = []plan{{}, n.alone()}
		return
	}
	// Projects take one entry each, however the rest is done.
	projects := 0
	for _, child := range n.children {
		if !child.group {
			projects++
		}
	}
	n.plans = make([]plan, min(projects, most)+1)
	n.plans[len(n.plans)-1].possible = projects <= most
	for _, child := range n.children {
		if child.group {
			child.solve(most)
			n.plans = combined(n.plans, child.plans, most)
		}
	}
	if alone := n.alone(); n.eligible && (!n.plans[1].possible || alone.cost.less(n.plans[1].cost)) {
		n.plans[1] = alone
	}
}

// alone is the plan of one entry for the group itself.
func (n *node) alone() plan {
	return plan{possible: true, itself: true, cost: cost{strangers: max(n.known.Projects-len(n.consumers), 0), groups: n.groups()}}
}

// groups counts the node and what is below it, without projects.
func (n *node) groups() (count int) {
	if !n.group {
		return 0
	}
	for _, child := range n.children {
		count += child.groups()
	}
	return count + 1
}

// combined are the plans of some children and one more.
func combined(plans, more []plan, most int) []plan {
	sums := make([]plan, min(len(plans)+len(more)-1, most+1))
	for i := range plans {
		p := plans[i]
		if !p.possible {
			continue
		}
		for j, q := range more {
			if i+j >= len(sums) || !q.possible {
				continue
			}
			if sum := p.cost.plus(q.cost); !sums[i+j].possible || sum.less(sums[i+j].cost) {
				sums[i+j] = plan{possible: true, cost: sum, share: j, before: &plans[i]}
			}
		}
	}
	return sums
}

// taken are the nodes that a plan makes entries of.
func (n *node) taken(count int) (taken []*node) {
	p := &n.plans[count]
	if p.itself {
		return []*node{n}
	}
	for _, child := range slices.Backward(n.children) {
		if child.group {
			taken = append(taken, child.taken(p.share)...)
			p = p.before
		} else {
			taken = append(taken, child)
		}
	}
	return taken
}

// choice is the entry of a node.
func (n *node) choice(folds map[string]Entry) Choice {
	choice := Choice{
		Entry:     Entry{Group: n.group, Path: n.path, Default: true},
		Cause:     Consumed,
		Consumers: n.consumers,
		Projects:  n.known.Projects,
	}
	switch existing, on := folds[n.path]; {
	case n.asked:
		choice.Cause = Grouped
	case n.group:
		choice.Cause = Compacted
	case on:
		choice.Entry, choice.Cause = existing, Used
	}
	return choice
}
