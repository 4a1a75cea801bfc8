package credential

import (
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
)

func TestAlike(t *testing.T) {
	t.Parallel()
	null := types.StringNull()
	deploy := func(username types.String) view {
		return view{common: &common{Name: types.StringValue("ci"), Scopes: stringSet("read_repository", "read_registry")}, deployToken: &deployToken{Username: username}}
	}
	access := func(rotation types.Object) view {
		return view{common: &common{Name: types.StringValue("ci"), Scopes: stringSet("api"), Rotation: rotation},
			accessToken: &accessToken{AccessLevel: types.StringValue("developer"), Description: null}}
	}
	never := types.ObjectNull(rotationType.AttrTypes)
	monthly := rotationOf(types.Int64Value(30), types.Int64Value(2))
	scopes, api := []string{"read_registry", "read_repository"}, []string{"api"}
	for name, c := range map[string]struct {
		config view
		token  gitlab.Token
		want   bool
	}{
		"made up":                  {deploy(null), gitlab.Token{Name: "ci", Scopes: scopes, Username: "gitlab+deploy-token-7"}, true},
		"named by somebody":        {deploy(null), gitlab.Token{Name: "ci", Scopes: scopes, Username: "machines"}, false},
		"of the user name":         {deploy(types.StringValue("machines")), gitlab.Token{Name: "ci", Scopes: scopes, Username: "machines"}, true},
		"of another user name":     {deploy(types.StringValue("machines")), gitlab.Token{Name: "ci", Scopes: scopes, Username: "gitlab+deploy-token-7"}, false},
		"of another name":          {deploy(null), gitlab.Token{Name: "cd", Scopes: scopes, Username: "gitlab+deploy-token-7"}, false},
		"of fewer scopes":          {deploy(null), gitlab.Token{Name: "ci", Scopes: scopes[:1], Username: "gitlab+deploy-token-7"}, false},
		"never used":               {access(never), gitlab.Token{Name: "ci", Scopes: api, AccessLevel: 30, CreatedAt: noon}, true},
		"used when it was made":    {access(never), gitlab.Token{Name: "ci", Scopes: api, AccessLevel: 30, CreatedAt: noon, LastUsedAt: noon.Add(time.Hour)}, true},
		"used":                     {access(never), gitlab.Token{Name: "ci", Scopes: api, AccessLevel: 30, CreatedAt: noon, LastUsedAt: noon.Add(2 * time.Hour)}, false},
		"of another role":          {access(never), gitlab.Token{Name: "ci", Scopes: api, AccessLevel: 40, CreatedAt: noon}, false},
		"of other words":           {access(never), gitlab.Token{Name: "ci", Scopes: api, AccessLevel: 30, CreatedAt: noon, Description: "by hand"}, false},
		"of the rotation's expiry": {access(monthly), gitlab.Token{Name: "ci", Scopes: api, AccessLevel: 30, CreatedAt: noon, ExpiresAt: rotation{30, 2}.expiry(noon)}, true},
		"of another expiry":        {access(monthly), gitlab.Token{Name: "ci", Scopes: api, AccessLevel: 30, CreatedAt: noon, ExpiresAt: noon.Add(90 * day)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.config.alike(c.config, c.token); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}
