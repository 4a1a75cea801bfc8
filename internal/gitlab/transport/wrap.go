package transport

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

// Wrap turns any error of client-go or net/http into an [apierror.Error]; nil
// stays nil. An answer that cannot be decoded counts as Uncertain, since
// nothing here tells whether it answered a write.
func Wrap(err error) error {
	if err == nil {
		return nil
	}
	var known *apierror.Error
	if errors.As(err, &known) {
		return known
	}
	var refused *gitlab.ErrorResponse
	if errors.As(err, &refused) {
		header := http.Header{}
		if refused.Response != nil {
			header = refused.Response.Header
		}
		return apierror.FromResponse(refused.StatusCode, header, refused.Body)
	}
	var (
		syntax *json.SyntaxError
		form   *json.UnmarshalTypeError
	)
	if errors.As(err, &syntax) || errors.As(err, &form) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &apierror.Error{
			Kind:      apierror.Unsupported,
			Note:      "GitLab's answer does not have the expected form",
			Uncertain: true,
			Cause:     err,
		}
	}
	return apierror.FromNetwork(err, false)
}
