package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

func TestSmallerMayPass(t *testing.T) {
	t.Parallel()
	answered := func(status int, body string) error {
		return apierror.FromResponse(status, http.Header{"Content-Type": {"application/json"}}, []byte(body))
	}
	cases := map[string]struct {
		err  error
		want bool
	}{
		"complexity":        {apierror.FromGraphQL([]apierror.GraphQLError{{Message: "Query has complexity of 4, which exceeds max complexity of 3"}}), true},
		"query too large":   {answered(422, `{"errors":[{"message":"Query too large"}]}`), true},
		"failed inside":     {answered(500, `{"errors":[{"message":"Internal server error"}]}`), true},
		"statement timeout": {answered(503, `{"errors":[{"message":"Request timed out."}]}`), true},
		"proxy's patience":  {answered(504, ""), true},
		"failed at 200":     {&apierror.Error{Kind: apierror.Unavailable, Status: 200}, true},
		"wrapped":           {fmt.Errorf("read: %w", &apierror.Error{Kind: apierror.Limit}), true},
		"down":              {answered(502, ""), false},
		"not reached":       {apierror.FromNetwork(errors.New("connection refused"), false), false},
		"cancelled":         {apierror.FromNetwork(context.Canceled, true), false},
		"rate limited":      {answered(429, ""), false},
		"unsupported":       {&apierror.Error{Kind: apierror.Unsupported, Status: 200}, false},
		"not ours":          {errors.New("x"), false},
		"none":              {nil, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := SmallerMayPass(c.err); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
