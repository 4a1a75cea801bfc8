package report_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/answers/report"
)

var now = time.Date(2026, time.November, 27, 12, 0, 0, 0, time.UTC)

func ptr[T any](v T) *T { return &v }

func project(path string, entries ...report.Entry) report.Project {
	return report.Project{Path: path, Readable: true, Limited: true, Effective: ptr(true), Logged: true, Entries: entries}
}

func entry(path string, permissions ...string) report.Entry {
	return report.Entry{Target: report.Target{Path: path}, Default: permissions == nil, Permissions: permissions, Used: now}
}

func group(path string, projects int, permissions ...string) report.Entry {
	e := entry(path, permissions...)
	e.Group, e.Projects = true, &projects
	return e
}

// changed is a value with something done to it.
func changed[T any](v T, change func(*T)) T {
	change(&v)
	return v
}

// Each rule has a case that it finds, and one next to it that it does not.
func TestRisks(t *testing.T) {
	t.Parallel()
	days := func(n int) time.Time { return now.AddDate(0, 0, -n) }
	cases := map[string]struct {
		project report.Project
		want    []report.Rule
		hcl     string
		says    string
	}{
		"nothing":              {project("acme/lib", entry("acme/app")), nil, "", ""},
		"its own entry":        {project("acme/lib", changed(entry("acme/lib"), func(e *report.Entry) { e.Used = time.Time{} })), nil, "", ""},
		"open":                 {changed(project("acme/lib"), func(p *report.Project) { p.Limited, p.Effective = false, ptr(false) }), []report.Rule{report.Open}, "enabled = true", "Any project's job token may reach acme/lib"},
		"effect not told":      {changed(project("acme/lib"), func(p *report.Project) { p.Limited, p.Effective = false, nil }), nil, "", ""},
		"enforced":             {changed(project("acme/lib"), func(p *report.Project) { p.Limited = false }), []report.Rule{report.EnforcedByInstance}, "enabled = true", "by the instance alone"},
		"a group, default":     {project("acme/lib", group("acme/web", 3)), []report.Rule{report.GroupWithDefault}, `"acme/web" = { permissions = [] }`, "every project below acme/web"},
		"a group, narrow":      {project("acme/lib", group("acme/web", 3, "read_packages")), nil, "", ""},
		"a top-level group":    {project("acme/lib", group("other", 3, "read_packages")), []report.Rule{report.TopLevelGroup}, "", "the 3 projects below it, and all that come"},
		"its consumers":        {project("acme/lib", changed(group("other", 3, "read_packages"), func(e *report.Entry) { e.Consumers = []string{"other/z", "other/a"} })), []report.Rule{report.TopLevelGroup}, "\"other/a\" = { permissions = [\"read_packages\"] }\n\"other/z\" = { permissions = [\"read_packages\"] }", ""},
		"push":                 {changed(project("acme/lib"), func(p *report.Project) { p.CrossProjectPush = true }), []report.Rule{report.CrossProjectPush}, "cross_project_push_allowed = false", "may push"},
		"never used":           {project("acme/lib", changed(entry("acme/app"), func(e *report.Entry) { e.Used, e.Added = time.Time{}, days(91) })), []report.Rule{report.Unused}, "", "has never been used"},
		"used long ago":        {project("acme/lib", changed(entry("acme/app"), func(e *report.Entry) { e.Used = days(91) })), []report.Rule{report.Unused}, "", "was used last on 2026-08-28"},
		"used of late":         {project("acme/lib", changed(entry("acme/app"), func(e *report.Entry) { e.Used = days(90) })), nil, "", ""},
		"added of late":        {project("acme/lib", changed(entry("acme/app"), func(e *report.Entry) { e.Used, e.Added = time.Time{}, days(3) })), nil, "", ""},
		"no log":               {changed(project("acme/lib", changed(entry("acme/app"), func(e *report.Entry) { e.Used = days(91) })), func(p *report.Project) { p.Logged = false }), nil, "", ""},
		"perhaps used":         {changed(project("acme/lib", changed(group("acme/web", 3, "read_jobs"), func(e *report.Entry) { e.Used = days(91) })), func(p *report.Project) { p.Unnamed = true }), nil, "", ""},
		"archived":             {project("acme/lib", changed(entry("acme/app"), func(e *report.Entry) { e.Archived = true })), []report.Rule{report.TargetArchived}, "", `Take "acme/app" out of projects`},
		"scheduled":            {project("acme/lib", changed(entry("acme/app"), func(e *report.Entry) { e.Scheduled, e.Archived = true, true })), []report.Rule{report.TargetScheduled}, "", "scheduled for deletion"},
		"hidden":               {project("acme/lib", changed(entry("acme/app"), func(e *report.Entry) { e.Hidden = true })), []report.Rule{report.TargetHidden}, "", "not visible"},
		"outbound list":        {changed(project("acme/lib"), func(p *report.Project) { p.OutboundTargets = []string{"acme/old"} }), []report.Rule{report.OutboundLeftovers}, "", "1 project left"},
		"outbound switch":      {changed(project("acme/lib"), func(p *report.Project) { p.Outbound = true }), []report.Rule{report.OutboundLeftovers}, "outbound_allowlist_enabled = false", "its jobs reach no other private project"},
		"a deploy token":       {changed(project("acme/lib"), func(p *report.Project) { p.Endless = []report.Token{{Kind: "deploy_token", ID: 7, Name: `"x"`}} }), []report.Rule{report.EndlessDeployToken}, "rotation = { every_days = 90, overlap_days = 14 }", `The deploy token "\"x\"" of acme/lib (id 7) never ends.`},
		"an access token":      {changed(project("acme/lib"), func(p *report.Project) { p.Endless = []report.Token{{Kind: "access_token", ID: 7, Name: "x"}} }), []report.Rule{report.EndlessAccessToken}, "rotation = { every_days = 90, overlap_days = 14 }", "jobtoken_project_access_token"},
		"not readable":         {changed(project("acme/lib", group("other", 3)), func(p *report.Project) { p.Readable = false }), nil, "", ""},
		"about to be deleted":  {changed(project("acme/lib", group("other", 3)), func(p *report.Project) { p.Scheduled = true }), nil, "", ""},
		"an archived project":  {changed(project("acme/lib"), func(p *report.Project) { p.Archived, p.CrossProjectPush = true, true }), []report.Rule{report.CrossProjectPush}, "cross_project_push_allowed = false", "Unarchive the project first"},
		"two at once, by rank": {project("acme/lib", group("other", 3)), []report.Rule{report.TopLevelGroup, report.GroupWithDefault}, "", ""},
	}
	found := map[report.Rule]bool{}
	for name, c := range cases {
		risks := report.New("acme", []report.Project{c.project}, now, 90).Risks()
		var got []report.Rule
		for _, risk := range risks {
			got, found[risk.Rule] = append(got, risk.Rule), true
			if risk.Severity != report.Rules()[risk.Rule] || risk.Project != "acme/lib" || risk.Fix == "" {
				t.Errorf("%s: not whole: %+v", name, risk)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
			continue
		}
		if len(risks) > 0 && (risks[0].HCL != c.hcl || !strings.Contains(risks[0].About+risks[0].Fix, c.says)) {
			t.Errorf("%s: %+v", name, risks[0])
		}
	}
	for rule := range report.Rules() {
		if !found[rule] {
			t.Errorf("no case finds %s", rule)
		}
	}
}

// random is a group of projects, some of them open, archived or out of sight, with entries for all kinds of
// targets inside and outside.
func random(r *rand.Rand) *report.Report {
	groups := []string{"acme", "acme/a", "acme/a/x", "acme/b", "acme/b/y/z"}
	var paths []string
	for i := range 1 + r.IntN(90) {
		paths = append(paths, fmt.Sprintf("%s/p%d", groups[r.IntN(1+r.IntN(len(groups)))], i))
	}
	targets := slices.Concat(paths, []string{"other/app", "other/deep/tool", "jane/x"})
	var projects []report.Project
	for _, path := range paths {
		p := project(path)
		p.Limited = r.IntN(4) > 0
		p.Effective = ptr(p.Limited || r.IntN(2) == 0)
		p.Archived, p.Scheduled, p.Readable = r.IntN(9) == 0, r.IntN(9) == 0, r.IntN(9) > 0
		for range r.IntN(7) {
			e := entry(targets[r.IntN(len(targets))])
			if r.IntN(3) == 0 {
				e = group(slices.Concat(groups, []string{"other", "other/deep"})[r.IntN(7)], r.IntN(20))
			}
			if r.IntN(2) == 0 {
				e.Default, e.Permissions = false, []string{"read_packages", "read_jobs", "read_releases"}[:r.IntN(4)]
			}
			e.Archived = !e.Group && r.IntN(9) == 0
			if !slices.ContainsFunc(p.Entries, func(o report.Entry) bool { return o.Target == e.Target }) {
				p.Entries = append(p.Entries, e)
			}
		}
		projects = append(projects, p)
	}
	r.Shuffle(len(projects), func(i, j int) { projects[i], projects[j] = projects[j], projects[i] })
	return report.New("acme", projects, now, 90)
}

func each(t *testing.T, check func(*testing.T, *report.Report)) {
	t.Helper()
	for seed := range uint64(25) {
		check(t, random(rand.New(rand.NewPCG(seed, 7))))
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}

// Every edge stems from an entry that is in effect, and every such entry has its edge.
func TestEdges_entries(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *report.Report) {
		edges := 0
		for _, p := range r.Projects {
			for _, e := range p.Entries {
				inEffect := p.Readable && *p.Effective && !e.Archived && (e.Group || e.Path != p.Path)
				has := slices.ContainsFunc(r.Edges(), func(edge report.Edge) bool {
					return edge.From == e.Target && edge.To == p.Path && edge.Default == e.Default && slices.Equal(edge.Permissions, e.Permissions)
				})
				if has != inEffect {
					t.Errorf("%s on %s: has an edge: %t, in effect: %t", e.Target, p.Path, has, inEffect)
				}
				if has {
					edges++
				}
			}
		}
		if edges != len(r.Edges()) {
			t.Errorf("%d edges, of entries %d", len(r.Edges()), edges)
		}
	})
}

