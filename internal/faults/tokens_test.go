package faults_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
)

const (
	tokenName = "consumers"
	tokenKey  = "LIB_TOKEN"
)

// tokenCase is a token that is delivered into the variables of consumers.
type tokenCase struct {
	g *acctest.GitLab
	// of and kind are GitLab's routes: "projects", "deploy_tokens".
	of, kind  string
	attribute string
	parent    string
	parentID  int64
	// within is a project that the token reaches.
	within    acctest.Project
	consumers []acctest.Project
	// others are tokens of somebody else.
	others []int64
}

func newTokenCase(t testing.TB, g *acctest.GitLab, of, kind string) tokenCase {
	t.Helper()
	c := tokenCase{g: g, of: of, kind: kind, attribute: "project"}
	if of == "projects" {
		c.within = g.Project(t, "lib")
		c.parent, c.parentID = c.within.Path, c.within.ID
	} else {
		group := g.Group(t, "libs", &g.Root)
		c.within = g.ProjectIn(t, group, "lib")
		c.attribute, c.parent, c.parentID = "group", group.Path, group.ID
	}
	for _, name := range []string{"app", "web", "job"} {
		c.consumers = append(c.consumers, g.Project(t, name))
	}
	return c
}

// config delivers the token to some of the consumers.
func (c tokenCase) config(more map[string]any, consumers ...acctest.Project) map[string]any {
	deliveries := map[string]any{}
	for _, consumer := range consumers {
		deliveries[consumer.Path] = map[string]any{"project": consumer.Path, "key": tokenKey}
	}
	config := map[string]any{c.attribute: c.parent, "name": tokenName, "scopes": []any{"read_repository"}, "deliveries": deliveries}
	if _, rotates := more["rotation"]; c.kind == "access_tokens" && !rotates {
		config["expires_at"] = time.Now().UTC().AddDate(0, 0, 90).Format(time.DateOnly) // GitLab makes none without
	}
	maps.Copy(config, more)
	return config
}

// tokenOf is made, then renewed: it gets another scope and another consumer, and loses one.
func tokenOf(of, kind string) func(testing.TB, *acctest.GitLab) scenario {
	return func(t testing.TB, g *acctest.GitLab) scenario {
		t.Helper()
		c := newTokenCase(t, g, of, kind)
		return scenario{
			created: c.config(nil, c.consumers[:2]...),
			updated: c.config(map[string]any{"scopes": []any{"read_registry", "read_repository"}}, c.consumers[1:]...),
			server:  c.server,
			seen:    c.seen,
			revoke:  c.revoke,
			// nothing lives, and nothing is delivered
			destroyed: noToken(),
		}
	}
}

// rotatedToken is replaced by GitLab's own endpoint when its time has come.
func rotatedToken(t testing.TB, g *acctest.GitLab) scenario {
	t.Helper()
	c := newTokenCase(t, g, "projects", "access_tokens")
	config := c.config(map[string]any{"rotation": map[string]any{"every_days": int64(30), "overlap_days": int64(0)}}, c.consumers[:2]...)
	return scenario{
		created: config, updated: config, server: c.server, seen: c.seen, revoke: c.revoke, destroyed: noToken(),
		meanwhile: func(t testing.TB) { t.Helper(); g.Advance(t, 30*24*time.Hour+time.Hour) },
	}
}

// replacedToken moves to another project: it is made there, delivered over the old one's variables, and the old
// one ends.
func replacedToken(t testing.TB, g *acctest.GitLab) scenario {
	t.Helper()
	c := newTokenCase(t, g, "projects", "deploy_tokens")
	moved := c
	moved.within = g.Project(t, "other-lib")
	moved.parent, moved.parentID = moved.within.Path, moved.within.ID
	return scenario{
		created: c.config(nil, c.consumers[:2]...), updated: moved.config(nil, c.consumers[1:]...), seen: c.seen, destroyed: noToken(),
		server: func(t testing.TB) map[string]any { t.Helper(); return c.bothServers(t, moved) },
		revoke: func(t testing.TB, id int64) { t.Helper(); c.revoke(t, id); moved.revoke(t, id) },
	}
}

// nameInUse is made beside somebody else's token of the same name.
func nameInUse(t testing.TB, g *acctest.GitLab) scenario {
	t.Helper()
	c := newTokenCase(t, g, "projects", "deploy_tokens")
	var other acctest.Token
	g.Admin(t, "POST", fmt.Sprintf("/projects/%d/deploy_tokens", c.parentID), map[string]any{"name": tokenName, "scopes": []string{"read_repository"}}, &other)
	c.others = append(c.others, other.ID)
	return scenario{
		created: c.config(nil, c.consumers[:2]...), updated: c.config(map[string]any{"scopes": []any{"read_registry", "read_repository"}}, c.consumers[1:]...),
		server: c.server, seen: c.seen, revoke: c.revoke, inUse: true, destroyed: noToken(),
	}
}

