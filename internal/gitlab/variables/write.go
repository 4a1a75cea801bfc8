package variables

import (
	"context"
	"fmt"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
)

// rounds bounds how often a write starts over: after a lost answer, a variable that came or
// went meanwhile, and one that was deleted to be made anew.
const rounds = 4

// Change is what a variable is to become.
type Change struct {
	Variable
	// Describe writes the description too, which otherwise stays.
	Describe bool
	// Recreate has a variable deleted and made again that differs in whether it is hidden.
	Recreate bool
	// Again is how often to start over after a failure.
	Again int
	// Public means that the value is no secret, such as a user name.
	Public bool
}

// Outcome is what a write of a variable came to.
type Outcome int

// What it can come to.
const (
	// Untouched means that GitLab has what it had.
	Untouched Outcome = iota
	// Created means that the variable was made, and none was there.
	Created
	// Overwritten means that what was there is no more.
	Overwritten
	// Unknown means that an answer was lost: it may be any of the others.
	Unknown
)

// Written is what became of a variable by a write, beside an error or not.
type Written struct {
	Outcome Outcome
	// Before is what was there; nil is nothing. Of a hidden variable nobody knows the value.
	Before *Variable
	// Stored is what is there now, without an error.
	Stored Variable
}

// write is the state of one [Service.Set].
type write struct {
	service *Service
	of      gitlab.Key
	want    Change

	// before is what was there, as long as nothing of this call can have changed it.
	before *Variable
	// wrote means that the variable got what was wanted, deleted that the former one is gone, and lost that a
	// write was not answered.
	wrote, deleted, lost bool
}

// Set makes the CI/CD variable of a key and environment scope what is wanted, whether it is
// there or not, and says what that came to, beside an error too.
//
// GitLab settles whether a variable is hidden when it makes it. One that is there and differs in that
// is deleted and made again if the change says so, otherwise it is a Conflict. A Conflict is also what
// GitLab stores otherwise than it was sent; if it was created, it is deleted again, because it may be
// seen by others than was meant. No error repeats the value.
func (s *Service) Set(ctx context.Context, owner gitlab.Target, want Change) (Written, error) {
	want.Variable = want.normal()
	w := &write{service: s, of: owner.Key(), want: want}
	ctx = transport.WithSecret(ctx, want.Value.Reveal())
	if !want.Public {
		s.gitlab.Hide(want.Value)
	}
	defer s.lists.Invalidate(w.of)
	stored, err := w.write(ctx)
	for try := 0; err != nil && try < want.Again; try++ {
		stored, err = w.write(ctx)
	}
	written := Written{Outcome: w.outcome(), Before: w.before, Stored: stored}
	if err != nil {
		written.Stored = Variable{}
		return written, s.gitlab.Annotate(w.explained(ctx, err), "set the CI/CD variable "+want.name()+" of", owner.String())
	}
	return written, nil
}

// SetFlags changes whether the variable of a key and environment scope is protected, masked and
// raw, and its description if the change says so. Its value stays. One that is gone is NotFound.
func (s *Service) SetFlags(ctx context.Context, owner gitlab.Target, want Change) error {
	of := owner.Key()
	want.Variable = want.normal()
	defer s.lists.Invalidate(of)
	doing := "change the flags of the CI/CD variable " + want.name() + " of"
	have, err := s.find(ctx, of, want.Variable)
	switch {
	case err != nil:
		return s.gitlab.Annotate(err, doing, owner.String())
	case have == nil:
		return &apierror.Error{Kind: apierror.NotFound, Doing: doing, Target: owner.String(), Note: "there is no such variable any more"}
	}
	want.Hidden = have.Hidden
	stored, err := s.put(ctx, of, want, false)
	if err != nil {
		return s.gitlab.Annotate(s.gitlab.RefusedFor(ctx, err, gitlab.ManagingRole(of.Kind), of), doing, owner.String())
	}
	want.Value = stored.Value
	if differences := want.differences(stored); len(differences) > 0 {
		return &apierror.Error{Kind: apierror.Conflict, Doing: doing, Target: owner.String(), Note: "GitLab stored it with " + strings.Join(differences, " and ")}
	}
	return nil
}

// write goes rounds until one has written or failed for good.
func (w *write) write(ctx context.Context) (stored Variable, err error) {
	again := true
	for round := 0; again && round < rounds; round++ {
		stored, again, err = w.round(ctx)
	}
	if err == nil {
		err = w.check(ctx, stored)
	}
	return stored, err
}

