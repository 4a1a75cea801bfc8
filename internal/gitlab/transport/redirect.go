package transport

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// redirect returns nil where net/http may follow: a GET or HEAD to the same
// origin, as GitLab answers for a project's old path. A write would become a GET,
// or be made at an address nobody named.
func (t *roundTripper) redirect(req *http.Request, a *attempt) *apierror.Error {
	target, err := req.URL.Parse(a.header.Get("Location"))
	failure := &apierror.Error{
		Kind:      apierror.Misdirected,
		Status:    a.status,
		RequestID: a.header.Get("X-Request-Id"),
	}
	switch {
	case err != nil || a.header.Get("Location") == "":
		failure.Note = "GitLab answered with a redirect that leads nowhere"
	case !sameOrigin(target, t.base):
		failure.Note = t.elsewhere(target).Note
	case req.Method != http.MethodGet && req.Method != http.MethodHead:
		failure.Note = fmt.Sprintf("GitLab redirects this %s to %s; only reads are redirected. Is base_url right?", req.Method, place(target))
	default:
		return nil
	}
	return failure
}

// elsewhere is the error of a request that would take the token to another origin.
func (t *roundTripper) elsewhere(target *url.URL) *apierror.Error {
	return &apierror.Error{
		Kind: apierror.Misdirected,
		Note: fmt.Sprintf("redirected from %s to %s, to which the token is not sent. Is base_url right?",
			t.base.String(), place(target)),
	}
}

// place names a target without its query, which may hold a ticket or a token.
func place(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
