package gitlab_test

import (
	"slices"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
)

func TestFineGrained(t *testing.T) {
	t.Parallel()
	got := gitlab.FineGrained("READ_PACKAGES", "admin_jobs", "read_packages")
	if got.Default || !slices.Equal(got.Names, []string{"admin_jobs", "read_packages"}) {
		t.Errorf("got %+v", got)
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	all, none := gitlab.DefaultPermissions(), gitlab.FineGrained()
	read, admin := gitlab.FineGrained("read_jobs"), gitlab.FineGrained("admin_jobs")
	both := gitlab.FineGrained("admin_jobs", "read_jobs")
	other := gitlab.FineGrained("read_packages")
	cases := map[string]struct {
		p, q          gitlab.Permissions
		equal, covers bool
	}{
		"default and default":         {all, gitlab.DefaultPermissions(), true, true},
		"none and none":               {none, gitlab.Permissions{Names: nil}, true, true},
		"same names in another order": {both, gitlab.FineGrained("READ_JOBS", "admin_jobs"), true, true},
		"default covers names":        {all, read, false, true},
		"default covers none":         {all, none, false, true},
		"names do not cover default":  {both, all, false, false},
		"none does not cover default": {none, all, false, false},
		"names cover none":            {read, none, false, true},
		"none does not cover names":   {none, read, false, false},
		"admin includes read":         {admin, read, false, true},
		"read does not include admin": {read, admin, false, false},
		"admin of something else":     {admin, other, false, false},
		"read beside admin":           {both, admin, true, true},
		"admin is more than read":     {both, read, false, true},
		"more covers less":            {gitlab.FineGrained("read_jobs", "read_packages"), read, false, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.p.Equal(c.q); got != c.equal {
				t.Errorf("equal: %t, want %t", got, c.equal)
			}
			if got := c.q.Equal(c.p); got != c.equal {
				t.Errorf("equal the other way round: %t, want %t", got, c.equal)
			}
			if got := c.p.Covers(c.q); got != c.covers {
				t.Errorf("covers: %t, want %t", got, c.covers)
			}
		})
	}
}

func TestPermissionsString(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]gitlab.Permissions{
		"default permissions":       gitlab.DefaultPermissions(),
		"no permissions":            gitlab.FineGrained(),
		"admin_jobs, read_packages": gitlab.FineGrained("read_packages", "admin_jobs"),
	} {
		if got := p.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestPermissionNames(t *testing.T) {
	t.Parallel()
	enum := func(names ...string) reply {
		values := []any{}
		for _, name := range names {
			values = append(values, map[string]any{"name": name})
		}
		return data(map[string]any{"__type": map[string]any{"enumValues": values}})
	}
	cases := map[string]struct {
		answer reply
		want   []string
		kind   apierror.Kind
	}{
		"lower case and sorted": {enum("READ_PACKAGES", "ADMIN_JOBS"), []string{"admin_jobs", "read_packages"}, 0},
		"no such type":          {data(map[string]any{"__type": nil}), nil, apierror.Unsupported},
		"no names":              {enum(), nil, apierror.Unsupported},
		"an error beside null":  {data(map[string]any{"__type": nil}, problem("Timeout on __type")), nil, apierror.Unavailable},
		"an error of the whole": {internalError(), nil, apierror.Unavailable},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t).on("PermissionNames", func(request, func() reply) reply { return c.answer })
			client := s.client()
			for range 2 {
				got, err := client.PermissionNames(t.Context())
				if kind, _ := apierror.KindOf(err); kind != c.kind || !slices.Equal(got, c.want) {
					t.Errorf("got %v, %v", got, err)
				}
			}
			asked := 1
			if c.kind != 0 {
				asked = 2 // errors are not kept
			}
			s.wantRequests("PermissionNames", asked)
		})
	}
}
