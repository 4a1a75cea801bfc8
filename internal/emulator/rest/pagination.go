package rest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/emulator/store"
)

const (
	defaultPerPage = 20
	maxPerPage     = 100
	maxTotal       = 10_000 // above it, totals are left out
)

func paging(params ...param) []param {
	return append(params, opt("page", integer), opt("per_page", integer), opt("pagination", text))
}

// keysetLists are the lists that GitLab pages by keyset as well. Of these the emulator
// does so for projects.
var keysetLists = []string{"/projects", "/groups", "/groups/:id/projects", "/groups/:id/subgroups", "/groups/:id/descendant_groups", "/users"}

// maxOffset is how far offset pages of what can be paged by keyset go.
const maxOffset = 50_000

func notPaged(text string) error {
	return &failure{status: http.StatusMethodNotAllowed, body: grapeError{text}}
}

// keysetRefused says why a list is not paged by keyset, or nil.
func (r *request) keysetRefused() error {
	switch {
	case r.text("pagination") != "keyset":
		return nil
	case slices.Contains(keysetLists, r.endpoint.path):
		return invalidParams("pagination=keyset of this list is not modelled by the embedded GitLab")
	}
	return notPaged("Keyset pagination is not yet available for this type of request")
}

// paged answers with one page of the items, shown by show, and the headers of
// offset pagination.
func paged[T any](r *request, items []T, show func(T) any) (answer, error) {
	if err := r.keysetRefused(); err != nil {
		return answer{}, err
	}
	page, perPage := r.integer("page"), r.integer("per_page")
	if given[int64](r, "per_page") == nil || perPage < 0 {
		perPage = defaultPerPage
	}
	if perPage == 0 {
		return answer{}, invalidParams("per_page has a value not allowed")
	}
	page, perPage = max(page, 1), min(perPage, maxPerPage)
	if slices.Contains(keysetLists, r.endpoint.path) && page > maxOffset/perPage {
		return answer{}, notPaged(fmt.Sprintf("Offset pagination has a maximum allowed offset of %d for requests that return objects of type %s. "+
			"Remaining records can be retrieved using keyset pagination.", maxOffset, r.endpoint.model()))
	}
	total := int64(len(items))
	pages := max(1, (total+perPage-1)/perPage)
	from := min(min(page-1, pages)*perPage, total)
	shown := make([]any, 0, perPage)
	for _, item := range items[from:min(from+perPage, total)] {
		shown = append(shown, show(item))
	}
	return answer{status: http.StatusOK, body: shown, header: r.pageHeaders(page, perPage, pages, total)}, nil
}

func (r *request) pageHeaders(page, perPage, pages, total int64) http.Header {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	prev, next := "", ""
	if page > 1 && page-1 <= pages {
		prev = number(page - 1)
	}
	if page < pages {
		next = number(page + 1)
	}
	header := http.Header{}
	header.Set("X-Page", number(page))
	header.Set("X-Per-Page", number(perPage))
	header.Set("X-Prev-Page", prev)
	header.Set("X-Next-Page", next)
	var links []string
	link := func(page, rel string) {
		if page != "" {
			links = append(links, fmt.Sprintf("<%s>; rel=%q", r.pageURL(page, perPage), rel))
		}
	}
	link(prev, "prev")
	link(next, "next")
	link("1", "first")
	if total <= maxTotal {
		header.Set("X-Total", number(total))
		header.Set("X-Total-Pages", number(pages))
		link(number(pages), "last")
	}
	header.Set("Link", strings.Join(links, ", "))
	return header
}

// model is the class of what a list holds.
func (e *endpoint) model() string {
	switch {
	case strings.HasSuffix(e.path, "/projects"):
		return "Project"
	case strings.HasSuffix(e.path, "/users"):
		return "User"
	}
	return "Group"
}

// keysetPage answers with the page of projects that follows id_after or id_before; all
// are given in the order of their ids that was asked for. There are no totals, and no
// way but on.
func (r *request) keysetPage(projects []*store.Project, show func(*store.Project) any) (answer, error) {
	if r.text("order_by") != "id" {
		return answer{}, notPaged("Keyset pagination is not yet available for this type of request")
	}
	perPage := r.integer("per_page")
	if given[int64](r, "per_page") == nil || perPage < 0 {
		perPage = defaultPerPage
	}
	if perPage == 0 {
		return answer{}, invalidParams("per_page has a value not allowed")
	}
	shown := projects[:min(int64(len(projects)), perPage, maxPerPage)]
	header := http.Header{}
	if len(shown) > 0 && len(shown) < len(projects) {
		cursor := "id_before"
		if r.text("sort") == "asc" {
			cursor = "id_after"
		}
		next := r.http.URL.Query()
		next.Del("private_token")
		next.Set(cursor, strconv.FormatInt(shown[len(shown)-1].ID, 10))
		header.Set("Link", fmt.Sprintf("<%s?%s>; rel=\"next\"", r.api.baseURL+r.http.URL.EscapedPath(), next.Encode()))
	}
	entities := make([]any, 0, len(shown))
	for _, p := range shown {
		entities = append(entities, show(p))
	}
	return answer{status: http.StatusOK, body: entities, header: header}, nil
}

// pageURL is the request's URL on the configured host, with all its parameters.
func (r *request) pageURL(page string, perPage int64) string {
	query := r.http.URL.Query()
	query.Del("private_token")
	if id := r.pathParam("id"); id != "" {
		query.Set("id", id)
	}
	query.Set("page", page)
	query.Set("per_page", strconv.FormatInt(perPage, 10))
	return r.api.baseURL + (&url.URL{Path: r.http.URL.Path, RawPath: r.http.URL.RawPath}).EscapedPath() + "?" + query.Encode()
}
