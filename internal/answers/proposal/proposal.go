// Package proposal turns what a project's authentication log shows into the allowlist that keeps its
// recent consumers working and lets in as little else as it can. It is pure.
//
// See https://docs.gitlab.com/ci/jobs/ci_job_token/#job-token-authentication-log.
package proposal

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// MaxEntries is how many projects, and how many groups, GitLab takes on one allowlist.
const MaxEntries = 200

// Consumer is a project whose jobs have used the project of the list.
type Consumer struct {
	Path string
	Last time.Time
}

// Entry is on the allowlist now.
type Entry struct {
	Group bool
	Path  string
	// Default tells GitLab's default permissions from Permissions, the fine-grained ones.
	Default     bool
	Permissions []string
}

// covers tells whether the entry lets a project in, by its path.
func (e Entry) covers(project string) bool {
	if e.Group {
		return within(project, e.Path)
	}
	return strings.EqualFold(project, e.Path)
}

func within(path, group string) bool {
	return len(path) > len(group) && path[len(group)] == '/' && strings.EqualFold(path[:len(group)], group)
}

// Wishes are what the list is to be like.
type Wishes struct {
	// Since is the time from which on a use counts; zero counts all.
	Since time.Time
	// KeepExisting leaves every entry of now as it is. Without it, those that nobody has used since go, and a
	// group may take the place of projects with the default permissions.
	KeepExisting bool
	// TopLevel allows entries for top-level groups.
	TopLevel bool
	// Max is how many entries the list may have in all, 1 to 2 × [MaxEntries].
	Max int
	// GroupWhen is how many consumers below one group, besides those of groups below it that have an entry
	// already, make it an entry; 0 for no number. Without it there is a group only where Max asks for one.
	GroupWhen int
}

// Cause is why an entry is proposed.
type Cause int

// The causes.
const (
	// Used is an entry, on the list already, that a recent use needs.
	Used Cause = iota
	// Kept is an entry that no recent use needs.
	Kept
	// Own is the entry of the project itself: what it does to its own jobs is in no log.
	Own
	// Consumed is a new entry for a project.
	Consumed
	// Grouped is a new entry for a group that has as many consumers as were asked for.
	Grouped
	// Compacted is a new entry for a group since there would be too many otherwise.
	Compacted
)

// Choice is an entry of the proposed list.
type Choice struct {
	Entry
	Cause Cause
	// Consumers are those that it lets in, the last one to use the project first.
	Consumers []Consumer
	// Projects is how many projects are below a new group now.
	Projects int
}

// Last is the latest use; zero where there is none.
func (c Choice) Last() time.Time {
	if len(c.Consumers) == 0 {
		return time.Time{}
	}
	return c.Consumers[0].Last
}

// Unused is an entry of now that nobody has used since the time asked for.
type Unused struct {
	Entry
	// Last is the latest use before it; zero where the log has none.
	Last time.Time
}

// Proposal is the list that keeps the recent consumers working.
type Proposal struct {
	// Entries are sorted, groups before projects, by path.
	Entries []Choice
	// Unused are sorted likewise. With KeepExisting they are among the entries too.
	Unused []Unused
	// Unfit is how many entries there are too many, which no group could take in. Entries has them all.
	Unfit int
}

// Request is what a proposal is made from.
type Request struct {
	// Project is the path of the project whose list it is.
	Project string
	// Log has each consumer once.
	Log      []Consumer
	Existing []Entry
	// Groups are what is known of the [Request.Candidates], by path. One that is not among them never
	// becomes an entry.
	Groups map[string]Group
	Wishes Wishes
}

// Group is what is known of a group that may become an entry.
type Group struct {
	// Projects is how many projects there are below it.
	Projects int
}