// Whom a project reaches and by whom one is reached are the same edges, read from either end: the nearest one rules.
func TestReach_edges(t *testing.T) {
	t.Parallel()
	reached := 0
	each(t, func(t *testing.T, r *report.Report) {
		back := map[string]map[string]report.Reach{}
		for _, p := range r.Projects {
			back[p.Path] = map[string]report.Reach{}
			for _, by := range r.ReachableBy(p.Path) {
				back[p.Path][by.Path] = by
				if !by.Open && !slices.ContainsFunc(r.Edges(), func(e report.Edge) bool { return e.To == p.Path && e.From == by.Through }) {
					t.Errorf("%s is reached through %s, which is no edge", p.Path, by.Through)
				}
			}
		}
		for _, from := range r.Projects {
			reaches := map[string]report.Reach{}
			for _, to := range r.Reaches(from.Path) {
				reaches[to.Path] = to
				reached++
			}
			for _, to := range r.Projects {
				one, other := reaches[to.Path], back[to.Path][from.Path]
				one.Target, other.Target = report.Target{}, report.Target{}
				if !reflect.DeepEqual(one, other) {
					t.Fatalf("%s reaches %s: %+v; it is reached: %+v", from.Path, to.Path, one, other)
				}
				checkRuling(t, r, from, to, one)
			}
		}
	})
	if reached < 1000 {
		t.Errorf("only %d were compared", reached)
	}
}

