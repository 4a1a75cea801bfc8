package transport

import (
	"net/http"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// SmallerMayPass reports whether an error is worth asking again for fewer things
// at once: a limit, or GitLab's own word that the request was too much or made it
// fail. A GitLab that cannot be reached does not count: halving a batch would
// repeat all tries for each half.
func SmallerMayPass(err error) bool {
	e, ok := apierror.As(err)
	if !ok {
		return false
	}
	switch e.Kind {
	case apierror.Limit:
		return true
	case apierror.Unavailable:
		switch e.Status {
		case http.StatusOK, http.StatusInternalServerError, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
	}
	return false
}