// Propose makes the list. Of all lists with the groups that GroupWhen asks for and no more entries than Max
// it lets in the fewest projects that have not used this one; of those with as few it
// has the fewest groups and groups below them, then the fewest entries.
func Propose(r Request) Proposal {
	recent, last := r.uses()
	var p Proposal
	stays, left, folds := r.sort(&p, recent, last)
	tree := r.plant(left)
	tree.gather(r.Wishes.GroupWhen)
	room := max(r.Wishes.Max-len(stays), 0)
	chosen, unfit := tree.choose(room)
	p.Unfit = unfit
	for _, n := range chosen {
		p.Entries = append(p.Entries, n.choice(folds))
	}
	slices.SortFunc(p.Entries, func(a, b Choice) int { return a.compare(b.Entry) })
	slices.SortFunc(p.Unused, func(a, b Unused) int { return a.compare(b.Entry) })
	return p
}

func (e Entry) compare(other Entry) int {
	if e.Group != other.Group {
		if e.Group {
			return -1
		}
		return 1
	}
	return strings.Compare(e.Path, other.Path)
}

// uses are the uses that count, the latest first, and the latest of each project of all.
func (r Request) uses() (recent []Consumer, last map[string]time.Time) {
	last = make(map[string]time.Time, len(r.Log))
	for _, consumer := range r.Log {
		last[consumer.Path] = consumer.Last
		if !consumer.Last.Before(r.Wishes.Since) {
			recent = append(recent, consumer)
		}
	}
	slices.SortFunc(recent, func(a, b Consumer) int {
		return cmp.Or(b.Last.Compare(a.Last), strings.Compare(a.Path, b.Path))
	})
	return recent, last
}

// sort parts the entries of now into those that stay, those that a group may take in, and those that go; left
// are the consumers that none of the first lets in.
func (r Request) sort(p *Proposal, recent []Consumer, last map[string]time.Time) (stays []Entry, left []Consumer, folds map[string]Entry) {
	folds = map[string]Entry{}
	for _, entry := range r.Existing {
		choice := Choice{Entry: entry, Cause: Used}
		for _, consumer := range recent {
			if entry.covers(consumer.Path) {
				choice.Consumers = append(choice.Consumers, consumer)
			}
		}
		switch {
		case entry.covers(r.Project) && !entry.Group:
			choice.Cause = Own
		case len(choice.Consumers) == 0:
			p.Unused = append(p.Unused, Unused{Entry: entry, Last: entry.lastOf(last)})
			if !r.Wishes.KeepExisting {
				continue
			}
			choice.Cause = Kept
		case !r.Wishes.KeepExisting && !entry.Group && entry.Default && !r.belowEntry(entry.Path):
			folds[entry.Path] = entry
			continue
		}
		stays = append(stays, entry)
		p.Entries = append(p.Entries, choice)
	}
	for _, consumer := range recent {
		if !slices.ContainsFunc(stays, func(e Entry) bool { return e.covers(consumer.Path) }) {
			left = append(left, consumer)
		}
	}
	return stays, left, folds
}

// Candidates are the groups whose sizes the proposal depends on: none where every project finds room and no
// number of consumers makes a group an entry.
func (r Request) Candidates() []string {
	recent, last := r.uses()
	stays, left, _ := r.sort(&Proposal{}, recent, last)
	switch {
	case len(stays)+len(left) > r.Wishes.Max:
		return Groups(left, 2, r.Wishes.TopLevel)
	case r.Wishes.GroupWhen > 0:
		return Groups(left, r.Wishes.GroupWhen, r.Wishes.TopLevel)
	}
	return nil
}

// belowEntry tells whether a group on the list lets a project in: the project's own entry is there to rule then.
func (r Request) belowEntry(project string) bool {
	return slices.ContainsFunc(r.Existing, func(e Entry) bool { return e.Group && e.covers(project) })
}

func (e Entry) lastOf(last map[string]time.Time) (latest time.Time) {
	if !e.Group {
		return last[e.Path]
	}
	for path, at := range last {
		if e.covers(path) && at.After(latest) {
			latest = at
		}
	}
	return latest
}
