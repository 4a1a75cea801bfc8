package gitlab

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	client "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/coalesce"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
)

// reference is the key under which an answer is kept.
type reference struct {
	kind Kind
	ref  Ref // letter case folded
}

const kindNamespace Kind = "namespace"

const lookingUp = "look up"

// Resolve finds the project or group that a reference means now. Projects are also found by the old
// path of a rename or transfer, groups are not. What is gone or out of sight is NotFound.
func (c *Client) Resolve(ctx context.Context, kind Kind, ref Ref) (Target, error) {
	outcome := c.ResolveAll(ctx, kind, []Ref{ref})[ref]
	return outcome.Value, outcome.Err
}

// Resolved is the answer for one of many references.
type Resolved = coalesce.Outcome[Target]

// ResolveAll finds many references of one kind at once.
func (c *Client) ResolveAll(ctx context.Context, kind Kind, refs []Ref) map[Ref]Resolved {
	if c.beforeLookups != nil && kind == KindProject {
		c.beforeLookups(ctx)
	}
	keys := make([]reference, 0, len(refs))
	for _, ref := range refs {
		keys = append(keys, reference{kind, ref.folded()})
	}
	found := c.references.LoadAll(ctx, keys)
	answers := make(map[Ref]Resolved, len(refs))
	for _, ref := range refs {
		answers[ref] = found[reference{kind, ref.folded()}]
	}
	if kind == KindProject {
		c.resolveOldPaths(ctx, answers)
	}
	for ref, answer := range answers {
		if apierror.Is(answer.Err, apierror.NotFound) {
			answer.Err = c.ExplainHidden(ctx, &apierror.Error{Kind: apierror.NotFound, Doing: "find", Target: fmt.Sprintf("%s %s", kind, ref)})
		}
		answer.Err = c.Annotate(answer.Err, lookingUp, ref.describe(kind))
		answers[ref] = answer
	}
	return answers
}

// NamespaceVisible tells whether the user still sees the group or user namespace of a path.
func (c *Client) NamespaceVisible(ctx context.Context, path string) (bool, error) {
	_, err := c.references.Load(ctx, reference{kindNamespace, Ref{Path: path}.folded()})
	err = c.ExplainHidden(ctx, err)
	if apierror.Is(err, apierror.NotFound) {
		return false, nil
	}
	return err == nil, c.Annotate(err, lookingUp, "namespace "+path)
}

func (c *Client) fetchOldPath(ctx context.Context, path string) (int64, error) {
	project, response, err := c.REST().Projects.GetProject(path, nil, RESTContext(ctx))
	if err == nil && (project == nil || project.ID == 0) {
		err = Answered(ErrNothing, response)
	}
	if err != nil {
		return 0, c.Annotate(err, "find", "project "+path)
	}
	return project.ID, nil
}

// RESTContext gives a REST request its context.
func RESTContext(ctx context.Context) client.RequestOptionFunc { return client.WithContext(ctx) }

// fetchReferences groups references by what finds them, since each way is a document of its own.
func (c *Client) fetchReferences(ctx context.Context, keys []reference) (map[reference]coalesce.Outcome[Target], error) {
	outcomes := make(map[reference]coalesce.Outcome[Target], len(keys))
	for _, finder := range []struct {
		kind Kind
		byID bool
		find func(context.Context, []Ref) (map[Ref]Target, error)
	}{
		{KindProject, false, c.projectsByPath},
		{KindProject, true, c.listedByID("Project", documents.ProjectReferencesByID)},
		{KindGroup, false, c.aliasedByPath(KindGroup, documents.GroupReferencesByPath)},
		{KindGroup, true, c.listedByID("Group", documents.GroupReferencesByID)},
		{kindNamespace, false, c.aliasedByPath(kindNamespace, documents.NamespaceReferences)},
	} {
		var refs []Ref
		for _, key := range keys {
			if key.kind == finder.kind && (key.ref.ID != 0) == finder.byID {
				refs = append(refs, key.ref)
			}
		}
		if len(refs) == 0 {
			continue
		}
		asked := c.clock()
		found, err := finder.find(ctx, refs)
		if err != nil {
			return nil, c.Annotate(err, lookingUp, "")
		}
		for _, ref := range refs {
			target, ok := found[ref]
			if ok && !finder.byID && finder.kind != kindNamespace {
				c.references.Prime(reference{finder.kind, target.Ref()}, target, asked)
			}
			outcome := coalesce.Outcome[Target]{Value: target}
			if !ok {
				outcome.Err = &apierror.Error{Kind: apierror.NotFound, Doing: "find", Target: string(finder.kind) + " " + ref.String()}
			}
			outcomes[reference{finder.kind, ref}] = outcome
		}
	}
	return outcomes, nil
}