func (w *write) outcome() Outcome {
	switch {
	case w.wrote && w.before == nil:
		return Created
	case w.wrote, w.deleted:
		return Overwritten
	case w.lost:
		return Unknown
	default:
		return Untouched
	}
}

// look notes what was there before, unless it can be this call's own.
func (w *write) look(have *Variable) {
	theirs := have != nil && !have.Hidden && have.Value.Reveal() != w.want.Value.Reveal()
	if !w.wrote && !w.deleted && (!w.lost || w.before == nil && theirs) {
		w.before = have
	}
}

// round writes once. Again means that another one may succeed.
func (w *write) round(ctx context.Context) (stored Variable, again bool, err error) {
	have, err := w.service.find(ctx, w.of, w.want.Variable)
	if err != nil {
		return Variable{}, false, err
	}
	w.look(have)
	switch {
	case have == nil:
		return w.create(ctx)
	case have.Hidden != w.want.Hidden && !w.want.Recreate:
		return Variable{}, false, &apierror.Error{Kind: apierror.Conflict, Note: visibility(have.Hidden) + "; GitLab settles that when a variable is made, so it has to be deleted and made again"}
	case have.Hidden != w.want.Hidden:
		return w.replace(ctx, *have)
	}
	stored, err = w.service.put(ctx, w.of, w.want, true)
	if e, ok := apierror.As(err); ok && missing(e) {
		return Variable{}, true, err
	}
	w.note(err)
	return stored, false, err
}

// note takes down what a write may have done.
func (w *write) note(err error) {
	w.wrote = w.wrote || err == nil
	w.lost = w.lost || apierror.MayBeDone(err)
}

func visibility(hidden bool) string {
	if hidden {
		return "the variable is there and is hidden"
	}
	return "the variable is there and is not hidden"
}

func (w *write) create(ctx context.Context) (stored Variable, again bool, err error) {
	want := w.want.Variable
	if !w.want.Describe {
		want.Description = ""
		if w.before != nil {
			want.Description = w.before.Description
		}
	}
	stored, err = w.service.post(ctx, w.of, want)
	w.note(err)
	if err == nil {
		return stored, false, nil
	}
	return Variable{}, apierror.MayBeDone(err) || apierror.Is(err, apierror.Conflict), err
}

// replace deletes what is there and makes it again at once, interrupted or not. If GitLab refuses that, what
// was there comes back, as far as it is known.
func (w *write) replace(ctx context.Context, have Variable) (stored Variable, again bool, err error) {
	ctx, cancel := gitlab.CleanUp(ctx)
	defer cancel()
	if err := w.service.remove(ctx, w.of, w.want.Variable); err != nil {
		w.lost = w.lost || apierror.MayBeDone(err)
		return Variable{}, false, err
	}
	w.deleted = true
	stored, again, err = w.create(ctx)
	if err != nil && !again && !have.Hidden {
		if _, restoreErr := w.service.post(transport.WithSecret(ctx, have.Value.Reveal()), w.of, have); restoreErr == nil {
			w.deleted = false
		}
	}
	return stored, again, err
}

// check holds what GitLab stored against what was wanted.
func (w *write) check(ctx context.Context, stored Variable) error {
	differences := w.want.differences(stored)
	if len(differences) == 0 {
		return nil
	}
	note := "GitLab stored it with " + strings.Join(differences, " and ")
	if w.before == nil {
		ctx, cancel := gitlab.CleanUp(ctx)
		defer cancel()
		if err := w.service.remove(ctx, w.of, stored); err != nil {
			note += fmt.Sprintf("; it could not be deleted again (%v): look after it by hand", err)
		} else {
			w.wrote, w.lost = false, false
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
func (w *write) explained(ctx context.Context, err error) error {
	err = w.service.gitlab.RefusedFor(ctx, err, gitlab.ManagingRole(w.of.Kind), w.of)
	e, ok := apierror.As(err)
	if !ok || w.wrote {
		return err
	}
	told := *e
	told.Uncertain = told.Uncertain || w.lost
	if w.of.Kind == gitlab.KindGroup && w.want.Scope != EveryEnvironment && strings.Contains(told.Words, "already been taken") {
		told.AddNote("the group has this key in another environment scope, and without a licence for such scopes it can have it only once")
	}
	if w.deleted {
		told.AddNote("the variable that was there is deleted")
	}
	return &told
}
