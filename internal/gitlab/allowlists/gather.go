package allowlists

import (
	"context"
	"net/http"
	"slices"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/coalesce"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/documents"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/transport"
)

type (
	// mutation are the inputs of one [write], at most [mutationBatch]. They stay in one request.
	mutation []map[string]any
	// mutated is what GitLab has said to one of them.
	mutated struct {
		payload payload
		problem error
	}
)

// gatherWrites has what different resources add and change share requests, as their reads do. Removals are
// left out: they go by id, which only REST takes, one at a time, or by paths that were read right before.
func (s *Service) gatherWrites() {
	options := coalesce.Options{MaxBatch: mutationBatch, Flights: gitlab.Flights, Now: s.gitlab.Clock, Split: mayPassAlone}
	s.mutations = map[documents.Name]*coalesce.Queue[mutation, []mutated]{}
	for _, name := range []documents.Name{documents.AddEntries, documents.SetPermissions} {
		s.mutations[name] = coalesce.NewQueue(options, func(m *mutation) int { return len(*m) },
			func(ctx context.Context, all []*mutation) (map[*mutation]coalesce.Outcome[[]mutated], error) {
				return s.mutateTogether(ctx, name, all)
			})
	}
}

// mayPassAlone tells whether a request that was refused as a whole, and did nothing, may have been refused
// for the sake of one of those who share it, or for their number.
func mayPassAlone(err error) bool {
	e, ok := apierror.As(err)
	return ok && !e.Uncertain && (transport.SmallerMayPass(err) || !concernsAll(e) && e.Status != http.StatusForbidden)
}

func (s *Service) mutateTogether(ctx context.Context, name documents.Name, all []*mutation) (map[*mutation]coalesce.Outcome[[]mutated], error) {
	var inputs mutation
	for _, m := range all {
		inputs = append(inputs, *m...)
	}
	answers, err := s.mutate(ctx, name, gitlab.Fit{}, inputs)
	if err != nil {
		return nil, err
	}
	outcomes := make(map[*mutation]coalesce.Outcome[[]mutated], len(all))
	for _, m := range all {
		outcomes[m] = coalesce.Outcome[[]mutated]{Value: answers[:len(*m)]}
		answers = answers[len(*m):]
	}
	return outcomes, nil
}

// mutate sends one document with an aliased mutation for each input.
func (s *Service) mutate(ctx context.Context, name documents.Name, fit gitlab.Fit, inputs mutation) ([]mutated, error) {
	fit.Count = len(inputs)
	variables := make(map[string]any, len(inputs))
	for at, input := range inputs {
		variables[documents.Input(at)] = input
	}
	var answer map[string]*payload
	problems, err := s.gitlab.Send(ctx, name, fit, variables, transport.Write, &answer)
	if err != nil {
		return nil, err
	}
	answers := make([]mutated, len(inputs))
	for at := range inputs {
		p := answer[documents.Result(at)]
		switch {
		case p == nil:
			answers[at].problem = topLevel(problems, documents.Result(at))
		case len(p.Errors) > 0:
			answers[at].problem = apierror.FromPayload(p.Errors)
		default:
			answers[at].payload = *p
		}
	}
	return answers, nil
}

// learnt is what answers have told of a list.
type learnt struct {
	stored []Entry
	gone   []gitlab.Target
	// unclear means that an answer has left open what the list holds.
	unclear bool
}

func (l *learnt) holds(stored Entry) {
	l.unclear = l.unclear || stored.PermissionsUnreadable
	l.stored = append(l.stored, stored)
}

// remember changes the list that is kept by what answers have told.
func (w *write) remember() {
	told := w.learnt
	w.learnt.stored, w.learnt.gone = nil, nil
	if len(told.stored)+len(told.gone) > 0 {
		w.service.projects.Update(w.project.ID, func(have *Project) *Project { return have.with(told) })
	}
}

// with is a copy that holds what was learnt.
func (p *Project) with(told learnt) *Project {
	now := p.clone()
	now.written = true
	for _, kind := range []gitlab.Kind{gitlab.KindProject, gitlab.KindGroup} {
		gone, stored := map[int64]bool{}, []Entry(nil)
		for _, target := range told.gone {
			gone[target.ID] = gone[target.ID] || target.Kind == kind
		}
		for _, entry := range told.stored {
			if entry.Target.Kind == kind {
				gone[entry.Target.ID] = true
				stored = append(stored, entry)
			}
		}
		entries := &now.Projects
		if kind == gitlab.KindGroup {
			entries = &now.Groups
		}
		*entries = append(slices.DeleteFunc(*entries, func(e Entry) bool { return gone[e.Target.ID] }), stored...)
	}
	return now
}
