package allowlist

import (
	"context"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
)

// goneForGood tells whether a target that the state knows by id was deleted. Not being found does not say
// so: its namespace has to be in sight still. Nor must its path lead to somebody else, where the reference
// is by path: it means that one then.
func goneForGood(ctx context.Context, client *gitlab.Client, text string, last gitlab.Target, err error) (bool, error) {
	at := strings.LastIndex(last.Path, "/")
	if !apierror.Is(err, apierror.NotFound) || at < 0 {
		return false, nil
	}
	if r, parseErr := gitlab.ParseRef(last.Kind, text); parseErr == nil && r.ID == 0 {
		_, err := client.Resolve(ctx, last.Kind, r)
		if !apierror.Is(err, apierror.NotFound) {
			return false, err
		}
	}
	return client.NamespaceVisible(ctx, last.Path[:at])
}

// lastPath is the path by which an entry of the state was last known.
func (p *privateState) lastPath(e entry) string {
	if path := p.Paths[e.text]; path != "" {
		return path
	}
	if r, err := gitlab.ParseRef(e.kind, e.text); err == nil {
		return r.Path
	}
	return ""
}

// dead keeps those entries of the state whose targets were deleted for good: GitLab has taken them off the
// list with them, and nothing can be written for them.
func (l *listSession) dead(ctx context.Context, kind gitlab.Kind, stated []entry, stored privateState) (dead []entry) {
	var missing []gitlab.Ref
	held := idsHeld(l.project.Entries(kind))
	for _, e := range stated {
		if !held[e.target.ID] && !l.project.IsOwn(e.target) {
			missing = append(missing, e.target.Ref())
		}
	}
	if len(missing) == 0 {
		return nil
	}
	found := l.GitLab.ResolveAll(ctx, kind, missing)
	for _, e := range stated {
		answer, asked := found[e.target.Ref()]
		if !asked || answer.Err == nil {
			continue
		}
		last := gitlab.Target{Kind: kind, ID: e.target.ID, Path: stored.lastPath(e)}
		gone, err := goneForGood(ctx, l.GitLab, e.text, last, answer.Err)
		if err != nil {
			l.diags.Append(diagnose.LookupError(e.at(), diagnose.FindTarget, err))
		}
		if gone {
			e.target, e.dead = last, true
			dead = append(dead, e)
		}
	}
	return dead
}

// warnDead tells of a configured target that was deleted.
func (l *listSession) warnDead(e entry) {
	advice := "Take it out of the configuration"
	if e.alone {
		advice = "Take this resource out of the configuration"
	}
	l.diags.Append(diagnose.Warn(e.at(), diagnose.ConsumerGone.For(l.project.Path),
		"The %s was deleted, and GitLab has taken it off the allowlist of %s. Nothing is planned for it. %s.", e.target, l.project.Target(), advice))
}
