package estate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/query"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/ref"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/session"
)

// project is one project of the estate, and what was learnt of it.
type project struct {
	allowlists.Member

	// effective is nil where it is not known.
	effective *bool
	lastUsed  map[gitlab.Key]time.Time
}

func (p *project) readable() bool { return p.Project != nil }

// reason says why the list cannot be read; it is empty where it can.
func (p *project) reason() string { return query.Reason(p.Member) }

var kinds = []gitlab.Kind{gitlab.KindProject, gitlab.KindGroup}

// attribute is the name of the map that holds a kind.
func attribute(kind gitlab.Kind) string { return string(kind) + "s" }

// configured are the entries that a configuration of the whole list names, by path. The project's own entry
// is implied with the default permissions, stored or not.
func (p *project) configured(kind gitlab.Kind) []allowlists.Entry {
	entries := slices.DeleteFunc(slices.Clone(p.Project.Entries(kind)), func(e allowlists.Entry) bool {
		return p.Project.IsOwn(e.Target) && e.Permissions.Default
	})
	slices.SortFunc(entries, func(a, b allowlists.Entry) int { return cmp.Compare(a.Target.Path, b.Target.Path) })
	return entries
}

// selection is what is shown of the projects that were found.
type selection struct {
	skip                                        []string
	onlyWithEntries, archived, scheduled, named bool
}

func (s selection) of(projects []*project) []*project {
	skip := make(map[string]bool, len(s.skip))
	for _, text := range s.skip {
		skip[strings.ToLower(text)] = true
	}
	return slices.DeleteFunc(slices.Clone(projects), func(p *project) bool {
		switch {
		case skip[strings.ToLower(p.Path)], skip[p.Ref().String()]:
			return true
		case s.onlyWithEntries && p.readable() && len(p.configured(gitlab.KindProject))+len(p.configured(gitlab.KindGroup)) == 0:
			return true
		default:
			return !s.named && (p.Archived && !s.archived && !p.DeletionScheduled() || p.DeletionScheduled() && !s.scheduled)
		}
	})
}

// reader reads an estate.
type reader struct {
	*session.Session
	// group is its full path; empty for a list of projects.
	group    string
	projects []*project
	diags    diag.Diagnostics
}

// readConfigured reads what a configuration asks for, by path.
func (r *reader) readConfigured(ctx context.Context, m *model) {
	if m.Group.IsNull() {
		r.readProjects(ctx, texts(m.Projects))
	} else {
		r.readGroup(ctx)
	}
	slices.SortFunc(r.projects, func(a, b *project) int { return cmp.Compare(a.Path, b.Path) })
}

func (r *reader) readGroup(ctx context.Context) {
	group, members, diags := query.GroupMembers(ctx, r.Session, path.Root("group"), r.group)
	r.diags.Append(diags...)
	r.group = group
	r.add(members)
}

func (r *reader) readProjects(ctx context.Context, spellings []string) {
	at := path.Root("projects")
	refs := make([]gitlab.Ref, 0, len(spellings))
	for _, text := range spellings {
		parsed, err := gitlab.ParseRef(gitlab.KindProject, text)
		if err != nil {
			r.diags.Append(ref.Malformed(at, gitlab.KindProject, text, err))
			return
		}
		refs = append(refs, parsed)
	}
	r.Lists.Ahead(ctx, refs)
	found := r.GitLab.ResolveAll(ctx, gitlab.KindProject, refs)
	var targets []gitlab.Target
	for i, parsed := range refs {
		target, err := found[parsed].Value, found[parsed].Err
		switch {
		case apierror.Is(err, apierror.NotFound), apierror.Is(err, apierror.FineGrained):
			unseen := gitlab.Target{Kind: gitlab.KindProject, ID: parsed.ID, Path: spellings[i]}
			r.add([]allowlists.Member{{Target: unseen, Err: err}})
		case err != nil:
			r.diags.Append(diagnose.LookupError(at, diagnose.FindProject, err))
			return
		case !slices.Contains(targets, target):
			targets = append(targets, target)
		}
	}
	members, err := r.Lists.Members(ctx, targets)
	if err != nil {
		r.diags.Append(diagnose.LookupError(at, diagnose.ReadAllowlist, err))
		return
	}
	r.add(members)
}

func (r *reader) add(members []allowlists.Member) {
	for _, m := range members {
		r.projects = append(r.projects, &project{Member: m})
	}
}

// readable are those whose lists were read.
func readable(found []*project) []*project {
	return slices.DeleteFunc(slices.Clone(found), func(p *project) bool { return !p.readable() })
}

// learnEffective finds out which lists are in effect.
func (r *reader) learnEffective(ctx context.Context, found []*project) {
	found = readable(found)
	lists := make([]*allowlists.Project, 0, len(found))
	for _, p := range found {
		lists = append(lists, p.Project)
	}
	effects, err := r.Lists.Effects(ctx, lists, nil)
	if err != nil {
		r.diags.Append(diagnose.ReadError(diagnose.ReadSettings, err))
		return
	}
	for i, p := range found {
		p.effective = effects[i]
	}
}

// learnUsage asks when entries were last used. What the log of a project does not tell is a warning.
func (r *reader) learnUsage(ctx context.Context, found []*project) {
	found = slices.DeleteFunc(readable(found), func(p *project) bool { return len(p.Project.Projects)+len(p.Project.Groups) == 0 })
	targets := make([]gitlab.Target, 0, len(found))
	for _, p := range found {
		targets = append(targets, p.Target)
	}
	var unknown []string
	var problem error
	for i, read := range r.Lists.AuthenticationLogs(ctx, targets) {
		if read.Err != nil {
			unknown, problem = append(unknown, found[i].Path), cmp.Or(problem, read.Err)
		}
		found[i].lastUsed = map[gitlab.Key]time.Time{}
		for _, e := range slices.Concat(found[i].Project.Projects, found[i].Project.Groups) {
			found[i].lastUsed[e.Target.Key()] = allowlists.LastUse(e.Target, read.Log)
		}
	}
	if len(unknown) > 0 {
		r.diags.AddAttributeWarning(path.Root("usage"), string(diagnose.UsageUnknown), fmt.Sprintf(
			"last_used is null for the entries of %s. The first reason:\n\n%s", strings.Join(unknown, ", "), diagnose.Detail(problem)))
	}
}

// warnUnreadablePermissions tells of entries whose stored permissions GitLab cannot show: they are written
// as none, which is what an import of them holds.
func warnUnreadablePermissions(diags *diag.Diagnostics, found []*project) {
	var lines []string
	for _, p := range found {
		if !p.readable() {
			continue
		}
		for _, e := range slices.Concat(p.Project.Projects, p.Project.Groups) {
			if e.PermissionsUnreadable {
				lines = append(lines, fmt.Sprintf("  - %s on the list of %s", e.Target.Path, p.Path))
			}
		}
	}
	if len(lines) > 0 {
		diags.AddWarning(string(diagnose.Unreadable), "GitLab cannot show the permissions of these entries: they hold a name that this version no longer knows. "+
			"They are shown as [], which is not what is stored:\n\n"+strings.Join(lines, "\n"))
	}
}
