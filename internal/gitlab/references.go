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
	found := c.load(ctx, keys)
	answers := make(map[Ref]Resolved, len(refs))
	for _, ref := range refs {
		outcome := found[reference{kind, ref.folded()}]
		if kind == KindProject && ref.Path != "" && apierror.Is(outcome.Err, apierror.NotFound) {
			outcome = c.resolveOldPath(ctx, ref, outcome.Err)
		}
		if apierror.Is(outcome.Err, apierror.NotFound) {
			outcome.Err = c.ExplainHidden(ctx, &apierror.Error{Kind: apierror.NotFound, Doing: "find", Target: fmt.Sprintf("%s %s", kind, ref)})
		}
		outcome.Err = Annotate(outcome.Err, lookingUp, ref.describe(kind))
		answers[ref] = outcome
	}
	return answers
}

// load asks for references. A single one waits for company: resources resolve theirs one by one, side by
// side.
func (c *Client) load(ctx context.Context, keys []reference) map[reference]Resolved {
	if len(keys) != 1 {
		return c.references.LoadAll(ctx, keys)
	}
	value, err := c.references.Load(ctx, keys[0])
	return map[reference]Resolved{keys[0]: {Value: value, Err: err}}
}

// NamespaceVisible tells whether the user still sees the group or user namespace of a path.
func (c *Client) NamespaceVisible(ctx context.Context, path string) (bool, error) {
	_, err := c.references.Load(ctx, reference{kindNamespace, Ref{Path: path}.folded()})
	err = c.ExplainHidden(ctx, err)
	if apierror.Is(err, apierror.NotFound) {
		return false, nil
	}
	return err == nil, Annotate(err, lookingUp, "namespace "+path)
}

// resolveOldPath asks REST, which alone follows the old paths of projects.
func (c *Client) resolveOldPath(ctx context.Context, ref Ref, notFound error) Resolved {
	id, err := c.oldPaths.Load(ctx, ref.folded().Path)
	if apierror.Is(err, apierror.NotFound) {
		return Resolved{Err: notFound}
	}
	if err != nil {
		return Resolved{Err: err}
	}
	target, err := c.references.Load(ctx, reference{KindProject, Ref{ID: id}})
	return Resolved{Value: target, Err: err}
}

func (c *Client) fetchOldPath(ctx context.Context, path string) (int64, error) {
	project, _, err := c.REST().Projects.GetProject(path, nil, RESTContext(ctx))
	if err != nil {
		return 0, Annotate(err, "find", "project "+path)
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
		found, err := finder.find(ctx, refs)
		if err != nil {
			return nil, Annotate(err, lookingUp, "")
		}
		for _, ref := range refs {
			target, ok := found[ref]
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

// shownNodes are those that GitLab did not leave out: null is what a fine-grained token may not see.
func shownNodes(nodes []*ReferenceNode) []*ReferenceNode {
	return slices.DeleteFunc(nodes, func(n *ReferenceNode) bool { return n == nil })
}

func (c *Client) projectsByPath(ctx context.Context, refs []Ref) (map[Ref]Target, error) {
	paths := make([]string, len(refs))
	for i, ref := range refs {
		paths[i] = ref.Path
	}
	var answer struct {
		Projects struct {
			Nodes []*ReferenceNode `json:"nodes"`
		} `json:"projects"`
	}
	if err := c.queryWhole(ctx, documents.ProjectReferencesByPath, Fit{}, map[string]any{"fullPaths": paths}, &answer); err != nil {
		return nil, err
	}
	found := make(map[Ref]Target, len(refs))
	for _, node := range shownNodes(answer.Projects.Nodes) {
		found[Ref{Path: node.FullPath}.folded()] = node.Target(KindProject)
	}
	return found, nil
}

func (c *Client) listedByID(class string, name documents.Name) func(context.Context, []Ref) (map[Ref]Target, error) {
	return func(ctx context.Context, refs []Ref) (map[Ref]Target, error) {
		ids := make([]int64, len(refs))
		for i, ref := range refs {
			ids[i] = ref.ID
		}
		var answer map[string]struct {
			Nodes []*ReferenceNode `json:"nodes"`
		}
		if err := c.queryWhole(ctx, name, Fit{}, map[string]any{"ids": GIDs(class, ids)}, &answer); err != nil {
			return nil, err
		}
		kind := KindProject
		if class == "Group" {
			kind = KindGroup
		}
		found := make(map[Ref]Target, len(refs))
		for _, list := range answer {
			for _, node := range shownNodes(list.Nodes) {
				target := node.Target(kind)
				found[target.Ref()] = target
			}
		}
		return found, nil
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
			if node := answer[documents.Result(i)]; node != nil {
				found[ref] = node.Target(kind)
			}
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
	found := c.load(ctx, keys)
	answers := make([]Resolved, len(targets))
	for i, key := range keys {
		answers[i] = found[key]
	}
	return answers
}