// checkRuling works out by brute force how a project reaches another.
func checkRuling(t *testing.T, r *report.Report, from, to report.Project, got report.Reach) {
	t.Helper()
	open := to.Readable && !*to.Effective
	var best report.Target
	for _, e := range r.Edges() {
		covers := e.From.Path == from.Path || e.From.Group && strings.HasPrefix(from.Path, e.From.Path+"/")
		if e.To == to.Path && covers && len(e.From.Path) > len(best.Path) {
			best = e.From
		}
	}
	if from.Path == to.Path || from.Archived || from.Scheduled {
		open, best = false, report.Target{}
	} else if open {
		best = report.Target{}
	}
	if got.Open != open || got.Through != best {
		t.Errorf("%s to %s: %+v, want open %t through %s", from.Path, to.Path, got, open, best)
	}
}

var (
	mermaidNode = regexp.MustCompile(`^  n\d+(\["|\[\["|\(\(")([A-Za-z0-9 /._,#;-]*)("\]|"\]\]|"\)\))$`)
	mermaidLink = regexp.MustCompile(`^  n\d+ (-->|==>|-\.->)\|"[A-Za-z0-9 /._,#;-]+"\| n\d+$`)
	mermaidRest = regexp.MustCompile(`^(flowchart LR|  note\d+>"[A-Za-z0-9 /._,#;-]+"\]|  classDef open stroke:#c0392b,stroke-width:3px|  class n\d+(,n\d+)* open)$`)
)