// ReferenceNode is a project or group in an answer of GraphQL.
type ReferenceNode struct {
	ID       string `json:"id"`
	FullPath string `json:"fullPath"`
}

// Target is what the node means, of a kind that the place in the answer tells.
func (n ReferenceNode) Target(kind Kind) Target {
	_, id := ParseGID(n.ID)
	return Target{Kind: kind, ID: id, Path: n.FullPath}
}

// nodeList is a list of projects or groups in an answer.
type nodeList struct {
	Nodes []*ReferenceNode `json:"nodes"`
}

// pick keeps what was asked for. Null is what a fine-grained token may not see; null in place of the list, or
// something else beside what was asked, would make all that is not listed look deleted.
func (c *Client) pick(ctx context.Context, l *nodeList, kind Kind, refs []Ref, refOf func(Target) Ref) (map[Ref]Target, error) {
	if l == nil || l.Nodes == nil {
		return nil, c.LeftOut(ctx, "list of "+string(kind)+"s")
	}
	found := make(map[Ref]Target, len(refs))
	for _, node := range l.Nodes {
		if node == nil {
			continue
		}
		target := node.Target(kind)
		ref := refOf(target)
		if !slices.Contains(refs, ref) || target.ID == 0 {
			return nil, Unasked(target.String(), enumerate(kind, refs))
		}
		found[ref] = target
	}
	return found, nil
}

// enumerate names what was asked for, in short.
func enumerate(kind Kind, refs []Ref) string {
	if len(refs) == 1 {
		return refs[0].describe(kind)
	}
	return fmt.Sprintf("%s and %d more", refs[0].describe(kind), len(refs)-1)
}

func (c *Client) projectsByPath(ctx context.Context, refs []Ref) (map[Ref]Target, error) {
	paths := make([]string, len(refs))
	for i, ref := range refs {
		paths[i] = ref.Path
	}
	var answer struct {
		Projects *nodeList `json:"projects"`
	}
	if err := c.queryWhole(ctx, documents.ProjectReferencesByPath, Fit{}, map[string]any{"fullPaths": paths}, &answer); err != nil {
		return nil, err
	}
	return c.pick(ctx, answer.Projects, KindProject, refs, func(t Target) Ref { return Ref{Path: t.Path}.folded() })
}

func (c *Client) listedByID(class string, name documents.Name) func(context.Context, []Ref) (map[Ref]Target, error) {
	return func(ctx context.Context, refs []Ref) (map[Ref]Target, error) {
		ids := make([]int64, len(refs))
		for i, ref := range refs {
			ids[i] = ref.ID
		}
		var answer map[string]*nodeList
		if err := c.queryWhole(ctx, name, Fit{}, map[string]any{"ids": GIDs(class, ids)}, &answer); err != nil {
			return nil, err
		}
		kind, list := KindProject, answer["projects"]
		if class == "Group" {
			kind, list = KindGroup, answer["groups"]
		}
		return c.pick(ctx, list, kind, refs, Target.Ref)
	}
}

