package gitlab

import (
	"context"
	"fmt"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
)

// variableRounds bounds how often a write starts over: after a lost answer, a variable that came or
// went meanwhile, and one that was deleted to be made anew.
const variableRounds = 4

// variableWrite is the state of one SetVariable.
type variableWrite struct {
	client   *Client
	of       owner
	want     Variable
	recreate bool

	// deleted means that the former variable is gone.
	deleted bool
	// lost means that a creation was not answered.
	lost bool
	// created means that this call made the variable, or sent for it and then found it.
	created bool
}

// SetVariable makes the CI/CD variable of a key and environment scope what is wanted, whether it is
// there or not, and returns it as stored. Created tells whether it was made anew, beside an error
// whether it may have been and may still be there.
//
// GitLab settles whether a variable is hidden when it makes it. One that is there and differs in that
// is deleted and made again if recreate says so, otherwise it is a Conflict. A Conflict is also what
// GitLab stores otherwise than it was sent; if it was created, it is deleted again, because it may be
// seen by others than was meant. No error repeats the value.
func (c *Client) SetVariable(ctx context.Context, owner Target, want Variable, recreate bool) (created bool, stored Variable, err error) {
	w := &variableWrite{client: c, of: ownerOf(owner), want: want.normal(), recreate: recreate}
	ctx = transport.WithSecret(ctx, want.Value.Reveal())
	defer c.variables.Invalidate(w.of)
	again := true
	for round := 0; again && round < variableRounds; round++ {
		stored, again, err = w.round(ctx)
	}
	if err == nil {
		err = w.check(ctx, stored)
	}
	if err != nil {
		return w.created || w.lost, Variable{}, annotate(w.explained(err), "set the CI/CD variable "+w.want.name()+" of", owner.String())
	}
	return w.created, stored, nil
}

// SetVariableFlags changes whether the variable of a key and environment scope is protected, masked and
// raw, and leaves its value as it is. One that is gone is NotFound.
func (c *Client) SetVariableFlags(ctx context.Context, owner Target, want Variable) error {
	of := ownerOf(owner)
	want = want.normal()
	defer c.variables.Invalidate(of)
	doing := "change the flags of the CI/CD variable " + want.name() + " of"
	have, err := c.findVariable(ctx, of, want)
	switch {
	case err != nil:
		return annotate(err, doing, owner.String())
	case have == nil:
		return &apierror.Error{Kind: apierror.NotFound, Doing: doing, Target: owner.String(), Note: "there is no such variable any more"}
	}
	want.Value, want.Hidden = Secret{}, have.Hidden
	stored, err := c.putVariable(ctx, of, want)
	if err != nil {
		return annotate(refusedFor(err, of.variablesRole(), of.kind), doing, owner.String())
	}
	stored.Value = Secret{}
	if differences := want.differences(stored); len(differences) > 0 {
		return &apierror.Error{Kind: apierror.Conflict, Doing: doing, Target: owner.String(), Note: "GitLab stored it with " + strings.Join(differences, " and ")}
	}
	return nil
}

// round writes once. Again means that another one may succeed.
func (w *variableWrite) round(ctx context.Context) (stored Variable, again bool, err error) {
	have, err := w.client.findVariable(ctx, w.of, w.want)
	switch {
	case err != nil:
		return Variable{}, false, err
	case have == nil:
		return w.create(ctx)
	case have.Hidden != w.want.Hidden && !w.recreate:
		return Variable{}, false, &apierror.Error{Kind: apierror.Conflict, Note: visibility(have.Hidden) + "; GitLab settles that when a variable is made, so it has to be deleted and made again"}
	case have.Hidden != w.want.Hidden:
		return w.replace(ctx)
	}
	w.created = w.created || w.lost
	stored, err = w.client.putVariable(ctx, w.of, w.want)
	if e, ok := apierror.As(err); ok && variableMissing(e) {
		return Variable{}, true, err
	}
	return stored, false, err
}

func visibility(hidden bool) string {
	if hidden {
		return "the variable is there and is hidden"
	}
	return "the variable is there and is not hidden"
}

func (w *variableWrite) create(ctx context.Context) (stored Variable, again bool, err error) {
	stored, err = w.client.postVariable(ctx, w.of, w.want)
	if err == nil {
		w.created = true
		return stored, false, nil
	}
	w.lost = w.lost || lost(err)
	return Variable{}, lost(err) || apierror.Is(err, apierror.Conflict), err
}

// replace deletes what is there and makes it again at once, interrupted or not.
func (w *variableWrite) replace(ctx context.Context) (Variable, bool, error) {
	ctx, cancel := cleanUp(ctx)
	defer cancel()
	if err := w.client.removeVariable(ctx, w.of, w.want); err != nil {
		return Variable{}, false, err
	}
	w.deleted = true
	return w.create(ctx)
}

// check holds what GitLab stored against what was wanted.
func (w *variableWrite) check(ctx context.Context, stored Variable) error {
	differences := w.want.differences(stored)
	if len(differences) == 0 {
		return nil
	}
	note := "GitLab stored it with " + strings.Join(differences, " and ")
	if w.created {
		ctx, cancel := cleanUp(ctx)
		defer cancel()
		if err := w.client.removeVariable(ctx, w.of, stored); err != nil {
			note += fmt.Sprintf("; it could not be deleted again (%v): look after it by hand", err)
		} else {
			w.created, w.lost = false, false
			note += "; it was deleted again"
		}
	}
	return &apierror.Error{Kind: apierror.Conflict, Note: note}
}

// differences name what is stored otherwise than wanted, without the values.
func (v Variable) differences(stored Variable) []string {
	var found []string
	if stored.Scope != v.Scope {
		found = append(found, fmt.Sprintf("the environment scope %s instead of %s", stored.Scope, v.Scope))
	}
	for _, flag := range []struct {
		name      string
		got, want bool
	}{
		{"protected", stored.Protected, v.Protected}, {"masked", stored.Masked, v.Masked}, {"hidden", stored.Hidden, v.Hidden},
		{"raw", stored.Raw, v.Raw}, {"file", stored.File, v.File},
	} {
		if flag.got != flag.want {
			found = append(found, fmt.Sprintf("%s = %t", flag.name, flag.got))
		}
	}
	if !stored.Hidden && stored.Value.Reveal() != v.Value.Reveal() {
		found = append(found, "another value")
	}
	return found
}

// explained adds the role that is missing, and what a failure has left behind.
func (w *variableWrite) explained(err error) error {
	err = refusedFor(err, w.of.variablesRole(), w.of.kind)
	e, ok := apierror.As(err)
	if !ok || w.created {
		return err
	}
	told := *e
	told.Uncertain = told.Uncertain || w.lost
	if w.of.kind == KindGroup && w.want.Scope != EveryEnvironment && strings.Contains(told.Words, "already been taken") {
		told.Note = joinNotes(told.Note, "the group has this key in another environment scope, and without a licence for such scopes it can have it only once")
	}
	if w.deleted {
		told.Note = joinNotes(told.Note, "the variable that was there is deleted")
	}
	return &told
}