// The picture in Mermaid has a bound, and nothing but what is known to be safe.
func TestMermaid_bounded(t *testing.T) {
	t.Parallel()
	folded := false
	each(t, func(t *testing.T, r *report.Report) {
		text := r.Mermaid()
		nodes, links := 0, 0
		for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
			switch {
			case mermaidLink.MatchString(line):
				links++
			case mermaidNode.MatchString(line):
				nodes++
			case !mermaidRest.MatchString(line):
				t.Errorf("what is %q?", line)
			}
		}
		folded = folded || strings.Contains(text, "among them")
		if nodes > report.MaxNodes || links > report.MaxLinks || len(text) > 20_000 {
			t.Errorf("%d nodes, %d links, %d characters", nodes, links, len(text))
		}
	})
	if !folded {
		t.Error("no picture was drawn by subgroup")
	}
}

// Nothing hangs on the order in which projects come.
func TestOrderIsStable(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *report.Report) {
		shuffled := slices.Clone(r.Projects)
		slices.Reverse(shuffled)
		for i := range shuffled {
			shuffled[i].Entries = slices.Clone(shuffled[i].Entries)
			slices.Reverse(shuffled[i].Entries)
		}
		other := report.New(r.Group, shuffled, now, 90)
		if other.Mermaid() != r.Mermaid() || other.Dot() != r.Dot() || !reflect.DeepEqual(other.Risks(), r.Risks()) || !reflect.DeepEqual(other.Edges(), r.Edges()) {
			t.Error("another order, another report")
		}
	})
}

// A large group with projects of one subgroup each is drawn by subgroup, a flat one with what is reached most.
func TestMermaid_large(t *testing.T) {
	t.Parallel()
	var deep, flat []report.Project
	for i := range 500 {
		deep = append(deep, project(fmt.Sprintf("acme/g%d/p%03d", i%20, i), entry(fmt.Sprintf("acme/g%d/p%03d", (i+1)%20, (i+1)%500)), entry(fmt.Sprintf("acme/g%d/p%03d", i%20, (i+20)%500))))
		flat = append(flat, project(fmt.Sprintf("acme/p%03d", i), entry("acme/p000"), entry("outside/x")))
	}
	for about, c := range map[string]struct {
		projects []report.Project
		says     []string
	}{
		"deep": {deep, []string{`[["acme/g7/#42; #40;25 projects, 25 entries among them#41;"]]`, `==>|"25 default entries"|`}},
		"flat": {flat, []string{`["outside/x"]`, `more entries"]`}},
	} {
		text := report.New("acme", c.projects, now, 0).Mermaid()
		for _, says := range c.says {
			if !strings.Contains(text, says) {
				t.Errorf("%s: %s is not in\n%s", about, says, text)
			}
		}
	}
}

