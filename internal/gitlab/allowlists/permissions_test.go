package allowlists_test

import (
	"slices"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/gitlabtest"
)

func TestFineGrained(t *testing.T) {
	t.Parallel()
	got := allowlists.FineGrained("READ_PACKAGES", "admin_jobs", "read_packages")
	if got.Default || !slices.Equal(got.Names, []string{"admin_jobs", "read_packages"}) {
		t.Errorf("got %+v", got)
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	all, none := allowlists.DefaultPermissions(), allowlists.FineGrained()
	read, admin := allowlists.FineGrained("read_jobs"), allowlists.FineGrained("admin_jobs")
	both := allowlists.FineGrained("admin_jobs", "read_jobs")
	other := allowlists.FineGrained("read_packages")
	cases := map[string]struct {
		p, q          allowlists.Permissions
		equal, covers bool
	}{
		"default and default":         {all, allowlists.DefaultPermissions(), true, true},
		"none and none":               {none, allowlists.Permissions{Names: nil}, true, true},
		"same names in another order": {both, allowlists.FineGrained("READ_JOBS", "admin_jobs"), true, true},
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
		"more covers less":            {allowlists.FineGrained("read_jobs", "read_packages"), read, false, true},
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
	for want, p := range map[string]allowlists.Permissions{
		"default permissions":       allowlists.DefaultPermissions(),
		"no permissions":            allowlists.FineGrained(),
		"admin_jobs, read_packages": allowlists.FineGrained("read_packages", "admin_jobs"),
	} {
		if got := p.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestPermissionNames(t *testing.T) {
	t.Parallel()
	enum := func(names ...string) gitlabtest.Reply {
		values := []any{}
		for _, name := range names {
			values = append(values, map[string]any{"name": name})
		}
		return gitlabtest.Data(map[string]any{"__type": map[string]any{"enumValues": values}})
	}
	cases := map[string]struct {
		answer gitlabtest.Reply
		want   []string
		kind   apierror.Kind
	}{
		"lower case and sorted": {enum("READ_PACKAGES", "ADMIN_JOBS"), []string{"admin_jobs", "read_packages"}, 0},
		"no such type":          {gitlabtest.Data(map[string]any{"__type": nil}), nil, apierror.Unsupported},
		"no names":              {enum(), nil, apierror.Unsupported},
		"an error beside null":  {gitlabtest.Data(map[string]any{"__type": nil}, gitlabtest.Problem("Timeout on __type")), nil, apierror.Unavailable},
		"an error of the whole": {gitlabtest.InternalError(), nil, apierror.Unavailable},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gitlabtest.NewStub(t).On("PermissionNames", func(gitlabtest.Request, func() gitlabtest.Reply) gitlabtest.Reply { return c.answer })
			client := connect(s)
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
			s.WantRequests("PermissionNames", asked)
		})
	}
}