// withheldToken has an older token that its state alone names, and which works on for its overlap.
func withheldToken(t testing.TB, g *acctest.GitLab) scenario {
	t.Helper()
	c := newTokenCase(t, g, "projects", "deploy_tokens")
	rotation := map[string]any{"every_days": int64(30), "overlap_days": int64(9)}
	created := c.config(map[string]any{"rotation": rotation}, c.consumers[:2]...)
	updated := c.config(map[string]any{"rotation": rotation, "scopes": []any{"read_registry", "read_repository"}}, c.consumers[:2]...)
	return scenario{
		created: created, updated: updated, server: c.server, revoke: c.revoke, withheld: true, destroyed: noToken(),
		seen: func(attributes map[string]any) map[string]any {
			said := c.seen(attributes)
			if scopes, _ := attributes["scopes"].([]any); said["count"] != nil && len(scopes) == 2 {
				said["count"] = 3 // the two before, for the overlap
			}
			if _, isState := attributes["token_id"]; isState {
				delete(said, "delivered") // without private state nothing tells what is the resource's
			}
			return said
		},
		meanwhile: func(t testing.TB) { t.Helper(); g.Advance(t, 30*24*time.Hour+time.Hour) },
	}
}

// revoke ends a token by hand.
func (c tokenCase) revoke(t testing.TB, id int64) {
	t.Helper()
	if slices.ContainsFunc(c.g.Tokens(t, c.of, c.parentID, c.kind), func(token acctest.Token) bool { return token.ID == id }) {
		c.g.Revoke(t, c.of, c.parentID, c.kind, id)
	}
}

// bothServers is [tokenCase.server] for tokens of two projects.
func (c tokenCase) bothServers(t testing.TB, other tokenCase) map[string]any {
	t.Helper()
	old, has := c.server(t), other.server(t)
	if old["count"] == 0 {
		return has
	}
	if has["count"] == 0 {
		return old
	}
	for _, name := range []string{"live", "working"} {
		has[name] = slices.Concat(old[name].([]any), has[name].([]any)) //nolint:forcetypeassert // as server makes them
	}
	slices.SortFunc(has["live"].([]any), func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) }) //nolint:forcetypeassert // as above
	has["count"], has["works"] = len(has["live"].([]any)), true                                                       //nolint:forcetypeassert // as above
	return has
}

// lonelyToken is renewed for one consumer: no other variable has the new one when that fails.
func lonelyToken(t testing.TB, g *acctest.GitLab) scenario {
	t.Helper()
	c := newTokenCase(t, g, "projects", "deploy_tokens")
	return scenario{
		created: c.config(nil, c.consumers[1]), updated: c.config(map[string]any{"scopes": []any{"read_registry", "read_repository"}}, c.consumers[1]),
		server: c.server, seen: c.seen, revoke: c.revoke, destroyed: noToken(),
	}
}

// takingToken goes into variables that were somebody's: described, with other flags, and one hidden.
func takingToken(t testing.TB, g *acctest.GitLab) scenario {
	t.Helper()
	c := newTokenCase(t, g, "projects", "deploy_tokens")
	keep := func(consumer acctest.Project, more map[string]any) {
		attributes := map[string]any{"key": tokenKey, "value": "by-hand-12", "description": "of the release team", "protected": false, "masked": false, "raw": false}
		maps.Copy(attributes, more)
		g.Admin(t, http.MethodPost, fmt.Sprintf("/projects/%d/variables", consumer.ID), attributes, nil)
	}
	keep(c.consumers[0], nil)
	keep(c.consumers[2], map[string]any{"masked_and_hidden": true})
	created := c.config(nil, c.consumers[:2]...)
	updated := c.config(map[string]any{"scopes": []any{"read_registry", "read_repository"}}, c.consumers...)
	hide(updated, c.consumers[2])
	return scenario{created: created, updated: updated, server: c.server, seen: c.seen, revoke: c.revoke, destroyed: noToken()}
}

// hidingToken is made for a hidden variable that was somebody's, before others.
func hidingToken(t testing.TB, g *acctest.GitLab) scenario {
	t.Helper()
	s := takingToken(t, g)
	s.created, s.updated = s.updated, maps.Clone(s.updated)
	s.updated["scopes"] = []any{"read_repository"}
	return s
}

// hide makes the delivery to a consumer a hidden one.
func hide(config map[string]any, consumer acctest.Project) {
	deliveries, _ := config["deliveries"].(map[string]any)
	deliveries[consumer.Path] = map[string]any{"project": consumer.Path, "key": tokenKey, "hidden": true}
}

// relabelledToken gets other labels, and one more consumer: that is no reason for a new token.
func relabelledToken(t testing.TB, g *acctest.GitLab) scenario {
	t.Helper()
	c := newTokenCase(t, g, "projects", "deploy_tokens")
	updated := c.config(nil, c.consumers...)
	deliveries, _ := updated["deliveries"].(map[string]any)
	for _, consumer := range c.consumers {
		deliveries["to "+consumer.Path] = deliveries[consumer.Path]
		delete(deliveries, consumer.Path)
	}
	return scenario{created: c.config(nil, c.consumers[:2]...), updated: updated, server: c.server, seen: c.seen, revoke: c.revoke, destroyed: noToken(), keeps: true}
}

