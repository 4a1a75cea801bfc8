package credential

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func TestSchemas(t *testing.T) {
	t.Parallel()
	shared := []string{"name", "scopes", "expires_at", "rotation", "deliveries", "delivery_owners", "token_in_state", "token", "token_id", "previous_token_ids", "active", "revoked", "expired", "rotates_at", "rotation_due"}
	for name, c := range map[string]struct {
		kind kind
		make func() resource.Resource
		own  []string
		role string
	}{
		"project_deploy_token": {projectDeployTokens, NewProjectDeployToken, []string{"project", "project_id", "username"}, "Maintainer"},
		"group_deploy_token":   {groupDeployTokens, NewGroupDeployToken, []string{"group", "group_id", "username"}, "Owner"},
		"project_access_token": {projectAccessTokens, NewProjectAccessToken, []string{"project", "project_id", "access_level", "description", "user_id"}, "Maintainer"},
		"group_access_token":   {groupAccessTokens, NewGroupAccessToken, []string{"group", "group_id", "access_level", "description", "user_id"}, "Owner"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := c.kind.schema()
			if diags := s.ValidateImplementation(t.Context()); diags.HasError() {
				t.Errorf("%v", diags)
			}
			if got, want := slices.Sorted(maps.Keys(s.Attributes)), slices.Sorted(slices.Values(append(c.own, shared...))); !slices.Equal(got, want) {
				t.Errorf("the attributes are %v, want %v", got, want)
			}
			if !strings.Contains(s.MarkdownDescription, "Needs the "+c.role+" role in the "+string(c.kind.parent)) {
				t.Errorf("the page does not name the role: %s", s.MarkdownDescription)
			}
			for _, secret := range []string{"token"} {
				if !s.Attributes[secret].IsSensitive() {
					t.Errorf("%s is not sensitive", secret)
				}
			}
			var metadata resource.MetadataResponse
			c.make().Metadata(t.Context(), resource.MetadataRequest{ProviderTypeName: "jobtoken"}, &metadata)
			if metadata.TypeName != "jobtoken_"+name || !metadata.ResourceBehavior.MutableIdentity {
				t.Errorf("got %+v", metadata)
			}
			identity := c.kind.identitySchema()
			if got, want := slices.Sorted(maps.Keys(identity.Attributes)), []string{c.kind.idName(), "token_id"}; !slices.Equal(got, want) {
				t.Errorf("the identity is %v, want %v", got, want)
			}
		})
	}
}

func TestInstantValidator(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		value          types.String
		deploy, access bool
	}{
		"null":                    {types.StringNull(), true, true},
		"unknown":                 {types.StringUnknown(), true, true},
		"a date":                  {types.StringValue("2027-01-31"), true, true},
		"midnight UTC":            {types.StringValue("2027-01-31T00:00:00Z"), true, true},
		"a time of day":           {types.StringValue("2027-01-31T12:00:00Z"), true, false},
		"midnight somewhere else": {types.StringValue("2027-01-31T00:00:00+01:00"), true, false},
		"no such day":             {types.StringValue("2027-02-30"), false, false},
		"no zone":                 {types.StringValue("2027-01-31T12:00:00"), false, false},
		"fractions of midnight":   {types.StringValue("2027-01-31T02:00:00.250+02:00"), true, true},
		"never":                   {types.StringValue("never"), true, true},
		"words":                   {types.StringValue("tomorrow"), false, false},
		"empty":                   {types.StringValue(""), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for kind, valid := range map[tokens.Kind]bool{tokens.Deploy: c.deploy, tokens.Access: c.access} {
				var resp validator.StringResponse
				v := instant{of: kind, orNever: true}
				v.ValidateString(t.Context(), validator.StringRequest{Path: path.Root("expires_at"), ConfigValue: c.value}, &resp)
				if resp.Diagnostics.HasError() == valid {
					t.Errorf("%s: %v", kind, resp.Diagnostics)
				}
				if resp.Diagnostics.HasError() && !strings.Contains(resp.Diagnostics[0].Detail(), v.Description(t.Context())) {
					t.Errorf("%s: it does not say what to write: %s", kind, resp.Diagnostics[0].Detail())
				}
			}
		})
	}
}

func TestRotationLength(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		value          types.Object
		deploy, access bool
	}{
		"null":                {types.ObjectNull(rotationType.AttrTypes), true, true},
		"unknown":             {types.ObjectUnknown(rotationType.AttrTypes), true, true},
		"one unknown":         {rotationOf(types.Int64Unknown(), types.Int64Value(9000)), true, true},
		"without interval":    {rotationOf(types.Int64Null(), types.Int64Value(7)), true, true},
		"the longest":         {rotationOf(types.Int64Value(391), types.Int64Value(7)), true, true},
		"a day more":          {rotationOf(types.Int64Value(392), types.Int64Value(7)), true, false},
		"two years":           {rotationOf(types.Int64Value(730), types.Int64Value(30)), true, false},
		"a century":           {rotationOf(types.Int64Value(36499), types.Int64Value(1)), true, false},
		"more than that":      {rotationOf(types.Int64Value(36500), types.Int64Value(1)), false, false},
		"a sum that overflow": {rotationOf(types.Int64Value(math.MaxInt64), types.Int64Value(math.MaxInt64)), false, false},
		"an overlap alone":    {rotationOf(types.Int64Value(1), types.Int64Value(math.MaxInt64)), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, k := range everyKind {
				var resp validator.ObjectResponse
				rotationLength{k.longestRotation()}.ValidateObject(t.Context(), validator.ObjectRequest{Path: path.Root("rotation"), ConfigValue: c.value}, &resp)
				valid := c.deploy
				if k.token == tokens.Access {
					valid = c.access
				}
				if resp.Diagnostics.HasError() == valid {
					t.Errorf("%s: %v", k.typeName(), resp.Diagnostics)
				}
				if aboutGitLab := resp.Diagnostics.HasError() && strings.Contains(resp.Diagnostics[0].Detail(), "400 days"); aboutGitLab != (!valid && k.token == tokens.Access) {
					t.Errorf("%s: %v", k.typeName(), resp.Diagnostics)
				}
			}
		})
	}
}

// TestScopesAreLowerCase: they are compared as they are written.
func TestScopesAreLowerCase(t *testing.T) {
	t.Parallel()
	pattern := regexp.MustCompile(`^[a-z0-9_]+$`)
	for _, k := range everyKind {
		names := k.scopes()
		if len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
			t.Errorf("%s names a scope twice", k.typeName())
		}
		for _, name := range names {
			if !pattern.MatchString(name) {
				t.Errorf("%s has the scope %q", k.typeName(), name)
			}
		}
	}
	if len(deployTokenScopes) != 7 {
		t.Errorf("a deploy token has %d scopes, want all seven", len(deployTokenScopes))
	}
}

func TestUsernamePattern(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"reader": true, "gitlab+deploy-token-12": true, "a.b_c-D9": true, "": false, "a b": false, "a@b": false, "é": false, "a\n": false} {
		if usernamePattern.MatchString(name) != want {
			t.Errorf("%q: got %t", name, !want)
		}
	}
}

func TestQuoted(t *testing.T) {
	t.Parallel()
	for want, names := range map[string][]string{"": nil, "`a`": {"a"}, "`a` and `b`": {"a", "b"}, "`a`, `b` and `c`": {"a", "b", "c"}} {
		if got := quoted(names); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