func (c *Client) aliasedByPath(kind Kind, name documents.Name) func(context.Context, []Ref) (map[Ref]Target, error) {
	return func(ctx context.Context, refs []Ref) (map[Ref]Target, error) {
		variables := make(map[string]any, len(refs))
		for i, ref := range refs {
			variables[documents.Input(i)] = ref.Path
		}
		var answer map[string]*ReferenceNode
		if err := c.queryWhole(ctx, name, Fit{Count: len(refs)}, variables, &answer); err != nil {
			return nil, err
		}
		found := make(map[Ref]Target, len(refs))
		for i, ref := range refs {
			node := answer[documents.Result(i)]
			if node == nil {
				continue
			}
			if target := node.Target(kind); !strings.EqualFold(target.Path, ref.Path) || target.ID == 0 {
				return nil, Unasked(target.String(), ref.describe(kind))
			}
			found[ref] = node.Target(kind)
		}
		return found, nil
	}
}

// queryWhole sends a document whose answer is of no use with errors in it.
func (c *Client) queryWhole(ctx context.Context, name documents.Name, fit Fit, variables map[string]any, data any) error {
	problems, err := c.Query(ctx, name, fit, variables, data)
	if err == nil && len(problems) > 0 {
		return apierror.FromGraphQL(problems)
	}
	return err
}

// KnownPath is the path of a target where it was learnt lately enough to write by.
func (c *Client) KnownPath(target Target) (string, bool) {
	for _, ref := range []Ref{target.Ref(), {Path: strings.ToLower(target.Path)}} {
		if known, age, ok := c.references.Kept(reference{target.Kind, ref}); ok && age <= FreshFor && known.ID == target.ID {
			return known.Path, true
		}
	}
	return "", false
}

// Knows tells that a reference is not asked for again.
func (c *Client) Knows(kind Kind, ref Ref) bool {
	_, age, ok := c.references.Kept(reference{kind, ref.folded()})
	return ok && age <= FreshFor
}

// Forget has a target's path asked for anew, which turned out not to lead there any more.
func (c *Client) Forget(target Target) { c.references.Invalidate(reference{target.Kind, target.Ref()}) }

// Learn notes where a target is, as an answer told that was asked for at a time: its references are not
// asked for again.
func (c *Client) Learn(target Target, asked time.Time) {
	c.references.Prime(reference{target.Kind, target.Ref()}, target, asked)
	c.references.Prime(reference{target.Kind, Ref{Path: target.Path}.folded()}, target, asked)
}

// BeforeLookups has a function run before projects are looked up, which may [Client.Learn] them. It is
// called each time, and is to be set before the first use.
func (c *Client) BeforeLookups(warm func(context.Context)) { c.beforeLookups = warm }

// Refind asks which paths targets have now, unless that was learnt lately, and answers in their order.
func (c *Client) Refind(ctx context.Context, targets []Target) []Resolved {
	if len(targets) == 0 {
		return nil
	}
	keys := make([]reference, len(targets))
	for i, target := range targets {
		keys[i] = reference{target.Kind, target.Ref()}
	}
	c.references.Expire(FreshFor, keys...)
	found := c.references.LoadAll(ctx, c.besideOld(keys))
	answers := make([]Resolved, len(targets))
	for i, key := range keys {
		answers[i] = found[key]
	}
	return answers
}

// besideOld adds to references, where they cost a request, others that have become too old to write by: who
// has asked for those will write by them, too.
func (c *Client) besideOld(keys []reference) []reference {
	fresh := func(key reference) bool { _, age, kept := c.references.Kept(key); return kept && age <= FreshFor }
	if !slices.ContainsFunc(keys, func(key reference) bool { return !fresh(key) }) {
		return keys
	}
	for _, old := range c.references.Old(FreshFor) {
		key := reference{old.Kind, old.Ref()}
		if len(keys) >= batchSize {
			break
		}
		if old.Kind != kindNamespace && !fresh(key) && !slices.Contains(keys, key) {
			c.references.Expire(FreshFor, key)
			keys = append(keys, key)
		}
	}
	return keys
}