// Whatever a name holds, it ends no text and opens no markup.
func TestQuoting(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		`acme/quo"te`, `acme/bra]ck[et`, `acme/pa)re(n`, `acme/do.t`, `acme/da--sh`, `acme/%%comment`, `acme/%%{init: {}}%%`, "acme/new\nline",
		`acme/back\slash`, "acme/`tick`", `acme/<b>`, `acme/&amp;`, `acme/a#35;b`, `acme/end`, `acme/ünïcode`, `acme/a|b`, `acme/` + strings.Repeat("long", 60),
	} {
		r := report.New("acme", []report.Project{project("acme/lib", entry(name)), project(name)}, now, 0)
		for _, line := range strings.Split(strings.TrimSuffix(r.Mermaid(), "\n"), "\n") {
			if !mermaidNode.MatchString(line) && !mermaidLink.MatchString(line) && !mermaidRest.MatchString(line) {
				t.Errorf("%q: %s", name, line)
			}
			if strings.Count(line, "--") > 1 || strings.Contains(line, "%%") {
				t.Errorf("%q: markup in %s", name, line)
			}
		}
		// Outside of quoted texts DOT has only words and its own signs.
		rest := regexp.MustCompile(`"(\\.|[^"\\])*"`).ReplaceAllString(r.Dot(), "")
		if !regexp.MustCompile(`\A[a-zA-Z0-9_ =,;{}\[\]>\n-]*\z`).MatchString(rest) || strings.Count(r.Dot(), "\n") != strings.Count(rest, "\n") {
			t.Errorf("%q:\n%s", name, r.Dot())
		}
	}
}

func TestPictures(t *testing.T) {
	t.Parallel()
	r := report.New("acme", []report.Project{
		project("acme/lib", entry("acme/app"), group("acme/web", 2, "read_packages"), group("other", 4, "read_jobs", "read_releases", "read_packages")),
		project("acme/app"), project("acme/web/site"), project("acme/web/shop"),
		changed(project("acme/docs"), func(p *report.Project) { p.Limited, p.Effective = false, ptr(false) }),
		{Path: "acme/secret"},
	}, now, 0)
	const mermaid = `flowchart LR
  n0[["acme/web/#42; #40;2 projects#41;"]]
  n1[["other/#42; #40;4 projects#41;"]]
  n2["acme/app"]
  n3["acme/docs"]
  n4["acme/lib"]
  n5(("any project"))
  n0 -->|"read_packages"| n4
  n1 -->|"3 permissions"| n4
  n2 ==>|"default"| n4
  n5 -.->|"open"| n3
  note0>"2 more projects apart from all others"]
  note1>"1 project with lists that are not shown"]
  classDef open stroke:#c0392b,stroke-width:3px
  class n3 open
`
	if got := r.Mermaid(); got != mermaid {
		t.Errorf("got\n%s", got)
	}
	for _, line := range []string{
		`"acme/docs" [label="docs", color="#c0392b", penwidth=2]`, `"acme/secret" [label="secret", style=dashed]`, `label="acme/web"`,
		`"other/*" [shape=folder, label="other/* (4 projects)"]`, `"acme/app" -> "acme/lib" [style=bold, label="default"]`, `"any project" -> "acme/docs" [style=dashed, label="open"]`,
	} {
		if !strings.Contains(r.Dot(), line) {
			t.Errorf("%s is not in\n%s", line, r.Dot())
		}
	}
	if got := report.New("acme", nil, now, 0).Mermaid(); got != "flowchart LR\n  note0>\"no projects in acme\"]\n" {
		t.Errorf("nothing is drawn as %q", got)
	}
}
