package credential

import (
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

func TestAlike(t *testing.T) {
	t.Parallel()
	null := types.StringNull()
	deploy := func(username types.String) attributes {
		return attributes{common: &common{Name: types.StringValue("ci"), Scopes: stringSet("read_repository", "read_registry")}, deployToken: &deployToken{Username: username}}
	}
	access := func(rotation types.Object) attributes {
		return attributes{common: &common{Name: types.StringValue("ci"), Scopes: stringSet("api"), Rotation: rotation},
			accessToken: &accessToken{AccessLevel: types.StringValue("developer"), Description: null}}
	}
	never := types.ObjectNull(rotationType.AttrTypes)
	monthly := rotationOf(types.Int64Value(30), types.Int64Value(2))
	scopes, api := []string{"read_registry", "read_repository"}, []string{"api"}
	for name, c := range map[string]struct {
		config attributes
		token  tokens.Token
		want   bool
	}{
		"made up":                  {deploy(null), tokens.Token{Name: "ci", Scopes: scopes, Username: "gitlab+deploy-token-7"}, true},
		"named by somebody":        {deploy(null), tokens.Token{Name: "ci", Scopes: scopes, Username: "machines"}, false},
		"of the user name":         {deploy(types.StringValue("machines")), tokens.Token{Name: "ci", Scopes: scopes, Username: "machines"}, true},
		"of another user name":     {deploy(types.StringValue("machines")), tokens.Token{Name: "ci", Scopes: scopes, Username: "gitlab+deploy-token-7"}, false},
		"of another name":          {deploy(null), tokens.Token{Name: "cd", Scopes: scopes, Username: "gitlab+deploy-token-7"}, false},
		"of fewer scopes":          {deploy(null), tokens.Token{Name: "ci", Scopes: scopes[:1], Username: "gitlab+deploy-token-7"}, false},
		"never used":               {access(never), tokens.Token{Name: "ci", Scopes: api, AccessLevel: 30, CreatedAt: noon}, true},
		"used when it was made":    {access(never), tokens.Token{Name: "ci", Scopes: api, AccessLevel: 30, CreatedAt: noon, LastUsedAt: noon.Add(time.Hour)}, true},
		"used":                     {access(never), tokens.Token{Name: "ci", Scopes: api, AccessLevel: 30, CreatedAt: noon, LastUsedAt: noon.Add(2 * time.Hour)}, false},
		"of another role":          {access(never), tokens.Token{Name: "ci", Scopes: api, AccessLevel: 40, CreatedAt: noon}, false},
		"of other words":           {access(never), tokens.Token{Name: "ci", Scopes: api, AccessLevel: 30, CreatedAt: noon, Description: "by hand"}, false},
		"of the rotation's expiry": {access(monthly), tokens.Token{Name: "ci", Scopes: api, AccessLevel: 30, CreatedAt: noon, ExpiresAt: rotation{30, 2}.expiry(noon)}, true},
		"of another expiry":        {access(monthly), tokens.Token{Name: "ci", Scopes: api, AccessLevel: 30, CreatedAt: noon, ExpiresAt: noon.Add(90 * day)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.config.alike(c.config, c.token); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestDisplayNames(t *testing.T) {
	t.Parallel()
	read, more := []string{"read_repository"}, []string{"read_registry", "read_repository"}
	names := displayNames([]tokens.Token{
		{ID: 1, Name: "alone", Scopes: read},
		{ID: 2, Name: "ci", Scopes: read, ExpiresAt: noon, Username: "gitlab+deploy-token-2"},
		{ID: 3, Name: "ci", Scopes: more, Username: "gitlab+deploy-token-3"},
		{ID: 4, Name: "ci", Scopes: read, ExpiresAt: noon.Add(day), Username: "gitlab+deploy-token-4"},
		{ID: 5, Name: "ci", Scopes: read, ExpiresAt: noon.Add(day), Username: "machines"},
	})
	for id, want := range map[int64]string{
		1: "alone",
		2: "ci (read_repository; ends " + noon.Format(time.RFC3339) + "), in its overlap if id 4 has replaced it",
		3: "ci (read_registry, read_repository; never ends)",
		4: "ci (read_repository; ends " + noon.Add(day).Format(time.RFC3339) + ") id 4",
		5: "ci (read_repository; ends " + noon.Add(day).Format(time.RFC3339) + ") id 5",
	} {
		if names[id] != want {
			t.Errorf("%d is %q, want %q", id, names[id], want)
		}
	}
}
