package variables

import (
	"cmp"
	"context"
	"slices"

	client "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// EveryEnvironment is the scope of a variable that all environments get.
const EveryEnvironment = "*"

// Variable is a CI/CD variable of a project or group. See https://docs.gitlab.com/ci/variables/.
type Variable struct {
	Key string
	// Value is empty where the variable is hidden: GitLab does not show it again.
	Value gitlab.Secret
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

// List lists the CI/CD variables of a project or group, by key and scope. Callers share
// requests; the list is kept until this client writes a variable there, and each has a copy of its own. Without the role (Maintainer of a project,
// Owner of a group) the error is Forbidden.
func (s *Service) List(ctx context.Context, owner gitlab.Target) ([]Variable, error) {
	list, err := s.lists.Load(ctx, owner.Key())
	if err != nil {
		return nil, s.gitlab.Annotate(err, "list the CI/CD variables of", owner.String())
	}
	return slices.Clone(list), nil
}

func (s *Service) fetch(ctx context.Context, of gitlab.Key) ([]Variable, error) {
	if _, err := s.gitlab.Server(ctx); err != nil {
		return nil, err
	}
	list, err := gitlab.AllPages(func(page client.ListOptions) ([]Variable, *client.Response, error) {
		return s.page(ctx, of, page)
	})
	if err != nil {
		return nil, s.gitlab.RefusedFor(ctx, err, gitlab.ManagingRole(of.Kind), of)
	}
	slices.SortFunc(list, func(a, b Variable) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Scope, b.Scope)) })
	return slices.CompactFunc(list, func(a, b Variable) bool { return a.Key == b.Key && a.Scope == b.Scope }), nil
}

// Get reads the variable of a key and environment scope afresh; nil is none. An owner that is gone or out
// of sight is NotFound.
func (s *Service) Get(ctx context.Context, owner gitlab.Target, key, scope string) (*Variable, error) {
	v := Variable{Key: key, Scope: scope}.normal()
	found, err := s.find(ctx, owner.Key(), v)
	return found, s.gitlab.Annotate(err, "read the CI/CD variable "+v.name()+" of", owner.String())
}

// Delete deletes the variable of a key and environment scope. One that is gone already is no
// error; an owner that is gone or out of sight is NotFound.
func (s *Service) Delete(ctx context.Context, owner gitlab.Target, key, scope string) error {
	of := owner.Key()
	v := Variable{Key: key, Scope: scope}.normal()
	defer s.lists.Invalidate(of)
	err := s.remove(ctx, of, v)
	return s.gitlab.Annotate(err, "delete the CI/CD variable "+v.name()+" of", owner.String())
}

func (s *Service) remove(ctx context.Context, of gitlab.Key, v Variable) error {
	if of.Kind == gitlab.KindGroup {
		// In a group the wrong one might be deleted; see findVariable.
		if found, err := s.find(ctx, of, v); err != nil || found == nil {
			return err
		}
	}
	if _, err := s.gitlab.Server(ctx); err != nil {
		return err
	}
	err := s.delete(ctx, of, v)
	if e, ok := apierror.As(err); ok && missing(e) {
		return nil
	}
	return s.gitlab.RefusedFor(ctx, err, gitlab.ManagingRole(of.Kind), of)
}

// find gets the variable that a write under its key and scope would change, nil if there is
// none. GitLab selects by scope in projects always, in groups only in newer versions: what a read finds
// tells which one a write finds.
func (s *Service) find(ctx context.Context, of gitlab.Key, v Variable) (*Variable, error) {
	if _, err := s.gitlab.Server(ctx); err != nil {
		return nil, err
	}
	found, err := s.get(ctx, of, v)
	if e, ok := apierror.As(err); ok && missing(e) {
		return nil, nil
	}
	if err != nil {
		return nil, s.gitlab.RefusedFor(ctx, err, gitlab.ManagingRole(of.Kind), of)
	}
	if found.Scope == v.Scope {
		return &found, nil
	}
	s.lists.Invalidate(of)
	list, err := s.lists.Load(ctx, of)
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

func missing(e *apierror.Error) bool {
	return e.Kind == apierror.NotFound && (e.Words == "Variable Not Found" || e.Words == "GroupVariable Not Found")
}

// name is the variable in messages.
func (v Variable) name() string {
	if v.Scope == EveryEnvironment {
		return v.Key
	}
	return v.Key + " (" + v.Scope + ")"
}
