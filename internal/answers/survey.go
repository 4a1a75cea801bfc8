package answers

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/answers/report"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/query"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

// survey reads what a report of a group rests on.
type survey struct {
	*session.Session

	unusedDays int
	group      string
	found      []*surveyed
	// members finds the projects by id.
	members map[int64]*surveyed
	// sizes are the numbers of projects below the groups of the report that are on a list.
	sizes map[string]int
	// sights are what was seen of targets that are not in the report.
	sights map[gitlab.Key]gitlab.TargetSight
	diags  diag.Diagnostics
}

// surveyed is one project of the group, and what was learnt of it.
type surveyed struct {
	allowlists.Member

	effective *bool
	logged    bool
	log       []allowlists.LogEntry
	endless   []report.Token
}

func (s *survey) read(ctx context.Context, group string, tokens bool) {
	at := path.Root("group")
	full, members, diags := query.GroupMembers(ctx, s.Session, at, group)
	if s.diags.Append(diags...); diags.HasError() {
		return
	}
	s.group, s.members = full, make(map[int64]*surveyed, len(members))
	for _, m := range members {
		p := &surveyed{Member: m}
		s.found, s.members[m.ID] = append(s.found, p), p
	}
	outside := s.count()
	if s.learnEffects(ctx, outside); s.diags.HasError() {
		return
	}
	s.learnTargets(ctx, outside)
	if s.unusedDays > 0 {
		s.learnUses(ctx)
	}
	if tokens {
		s.learnTokens(ctx)
	}
}

// readable are the projects whose lists were read.
func (s *survey) readable() []*surveyed {
	return slices.DeleteFunc(slices.Clone(s.found), func(p *surveyed) bool { return p.Project == nil })
}

// learnEffects finds out which lists are in effect. Where that takes a second look at a project, the targets outside
// of the report are looked at in the same request.
func (s *survey) learnEffects(ctx context.Context, outside []gitlab.Target) {
	projects := s.readable()
	lists := make([]*allowlists.Project, 0, len(projects))
	for _, p := range projects {
		lists = append(lists, p.Project)
	}
	effects, err := s.Lists.Effects(ctx, lists, func(ctx context.Context, project *allowlists.Project) (bool, error) {
		sights, err := s.GitLab.TargetSights(ctx, append(slices.Clone(outside), project.Target()))
		s.sights = sights
		limited := sights[project.Target().Key()].Limited
		return limited != nil && !*limited, err
	})
	if err != nil {
		s.diags.Append(diagnose.ReadError(diagnose.ReadSettings, err))
		return
	}
	for i, p := range projects {
		p.effective = effects[i]
	}
}

// count counts the projects of what the lists name inside of the report, and answers what they name outside.
func (s *survey) count() (outside []gitlab.Target) {
	paths := make([]string, 0, len(s.found))
	for _, p := range s.found {
		paths = append(paths, p.Path)
	}
	s.sizes = map[string]int{}
	named := map[gitlab.Target]bool{}
	for _, p := range s.readable() {
		for _, e := range slices.Concat(p.Project.Projects, p.Project.Groups) {
			_, counted := s.sizes[e.Target.Path]
			switch {
			case e.Target.Kind == gitlab.KindProject && s.members[e.Target.ID] != nil:
			case !s.inside(e.Target):
				named[e.Target] = true
			case !counted:
				s.sizes[e.Target.Path] = report.Size(e.Target.Path, paths)
			}
		}
	}
	return slices.Collect(maps.Keys(named))
}

// learnTargets looks at what the lists name outside of the report.
func (s *survey) learnTargets(ctx context.Context, outside []gitlab.Target) {
	if len(outside) == 0 || s.sights != nil {
		return
	}
	sights, err := s.GitLab.TargetSights(ctx, outside)
	if err != nil {
		s.diags.Append(diagnose.Error(diagnose.FindTarget, err))
		return
	}
	s.sights = sights
}

// inside tells whether all projects below a group are in the report.
func (s *survey) inside(t gitlab.Target) bool {
	return t.Kind == gitlab.KindGroup && report.Holds(s.group, report.Target{Group: true, Path: t.Path})
}

// learnUses reads the logs of projects with entries. What one does not tell is a warning.
func (s *survey) learnUses(ctx context.Context) {
	projects := slices.DeleteFunc(s.readable(), func(p *surveyed) bool { return len(p.Project.Projects)+len(p.Project.Groups) == 0 })
	targets := make([]gitlab.Target, 0, len(projects))
	for _, p := range projects {
		targets = append(targets, p.Target)
	}
	var unknown []string
	var problem error
	for i, read := range s.Lists.AuthenticationLogs(ctx, targets) {
		projects[i].log, projects[i].logged = read.Log, read.Err == nil
		if read.Err != nil {
			unknown, problem = append(unknown, projects[i].Path), cmp.Or(problem, read.Err)
		}
	}
	if len(unknown) > 0 {
		s.diags.AddAttributeWarning(path.Root("unused_days"), string(diagnose.UsageUnknown), fmt.Sprintf(
			"Entries of these projects are in none of the risks of rule unused: %s. The first reason:\n\n%s", strings.Join(unknown, ", "), diagnose.Detail(problem)))
	}
}

