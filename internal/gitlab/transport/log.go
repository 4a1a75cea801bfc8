package transport

import (
	"net/http"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// log tells of one attempt. Only what is listed here leaves: no query, header or body.
func (t *roundTripper) log(req *http.Request, a *attempt, failure *apierror.Error, wait time.Duration) {
	if t.config.Logger == nil {
		return
	}
	fields := map[string]any{
		"method":      req.Method,
		"path":        t.secrets.hide(apierror.Scrub(req.URL.EscapedPath())),
		"attempt":     a.number,
		"duration_ms": a.took.Milliseconds(),
	}
	if a.operation != "" {
		fields["operation"] = a.operation
	}
	if a.status != 0 {
		fields["status"] = a.status
	}
	if id := a.header.Get("X-Request-Id"); id != "" {
		fields["request_id"] = t.secrets.hide(apierror.Scrub(id))
	}
	if failure != nil {
		fields["error_kind"] = failure.Kind.String()
		if a.network != nil {
			fields["error"] = failure.Note
		}
	}
	if wait > 0 {
		fields["retry_in_ms"] = wait.Milliseconds()
	}
	t.config.Logger(req.Context(), "GitLab request", fields)
}
