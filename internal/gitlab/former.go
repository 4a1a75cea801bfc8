package gitlab

import (
	"context"
	"strings"
	"sync"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/coalesce"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
)

// Former is a path that a target had before.
type Former struct {
	Target Target
	Path   string
}

// Successors tells who has taken over former paths, in their order: the zero Target where nobody has. A
// path that leads nowhere, or by a redirect to the target itself, is still the target's. Answers are kept
// for the walk, these too: what is to be written goes by [Client.Resolve].
//
// Where a whole namespace has gone elsewhere, one of its paths tells for all: nothing can be at the
// others but what GitLab redirects.
func (c *Client) Successors(ctx context.Context, formers []Former) []Resolved {
	keys := make([]Former, len(formers))
	for i, former := range formers {
		keys[i] = Former{former.Target, strings.ToLower(former.Path)}
	}
	found := c.successors.LoadAll(ctx, keys)
	answers := make([]Resolved, len(formers))
	for i, key := range keys {
		answers[i] = found[key]
		answers[i].Err = c.Annotate(answers[i].Err, lookingUp, Ref{Path: formers[i].Path}.describe(key.Target.Kind))
	}
	return answers
}

func (c *Client) fetchSuccessors(ctx context.Context, formers []Former) (map[Former]coalesce.Outcome[Target], error) {
	var from []string
	for _, former := range formers {
		if m, ok := former.move(); ok {
			from = append(from, m.from)
		}
	}
	left := c.left.LoadAll(ctx, from)
	outcomes := make(map[Former]coalesce.Outcome[Target], len(formers))
	var open []Former
	for _, former := range formers {
		if m, ok := former.move(); ok && left[m.from].Value && c.movedTogether(ctx, former, m) {
			outcomes[former] = coalesce.Outcome[Target]{}
		} else {
			open = append(open, former)
		}
	}
	for _, kind := range []Kind{KindProject, KindGroup} {
		var refs []Ref
		for _, former := range open {
			if former.Target.Kind == kind {
				refs = append(refs, Ref{Path: former.Path})
			}
		}
		found := c.ResolveAll(ctx, kind, refs)
		for _, former := range open {
			if former.Target.Kind == kind {
				outcomes[former] = former.succeeded(found[Ref{Path: former.Path}])
			}
		}
	}
	return outcomes, nil
}

// succeeded makes of whom a former path leads to who has taken it over.
func (f Former) succeeded(found Resolved) Resolved {
	if apierror.Is(found.Err, apierror.NotFound) || found.Err == nil && found.Value.ID == f.Target.ID {
		return Resolved{}
	}
	return found
}

// move is the way that a namespace went, and all below it with it.
type move struct{ from, to string }

// move is the way that the namespace of a target went, if it was not renamed by itself.
func (f Former) move() (move, bool) {
	was, is := strings.Split(f.Path, "/"), strings.Split(strings.ToLower(f.Target.Path), "/")
	same := 0
	for same < min(len(was), len(is)) && was[len(was)-1-same] == is[len(is)-1-same] {
		same++
	}
	if same == 0 || same == len(was) || same == len(is) {
		return move{}, false
	}
	return move{strings.Join(was[:len(was)-same], "/"), strings.Join(is[:len(is)-same], "/")}, true
}

// fetchLeft tells of which paths no namespace has them any more.
func (c *Client) fetchLeft(ctx context.Context, paths []string) (map[string]coalesce.Outcome[bool], error) {
	refs := make([]Ref, len(paths))
	for i, path := range paths {
		refs[i] = Ref{Path: path}
	}
	found, err := c.aliasedByPath(kindNamespace, documents.NamespaceReferences)(ctx, refs)
	if err != nil {
		return nil, c.Annotate(err, lookingUp, "")
	}
	outcomes := make(map[string]coalesce.Outcome[bool], len(paths))
	for i, path := range paths {
		_, there := found[refs[i]]
		// What is not shown to a fine-grained token may be there.
		outcomes[path] = coalesce.Outcome[bool]{Value: !there && !c.TokenIsFineGrained(ctx)}
	}
	return outcomes, nil
}

// movedTogether tells whether a namespace that is not at its old path any more has taken the projects there
// along: the first of them that is asked for is looked up. Groups have no redirects.
func (c *Client) movedTogether(ctx context.Context, former Former, m move) bool {
	if former.Target.Kind == KindGroup {
		return true
	}
	c.samples.LoadOrStore(m, former)
	together, err := c.together.Load(ctx, m)
	return err == nil && together
}

func (c *Client) fetchTogether(ctx context.Context, m move) (bool, error) {
	stored, _ := c.samples.Load(m)
	sample, _ := stored.(Former) // nothing else is stored
	id, err := c.oldPaths.Load(ctx, sample.Path)
	if apierror.Is(err, apierror.NotFound) {
		return false, nil
	}
	return id == sample.Target.ID, err
}

// resolveOldPaths asks REST, which alone follows the old paths of projects, side by side.
func (c *Client) resolveOldPaths(ctx context.Context, answers map[Ref]Resolved) {
	var missing []Ref
	for ref, answer := range answers {
		if ref.Path != "" && apierror.Is(answer.Err, apierror.NotFound) {
			missing = append(missing, ref)
		}
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	byID := map[Ref]Ref{}
	for _, ref := range missing {
		all.Go(func() {
			id, err := c.oldPaths.Load(ctx, ref.folded().Path)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				byID[ref] = Ref{ID: id}
			case !apierror.Is(err, apierror.NotFound):
				answers[ref] = Resolved{Err: err}
			}
		})
	}
	all.Wait()
	keys := make([]reference, 0, len(byID))
	for _, id := range byID {
		keys = append(keys, reference{KindProject, id})
	}
	found := c.references.LoadAll(ctx, keys)
	for ref, id := range byID {
		answers[ref] = found[reference{KindProject, id}]
	}
}
