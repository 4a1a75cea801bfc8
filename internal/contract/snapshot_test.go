package contract_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

// item is one thing that a resource can write: of is whose it is ("project:5"), what says which:
// a toggle ("inbound"), an entry ("project:7"), a token ("deploy_token 3"), a variable ("var KEY *").
type item struct{ of, what string }

// snapshot is the value of every item there is. An entry has an access, a toggle true or false, a
// token its secret, a variable its value, beside its flags and its description.
type snapshot map[item]string

// The toggles.
const (
	inbound  = "inbound"
	outbound = "outbound"
	push     = "push"
	cross    = "cross"
)

// secure is what destroying a resource returns a toggle to.
var secure = map[string]string{inbound: "true", outbound: "false", push: "false", cross: "false", enforced: "true"}

func projectRef(id int64) string { return "project:" + strconv.FormatInt(id, 10) }
func groupRef(id int64) string   { return "group:" + strconv.FormatInt(id, 10) }

// isEntry tells entries from all else.
func (i item) isEntry() bool {
	return strings.HasPrefix(i.what, "project:") || strings.HasPrefix(i.what, "group:")
}

// isToggle tells toggles from all else.
func (i item) isToggle() bool { _, is := secure[i.what]; return is }

// isVariable tells variables from all else.
func (i item) isVariable() bool { return strings.HasPrefix(i.what, "var ") }

// isAbout tells what a variable has beside its value: its flags, and its description.
func (i item) isAbout() bool {
	return strings.HasPrefix(i.what, "flags ") || strings.HasPrefix(i.what, "about ")
}

// variable is the variable that something is about.
func (i item) variable() item {
	_, rest, _ := strings.Cut(i.what, " ")
	return item{i.of, "var " + rest}
}

// about is what a variable has beside its value: "flags" or "about", for its description.
func (i item) about(what string) item {
	return item{i.of, what + strings.TrimPrefix(i.what, "var")}
}

// isToken tells tokens from all else.
func (i item) isToken() bool {
	return strings.HasPrefix(i.what, "deploy_token ") || strings.HasPrefix(i.what, "access_token ")
}

// isOwn is the entry of a project on its own list.
func (i item) isOwn() bool { return i.of == i.what }

// look takes a snapshot.
func (w *world) look() snapshot {
	seen := snapshot{}
	w.gitLab.Inspect(func(s *store.State) {
		seen[enforcement] = strconv.FormatBool(s.Settings.EnforceInboundJobTokenScope)
		for _, p := range s.Projects() {
			of := projectRef(p.ID)
			seen[item{of, inbound}] = strconv.FormatBool(p.JobToken.Inbound)
			seen[item{of, outbound}] = strconv.FormatBool(p.JobToken.Outbound)
			seen[item{of, push}] = strconv.FormatBool(p.JobToken.Push)
			seen[item{of, cross}] = strconv.FormatBool(p.JobToken.CrossProjectPush)
			// A project's own jobs are admitted with all permissions unless an entry narrows that.
			seen[item{of, of}] = everything
			for _, kind := range []store.SourceKind{store.ProjectSource, store.GroupSource} {
				for _, link := range s.Links(p.ID, kind, store.Inbound) {
					seen[item{of, fmt.Sprintf("%s:%d", link.Target.Kind, link.Target.ID)}] = accessOf(link.DefaultPermissions, link.Policies)
				}
			}
			seen.holder(s, store.Source{Kind: store.ProjectSource, ID: p.ID}, of)
			seen.shares(s, p, of)
		}
		for _, g := range s.Groups() {
			seen.holder(s, store.Source{Kind: store.GroupSource, ID: g.ID}, groupRef(g.ID))
		}
	})
	return seen
}

// holder adds the live tokens and the variables of a project or group.
func (seen snapshot) holder(s *store.State, source store.Source, of string) {
	now := s.Now()
	for _, token := range s.DeployTokensOf(source) {
		if token.AuthenticatesAt(now) {
			seen[item{of, fmt.Sprintf("deploy_token %d", token.ID)}] = token.Secret
		}
	}
	for _, token := range s.AccessTokensOf(source) {
		if token.ActiveAt(now) {
			seen[item{of, fmt.Sprintf("access_token %d", token.ID)}] = token.Secret
		}
	}
	for _, v := range s.Variables(source) {
		value := ""
		if v.Value != nil {
			value = *v.Value
		}
		i := item{of, "var " + v.Key + " " + v.EnvironmentScope}
		seen[i] = "=" + value
		seen[i.about("flags")] = fmt.Sprintf("protected %t masked %t raw %t hidden %t", v.Protected, v.Masked, v.Raw, v.Hidden)
		seen[i.about("about")] = "="
		if v.Description != nil {
			seen[i.about("about")] += *v.Description
		}
	}
}

// change is a difference between two snapshots; empty is: not there.
type change struct {
	item
	from, to string
}

// changes lists the differences, sorted.
func (seen snapshot) changes(later snapshot) (found []change) {
	for i, value := range later {
		if seen[i] != value {
			found = append(found, change{i, seen[i], value})
		}
	}
	for i, value := range seen {
		if _, there := later[i]; !there {
			found = append(found, change{i, value, ""})
		}
	}
	slices.SortFunc(found, func(a, b change) int { return strings.Compare(a.of+" "+a.what, b.of+" "+b.what) })
	return found
}

// An access is what an entry admits to: nothing where there is no entry, everything with default
// permissions, else permissions joined by commas, of which there may be none.
const (
	nothing    = ""
	everything = "all"
	none       = "none"
)

func accessOf(byDefault bool, policies []string) string {
	if byDefault || slices.Equal(policies, []string{"default"}) { // a configuration can say it in words
		return everything
	}
	return accessWith(policies)
}

// accessWith leaves out what others include: admin_x includes read_x.
func accessWith(permissions []string) string {
	kept := map[string]bool{}
	for _, p := range permissions {
		kept[strings.ToLower(p)] = true
	}
	for p := range maps.Clone(kept) {
		if of, admin := strings.CutPrefix(p, "admin_"); admin {
			delete(kept, "read_"+of)
		}
	}
	if len(kept) == 0 {
		return none
	}
	return strings.Join(slices.Sorted(maps.Keys(kept)), ",")
}

func permissionsOf(access string) []string {
	if access == none {
		return nil
	}
	return strings.Split(access, ",")
}

// within tells whether an access opens nothing that another does not.
func within(access, wider string) bool {
	switch {
	case access == nothing, wider == everything:
		return true
	case wider == nothing, access == everything:
		return false
	}
	all := permissionsOf(wider)
	for _, p := range permissionsOf(access) {
		of, reads := strings.CutPrefix(p, "read_")
		if !slices.Contains(all, p) && !(reads && slices.Contains(all, "admin_"+of)) {
			return false
		}
	}
	return true
}

// common is what two accesses both open.
func common(a, b string) string {
	switch {
	case within(a, b):
		return a
	case within(b, a):
		return b
	}
	both := []string{}
	for _, p := range append(permissionsOf(a), permissionsOf(b)...) {
		if within(p, a) && within(p, b) {
			both = append(both, p)
		}
	}
	return accessWith(both)
}

// asList makes strings of a plain list; nil is none.
func asList(plain any) []string {
	list, _ := plain.([]any)
	texts := []string{}
	for _, text := range list {
		texts = append(texts, fmt.Sprint(text))
	}
	return texts
}
