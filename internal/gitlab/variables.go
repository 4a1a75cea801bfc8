package gitlab

import (
	"cmp"
	"context"
	"slices"

	client "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// EveryEnvironment is the scope of a variable that all environments get.
const EveryEnvironment = "*"

// Variable is a CI/CD variable of a project or group. See https://docs.gitlab.com/ci/variables/.
type Variable struct {
	Key string
	// Value is empty where the variable is hidden: GitLab does not show it again.
	Value Secret
	// File means that jobs get the path of a file with the value.
	File bool
	// Protected variables reach only jobs on protected branches and tags.
	Protected bool
	// Masked values are starred out of job logs; see [MaskProblem].
	Masked bool
	// Hidden values are masked, and never shown. This is settled when the variable is made.
	Hidden bool
	// Raw values are taken as they are, without expanding $ references.
	Raw bool
	// Scope is the environment scope; empty is written as [EveryEnvironment].
	Scope       string
	Description string
}

// normal is the variable as GitLab will show it.
func (v Variable) normal() Variable {
	v.Scope = cmp.Or(v.Scope, EveryEnvironment)
	v.Masked = v.Masked || v.Hidden
	return v
}

// Variables lists the CI/CD variables of a project or group, by key and scope. Callers share
// requests; the list is kept until this client writes a variable there, and each has a copy of its own. Without the role (Maintainer of a project,
// Owner of a group) the error is Forbidden.
func (c *Client) Variables(ctx context.Context, owner Target) ([]Variable, error) {
	list, err := c.variables.Load(ctx, owner.Key())
	if err != nil {
		return nil, Annotate(err, "list the CI/CD variables of", owner.String())
	}
	return slices.Clone(list), nil
}

func (c *Client) fetchVariables(ctx context.Context, of Key) ([]Variable, error) {
	if _, err := c.Server(ctx); err != nil {
		return nil, err
	}
	list, err := AllPages(func(page client.ListOptions) ([]Variable, *client.Response, error) {
		return c.variablePage(ctx, of, page)
	})
	if err != nil {
		return nil, RefusedFor(err, ManagingRole(of.Kind), of.Kind)
	}
	slices.SortFunc(list, func(a, b Variable) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Scope, b.Scope)) })
	return slices.CompactFunc(list, func(a, b Variable) bool { return a.Key == b.Key && a.Scope == b.Scope }), nil
}

// Variable reads the variable of a key and environment scope afresh; nil is none. An owner that is gone or out
// of sight is NotFound.
func (c *Client) Variable(ctx context.Context, owner Target, key, scope string) (*Variable, error) {
	v := Variable{Key: key, Scope: scope}.normal()
	found, err := c.findVariable(ctx, owner.Key(), v)
	return found, Annotate(err, "read the CI/CD variable "+v.name()+" of", owner.String())
}

// DeleteVariable deletes the variable of a key and environment scope. One that is gone already is no
// error; an owner that is gone or out of sight is NotFound.
func (c *Client) DeleteVariable(ctx context.Context, owner Target, key, scope string) error {
	of := owner.Key()
	v := Variable{Key: key, Scope: scope}.normal()
	defer c.variables.Invalidate(of)
	err := c.removeVariable(ctx, of, v)
	return Annotate(err, "delete the CI/CD variable "+v.name()+" of", owner.String())
}

func (c *Client) removeVariable(ctx context.Context, of Key, v Variable) error {
	if of.Kind == KindGroup {
		// In a group the wrong one might be deleted; see findVariable.
		if found, err := c.findVariable(ctx, of, v); err != nil || found == nil {
			return err
		}
	}
	if _, err := c.Server(ctx); err != nil {
		return err
	}
	err := c.deleteVariable(ctx, of, v)
	if e, ok := apierror.As(err); ok && variableMissing(e) {
		return nil
	}
	return RefusedFor(err, ManagingRole(of.Kind), of.Kind)
}

// findVariable gets the variable that a write under its key and scope would change, nil if there is
// none. GitLab selects by scope in projects always, in groups only in newer versions: what a read finds
// tells which one a write finds.
func (c *Client) findVariable(ctx context.Context, of Key, v Variable) (*Variable, error) {
	if _, err := c.Server(ctx); err != nil {
		return nil, err
	}
	found, err := c.getVariable(ctx, of, v)
	if e, ok := apierror.As(err); ok && variableMissing(e) {
		return nil, nil
	}
	if err != nil {
		return nil, RefusedFor(err, ManagingRole(of.Kind), of.Kind)
	}
	if found.Scope == v.Scope {
		return &found, nil
	}
	c.variables.Invalidate(of)
	list, err := c.variables.Load(ctx, of)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(list, func(other Variable) bool { return other.Key == v.Key && other.Scope == v.Scope }) {
		return nil, &apierror.Error{
			Kind: apierror.Conflict, Note: "this GitLab finds the variables of a " + string(of.Kind) + " by key alone, and there are several of this key",
		}
	}
	return nil, nil
}

func variableMissing(e *apierror.Error) bool {
	return e.Kind == apierror.NotFound && (e.Words == "Variable Not Found" || e.Words == "GroupVariable Not Found")
}

// name is the variable in messages.
func (v Variable) name() string {
	if v.Scope == EveryEnvironment {
		return v.Key
	}
	return v.Key + " (" + v.Scope + ")"
}
