package rest

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const (
	defaultPerPage = 20
	maxPerPage     = 100
	maxTotal       = 10_000 // above it, totals are left out
)

func paging(params ...param) []param {
	return append(params, opt("page", integer), opt("per_page", integer))
}

// paged answers with one page of the items, shown by show, and the headers of
// offset pagination.
func paged[T any](r *request, items []T, show func(T) any) (answer, error) {
	page, perPage := r.integer("page"), r.integer("per_page")
	if given[int64](r, "per_page") == nil || perPage < 0 {
		perPage = defaultPerPage
	}
	if perPage == 0 {
		return answer{}, invalidParams("per_page has a value not allowed")
	}
	page, perPage = max(page, 1), min(perPage, maxPerPage)
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