// followedToken is renewed when one of its consumers has another path, and another's path belongs to a third.
func followedToken(t testing.TB, g *acctest.GitLab) scenario {
	t.Helper()
	c := newTokenCase(t, g, "projects", "deploy_tokens")
	var taker acctest.Project
	with := func(of map[string]any, taken int) map[string]any { of["taken"] = taken; return of }
	return scenario{
		created: c.config(nil, c.consumers...),
		updated: c.config(map[string]any{"scopes": []any{"read_registry", "read_repository"}}, c.consumers...),
		meanwhile: func(t testing.TB) {
			t.Helper()
			g.Rename(t, c.consumers[1], "renamed")
			g.Rename(t, c.consumers[0], "moved")
			taker = g.Project(t, "app")
		},
		server: func(t testing.TB) map[string]any {
			t.Helper()
			taken := 0
			if taker.ID != 0 {
				taken = len(g.Variables(t, "projects", taker.ID))
			}
			return with(c.server(t), taken)
		},
		seen:      func(attributes map[string]any) map[string]any { return with(c.seen(attributes), 0) },
		revoke:    c.revoke,
		destroyed: with(noToken(), 0),
	}
}

func noToken() map[string]any {
	return map[string]any{"live": []any{}, "count": 0, "delivered": []any{}, "working": []any{}, "scopes": "", "works": true, "theirs": []any{}}
}

// server is what GitLab holds: live tokens, and of each variable whether it signs in.
func (c tokenCase) server(t testing.TB) map[string]any {
	t.Helper()
	live := []any{}
	scopes := map[string]any{}
	var tokens []acctest.Token
	for _, token := range c.g.Tokens(t, c.of, c.parentID, c.kind) {
		if token.Name == tokenName && !slices.Contains(c.others, token.ID) && (token.ExpiresAt == "" || token.ExpiresAt > c.g.Clock(t).Format(time.DateOnly)) {
			tokens = append(tokens, token)
			live = append(live, token.ID)
			slices.Sort(token.Scopes)
			scopes[fmt.Sprint(token.ID)] = strings.Join(token.Scopes, " ")
		}
	}
	slices.SortFunc(live, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	delivered, working, theirs := []any{}, []any{}, []any{}
	for _, consumer := range c.consumers {
		variable := c.g.Variable(t, "projects", consumer.ID, tokenKey)
		if variable.Key == "" {
			continue
		}
		if !variable.Protected { // every delivery is
			theirs = append(theirs, fmt.Sprintf("%+v", variable))
			continue
		}
		delivered = append(delivered, consumer.Path)
		// What a hidden one holds nobody can see.
		if variable.Hidden && len(live) > 0 || !variable.Hidden && c.signsIn(t, tokens, variable.Value) {
			working = append(working, consumer.Path)
		}
	}
	newest := ""
	if len(tokens) > 0 {
		newest = fmt.Sprint(scopes[fmt.Sprint(tokens[len(tokens)-1].ID)])
	}
	stays := c.consumers[1].Path
	return map[string]any{
		"live": live, "count": len(live), "delivered": delivered, "working": working, "scopes": newest, "theirs": theirs,
		"works": !slices.Contains(delivered, any(stays)) || slices.Contains(working, any(stays)),
	}
}

// signsIn tells whether git accepts a secret, with the user name of one of the tokens.
func (c tokenCase) signsIn(t testing.TB, tokens []acctest.Token, secret string) bool {
	t.Helper()
	for _, token := range tokens {
		user := token.Username
		if user == "" {
			user = "any"
		}
		if c.g.SignsIn(t, c.within, user, secret) {
			return true
		}
	}
	return false
}

// seen is what a configuration or a state says of that.
func (c tokenCase) seen(attributes map[string]any) map[string]any {
	delivered := []any{}
	deliveries, _ := attributes["deliveries"].(map[string]any)
	for _, consumer := range c.consumers {
		for _, value := range deliveries {
			if delivery, _ := value.(map[string]any); delivery["project"] == consumer.Path {
				delivered = append(delivered, consumer.Path)
			}
		}
	}
	id, isState := attributes["token_id"]
	if !isState {
		var scopes []string
		for _, scope := range attributes["scopes"].([]any) { //nolint:forcetypeassert // of the configurations above
			scopes = append(scopes, fmt.Sprint(scope))
		}
		slices.Sort(scopes)
		return map[string]any{"count": 1, "delivered": delivered, "working": delivered, "scopes": strings.Join(scopes, " ")}
	}
	live := []any{}
	if attributes["active"] == true && id != nil {
		live = append(live, id)
	}
	if previous, ok := attributes["previous_token_ids"].([]any); ok {
		live = append(live, previous...)
	}
	slices.SortFunc(live, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	said := map[string]any{"live": live, "delivered": delivered}
	if attributes["rotation"] == nil && attributes["active"] == true {
		said["works"] = true // the consumer that every configuration has
	}
	return said
}