// tokensAtOnce is how many projects' tokens are listed side by side.
const tokensAtOnce = 8

// learnTokens lists the tokens of the projects. What may not be listed is a warning.
func (s *survey) learnTokens(ctx context.Context) {
	projects, now := s.readable(), s.GitLab.Now()
	problems := make([]error, len(projects))
	turns := make(chan struct{}, tokensAtOnce)
	var all sync.WaitGroup
	for i, p := range projects {
		all.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			for _, kind := range []tokens.Kind{tokens.Deploy, tokens.Access} {
				listed, err := s.Tokens.List(ctx, kind, p.Target)
				problems[i] = cmp.Or(problems[i], err)
				for _, token := range listed {
					if token.ExpiresAt.IsZero() && token.Active(now) {
						p.endless = append(p.endless, report.Token{Kind: strings.ReplaceAll(kind.String(), " ", "_"), ID: token.ID, Name: token.Name})
					}
				}
			}
		})
	}
	all.Wait()
	var unknown []string
	for i, err := range problems {
		if err != nil {
			unknown = append(unknown, projects[i].Path)
		}
	}
	if len(unknown) > 0 {
		s.diags.AddAttributeWarning(path.Root("tokens"), string(diagnose.ReadTokens), fmt.Sprintf(
			"Not all tokens of these projects could be listed: %s. The first reason:\n\n%s", strings.Join(unknown, ", "), diagnose.Detail(cmp.Or(problems...))))
	}
}

// report is what was read, without GitLab's shapes.
func (s *survey) report() *report.Report {
	projects := make([]report.Project, 0, len(s.found))
	for _, found := range s.found {
		p := report.Project{Path: found.Path, Readable: found.Project != nil, Archived: found.Archived, Scheduled: found.DeletionScheduled()}
		if p.Readable {
			s.expand(&p, found)
		}
		projects = append(projects, p)
	}
	return report.New(s.group, projects, s.GitLab.Now(), s.unusedDays)
}

func (s *survey) expand(p *report.Project, found *surveyed) {
	settings := found.Project.Settings
	p.Limited, p.Effective, p.Outbound = settings.InboundAllowlist, found.effective, settings.Outbound
	p.CrossProjectPush = settings.CrossProjectPush != nil && *settings.CrossProjectPush
	for _, target := range found.Project.Outbound {
		p.OutboundTargets = append(p.OutboundTargets, target.Path)
	}
	p.Logged, p.Endless = found.logged, found.endless
	since := s.since()
	p.Unnamed = slices.ContainsFunc(found.log, func(use allowlists.LogEntry) bool {
		return use.Origin.Path == "" && !use.LastAuthorized.Before(since)
	})
	for _, stored := range slices.Concat(found.Project.Groups, found.Project.Projects) {
		p.Entries = append(p.Entries, s.entry(*found, stored))
	}
}

func (s *survey) since() time.Time { return s.GitLab.Now().AddDate(0, 0, -s.unusedDays) }

// entry is a stored entry with what is known of its target.
func (s *survey) entry(of surveyed, stored allowlists.Entry) report.Entry {
	e := report.Entry{
		Target:  report.Target{Group: stored.Target.Kind == gitlab.KindGroup, Path: stored.Target.Path},
		Default: stored.Permissions.Default, Permissions: stored.Permissions.Names, Added: stored.CreatedAt,
		Used: allowlists.LastUse(stored.Target, of.log), Scheduled: stored.Target.DeletionScheduled(),
	}
	if stored.PermissionsUnreadable {
		e.Permissions = nil
	} else if !e.Default {
		e.Permissions = append([]string{}, e.Permissions...)
	}
	member := s.members[stored.Target.ID]
	switch {
	case !e.Group && member != nil:
		e.Archived = member.Archived
	case s.inside(stored.Target):
		size := s.sizes[stored.Target.Path]
		e.Projects = &size
	default:
		sight, seen := s.sights[stored.Target.Key()]
		e.Hidden, e.Archived = !seen, sight.Archived
		if seen && e.Group {
			e.Projects = &sight.Projects
		}
	}
	if e.Group {
		for _, use := range slices.SortedFunc(slices.Values(of.log), func(a, b allowlists.LogEntry) int { return b.LastAuthorized.Compare(a.LastAuthorized) }) {
			if !allowlists.LastUse(stored.Target, []allowlists.LogEntry{use}).IsZero() {
				e.Consumers = append(e.Consumers, use.Origin.Path)
			}
		}
	}
	return e
}
