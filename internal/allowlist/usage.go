package allowlist

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
)

// usage tells, for the entries that are to go, when the authentication log last saw them used. It is
// empty unless the provider's check_usage is on.
func (p *planner) usage(ctx context.Context, leaving []gitlab.Target) map[gitlab.Target]string {
	if !p.CheckUsage || len(leaving) == 0 {
		return nil
	}
	log, err := p.Lists.AuthenticationLog(ctx, p.project.Target())
	if err != nil {
		p.diags.AddWarning(string(diagnose.UsageUnknown.For(p.project.Path)), diagnose.Detail(err))
		return nil
	}
	usage := make(map[gitlab.Target]string)
	for _, target := range leaving {
		if last := allowlists.LastUse(target, log); !last.IsZero() {
			usage[target] = ", last used " + last.UTC().Format(time.DateOnly)
		}
	}
	return usage
}

// warnStillUsed warns of entries that leave by a line of the diff although jobs use them.
func (p *planner) warnStillUsed(ctx context.Context, leaving []gitlab.Target) {
	if p.letsGo() {
		p.warnEntriesStay(leaving)
		return
	}
	var lines []string
	usage := p.usage(ctx, leaving)
	for _, target := range leaving {
		if used := usage[target]; used != "" {
			lines = append(lines, fmt.Sprintf("  - %s%s", target, used))
		}
	}
	if len(lines) > 0 {
		p.diags.AddWarning(string(diagnose.StillUsed.For(p.project.Path)), fmt.Sprintf(
			"The plan removes entries from the job token allowlist of %s that jobs have used, as its authentication log tells:\n\n%s",
			p.project.Target(), strings.Join(lines, "\n")))
	}
}

func (p *planner) warnEntriesStay(leaving []gitlab.Target) {
	if len(leaving) == 0 {
		return
	}
	lines := make([]string, 0, len(leaving))
	for _, target := range leaving {
		lines = append(lines, "  - "+target.String())
	}
	p.diags.AddWarning(string(diagnose.EntriesStay.For(p.project.Path)), fmt.Sprintf(
		"With exclusive = false these entries are no longer managed; they stay on the job token allowlist of %s:\n\n%s",
		p.project.Target(), strings.Join(lines, "\n")))
}

// warnRefused names, when the list is about to be switched on, the projects whose jobs have used it and
// that no entry admits: they are refused from then on.
func (p *planner) warnRefused(ctx context.Context) {
	if !p.CheckUsage || !p.config.Enabled.ValueBool() || p.project.Settings.InboundAllowlist {
		return
	}
	if effective, err := p.Lists.Effective(ctx, p.project); err != nil || effective {
		return
	}
	log, err := p.Lists.AuthenticationLog(ctx, p.project.Target())
	if err != nil {
		p.diags.AddWarning(string(diagnose.UsageUnknown.For(p.project.Path)), diagnose.Detail(err))
		return
	}
	admitted := p.admitted()
	var lines []string
	for _, use := range log {
		if !slices.ContainsFunc(admitted, func(t gitlab.Target) bool { return !allowlists.LastUse(t, []allowlists.LogEntry{use}).IsZero() }) {
			lines = append(lines, fmt.Sprintf("  - %s, last used %s", use.Origin, use.LastAuthorized.UTC().Format(time.DateOnly)))
		}
	}
	if len(lines) > 0 {
		p.diags.AddWarning(string(diagnose.WillRefuse.For(p.project.Path)), fmt.Sprintf(
			"The plan limits access to %s. Jobs of these projects have used it, as its authentication log tells, and no entry admits them:\n\n%s",
			p.project.Target(), strings.Join(lines, "\n")))
	}
}

// admitted is whom the list lets in after the apply: what is configured, and what stays beside it.
func (p *planner) admitted() []gitlab.Target {
	targets := []gitlab.Target{p.project.Target()}
	for _, s := range p.sides {
		for _, e := range s.want {
			targets = append(targets, e.target)
		}
	}
	for _, kind := range kinds {
		if p.exclusive() && !p.config.entries(kind).IsNull() {
			continue
		}
		for _, stored := range p.project.Entries(kind) {
			targets = append(targets, stored.Target)
		}
	}
	return targets
}
