package rest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/rules"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

func accessTokenFilters() []param {
	return paging(
		param{name: "state", values: []string{"active", "inactive"}}, opt("revoked", boolean), opt("search", text), opt("sort", text),
		opt("created_after", instant), opt("created_before", instant), opt("last_used_after", instant), opt("last_used_before", instant),
		opt("expires_after", day), opt("expires_before", day),
	)
}

func (a *API) listAccessTokens(kind store.SourceKind) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		parent, err := r.accessTokensOf(kind, rules.CanReadAccessTokens)
		if err != nil {
			return answer{}, err
		}
		found := slices.DeleteFunc(r.state.AccessTokensOf(parent), func(t *store.Token) bool { return !r.selects(t) })
		if order := accessTokenOrder(r.text("sort")); order != nil {
			slices.SortStableFunc(found, order)
		}
		return paged(r, found, func(t *store.Token) any { return r.accessToken(t) })
	}
}

// selects says whether a token passes the filters of the request. A token that
// expires today passes neither state: it is dead, but its day is not over.
func (r *request) selects(t *store.Token) bool {
	now := r.state.Now()
	lapsed := t.ExpiresAt != nil && t.ExpiresAt.Before(store.Today(now))
	revoked := given[bool](r, "revoked")
	switch {
	case r.text("state") == "active" && !t.ActiveAt(now),
		r.text("state") == "inactive" && !t.Revoked && !lapsed,
		revoked != nil && *revoked != t.Revoked:
		return false
	}
	for word := range strings.FieldsSeq(strings.ToLower(r.text("search"))) {
		if !strings.Contains(strings.ToLower(t.Name), word) {
			return false
		}
	}
	return r.within("created", &t.CreatedAt, true) && r.within("last_used", t.LastUsedAt, true) && r.within("expires", t.ExpiresAt, false)
}

// within asks the filters name_after, which includes its end, and name_before.
func (r *request) within(name string, at *time.Time, includesBefore bool) bool {
	after, before := given[time.Time](r, name+"_after"), given[time.Time](r, name+"_before")
	switch {
	case after == nil && before == nil:
		return true
	case at == nil, after != nil && at.Before(*after), before != nil && at.After(*before):
		return false
	}
	return before == nil || includesBefore || at.Before(*before)
}

// accessTokenOrder is the order a value of sort names, or nil: GitLab ignores
// what it does not know. "Never" comes last in ascending order, and first in
// descending; tokens that are alike come by descending id.
func accessTokenOrder(sort string) func(a, b *store.Token) int {
	key, direction := cutLast(sort)
	compare := map[string]func(a, b *store.Token) int{
		"id":         func(a, b *store.Token) int { return cmp.Compare(a.ID, b.ID) },
		"name":       func(a, b *store.Token) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) },
		"created":    func(a, b *store.Token) int { return a.CreatedAt.Compare(b.CreatedAt) },
		"created_at": func(a, b *store.Token) int { return a.CreatedAt.Compare(b.CreatedAt) },
		"expires":    func(a, b *store.Token) int { return compareMoments(a.ExpiresAt, b.ExpiresAt) },
		"last_used":  func(a, b *store.Token) int { return compareMoments(a.LastUsedAt, b.LastUsedAt) },
	}[key]
	if compare == nil || direction != "asc" && direction != "desc" {
		return nil
	}
	return func(a, b *store.Token) int {
		order := compare(a, b)
		if direction == "desc" {
			order = -order
		}
		return cmp.Or(order, cmp.Compare(b.ID, a.ID))
	}
}

// compareMoments puts nil, which is never, behind every moment.
func compareMoments(a, b *time.Time) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return a.Compare(*b)
}

// cutLast cuts a text at its last "_".
func cutLast(text string) (before, after string) {
	at := strings.LastIndexByte(text, '_')
	if at < 0 {
		return text, ""
	}
	return text[:at], text[at+1:]
}
