// Package refusal reads the lines of a job's log in which GitLab refuses the job's token, and tells what
// each of them can mean. One text often has several causes: then each is told, and how to tell them apart.
//
// It is pure and asks nobody. What stands in it are the texts of GitLab 17.11 to 19.x, and older ones that
// are still quoted.
package refusal

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Party is who has to change something.
type Party string

// The parties.
const (
	Target   Party = "target"   // the project that refuses
	Origin   Party = "origin"   // the project whose job was refused
	Job      Party = "job"      // the job's own script or configuration
	Instance Party = "instance" // an administrator, or an Owner of a group above
)

// Case is one thing that a text can mean.
type Case struct {
	Cause  string
	Tell   string // how to know that it is this one
	Party  Party
	Change string
}

// Refusal is a text that was recognized.
type Refusal struct {
	// Text is the line in which it stands.
	Text string
	// Where is what refused: git, api, packages, container registry, trigger or pipeline.
	Where string
	// From and To are the projects that GitLab names: by the last part of their path or, the second one and
	// from 19.0 on, as "project #7". Empty where it names none.
	From, To string
	// Permissions are those that GitLab names.
	Permissions []string
	Cases       []Case
	// NoHelp is what is often tried and changes nothing.
	NoHelp []string
}

// rule is one of GitLab's texts.
type rule struct {
	name    string
	pattern *regexp.Regexp
	where   string
	// faint texts say no more than a status: they count only where their line says nothing better.
	faint bool
	// echo texts are a program's word on what GitLab has said before: they count only alone.
	echo   bool
	cases  func(Refusal) []Case
	noHelp []string
}

// finding is a refusal with the rule that found it.
type finding struct {
	Refusal
	rule *rule
}

func (f finding) same(other finding) bool {
	return f.rule == other.rule && f.From == other.From && f.To == other.To && slices.Equal(f.Permissions, other.Permissions)
}

var (
	colour  = regexp.MustCompile("\x1b\\[[0-9;?]*[a-zA-Z]")
	control = regexp.MustCompile("[\x00-\x08\x0b-\x1f]")
)

// Read finds the refusals in lines of a log, each once, in their order.
func Read(log string) []Refusal {
	log = colour.ReplaceAllString(strings.ReplaceAll(log, "\r", "\n"), "")
	var found []finding
	for line := range strings.Lines(log) {
		line = strings.TrimSpace(control.ReplaceAllString(line, ""))
		found = addNew(found, readLine(line))
	}
	alone := !slices.ContainsFunc(found, func(f finding) bool { return !f.rule.echo })
	refusals := make([]Refusal, 0, len(found))
	for _, f := range found {
		if alone || !f.rule.echo {
			refusals = append(refusals, f.Refusal)
		}
	}
	return refusals
}

func addNew(found, more []finding) []finding {
	for _, f := range more {
		if !slices.ContainsFunc(found, f.same) {
			found = append(found, f)
		}
	}
	return found
}

func readLine(line string) (found []finding) {
	for i := range rules {
		r := &rules[i]
		if r.faint && len(found) > 0 {
			continue
		}
		for _, match := range r.pattern.FindAllStringSubmatch(line, -1) {
			found = append(found, finding{r.read(line, match), r})
		}
	}
	return found
}

func (r *rule) read(line string, match []string) Refusal {
	refusal := Refusal{Text: line, Where: r.where, NoHelp: r.noHelp}
	for i, name := range r.pattern.SubexpNames() {
		switch name {
		case "from":
			refusal.From = match[i]
		case "to":
			refusal.To = named(match[i])
		case "permissions":
			refusal.Permissions = listed(match[i])
		}
	}
	refusal.Cases = r.cases(refusal)
	return refusal
}

// named keeps the word before an id, and drops it before a path.
func named(project string) string {
	rest := strings.TrimPrefix(project, "project ")
	if strings.HasPrefix(rest, "#") {
		return "project " + rest
	}
	return rest
}

var separator = regexp.MustCompile(`,? and |, `)

// listed splits "a", "a and b" and "a, b, and c".
func listed(sentence string) []string { return separator.Split(sentence, -1) }

// orTarget is how sentences name the project that refuses.
func (r Refusal) target() string {
	if r.To == "" {
		return "the target project"
	}
	return r.To
}

func (r Refusal) origin() string {
	if r.From == "" {
		return "the job's project"
	}
	return r.From
}

// Summary is all of it in plain text.
func Summary(refusals []Refusal) string {
	if len(refusals) == 0 {
		return "This is none of the texts known here in which GitLab refuses a job token. Give the lines of the log that begin with \"remote:\" or \"fatal:\", or the body of the answer (curl it with --header \"JOB-TOKEN: $CI_JOB_TOKEN\")."
	}
	var b strings.Builder
	for i, r := range refusals {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s\n", r.Text)
		for n, c := range r.Cases {
			if len(r.Cases) == 1 {
				fmt.Fprintf(&b, "  It means: %s.\n", c.Cause)
			} else {
				fmt.Fprintf(&b, "  %d. It can mean: %s.\n", n+1, c.Cause)
			}
			if c.Tell != "" {
				fmt.Fprintf(&b, "     To be sure: %s.\n", c.Tell)
			}
			fmt.Fprintf(&b, "     To change (%s): %s.\n", c.Party, c.Change)
		}
		if len(r.NoHelp) > 0 {
			fmt.Fprintf(&b, "  Of no help: %s.\n", strings.Join(r.NoHelp, "; "))
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}
