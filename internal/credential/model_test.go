package credential

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/tokens"
)

var everyKind = []kind{projectDeployTokens, groupDeployTokens, projectAccessTokens, groupAccessTokens}

// noon is a time in the middle of a day.
var noon = time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)

func rotationOf(every, overlap attr.Value) types.Object {
	return triggered(every, overlap, types.StringNull())
}

func triggered(every, overlap, trigger attr.Value) types.Object {
	return types.ObjectValueMust(rotationType.AttrTypes, map[string]attr.Value{"every_days": every, "overlap_days": overlap, "trigger": trigger})
}

// stringSet is a set in whatever order the names come.
func stringSet(names ...string) types.Set {
	elements := make([]attr.Value, len(names))
	for i, name := range names {
		elements[i] = types.StringValue(name)
	}
	return types.SetValueMust(types.StringType, elements)
}

// TestModels: each model has what its schema has, and shows its own attributes alone.
func TestModels(t *testing.T) {
	t.Parallel()
	for _, k := range everyKind {
		t.Run(k.typeName(), func(t *testing.T) {
			t.Parallel()
			m := k.make()
			schema := k.schema()
			state := tfsdk.State{Schema: schema, Raw: tftypes.NewValue(schema.Type().TerraformType(t.Context()), nil)}
			v := m.attributes()
			v.Scopes, v.Deliveries = types.SetNull(types.StringType), types.MapNull(schema.Attributes["deliveries"].GetType().(types.MapType).ElemType) //nolint:forcetypeassert // a test
			v.DeliveryOwners = types.MapNull(types.StringType)
			v.Rotation, v.PreviousTokenIDs = types.ObjectNull(rotationType.AttrTypes), types.ListNull(types.Int64Type)
			*v.Parent, *v.ParentID, v.Name = types.StringValue("acme/app"), types.Int64Value(12), types.StringValue("ci")
			if diags := state.Set(t.Context(), m); diags.HasError() {
				t.Fatalf("%v", diags)
			}
			back := k.make()
			if diags := state.Get(t.Context(), back); diags.HasError() || !reflect.DeepEqual(back, m) {
				t.Errorf("got %+v, %v", back, diags)
			}
			if deploy := k.token == tokens.Deploy; (v.deployToken != nil) != deploy || (v.accessToken != nil) == deploy {
				t.Errorf("the attributes are %+v and %+v", v.deployToken, v.accessToken)
			}
			if got, want := v.parent(k), (gitlab.Target{Kind: k.parent, ID: 12, Path: "acme/app"}); got != want {
				t.Errorf("the parent is %v, want %v", got, want)
			}
		})
	}
}

func TestViewRotation(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		value   types.Object
		want    *rotation
		unknown bool
	}{
		"null":            {types.ObjectNull(rotationType.AttrTypes), nil, false},
		"unknown":         {types.ObjectUnknown(rotationType.AttrTypes), nil, true},
		"known":           {rotationOf(types.Int64Value(30), types.Int64Value(7)), &rotation{30, 7}, false},
		"without overlap": {rotationOf(types.Int64Value(30), types.Int64Value(0)), &rotation{30, 0}, false},
		"trigger later":   {triggered(types.Int64Value(30), types.Int64Value(7), types.StringUnknown()), &rotation{30, 7}, false},
		"no interval":     {rotationOf(types.Int64Null(), types.Int64Value(7)), &rotation{0, 7}, false},
		"interval later":  {rotationOf(types.Int64Unknown(), types.Int64Value(7)), nil, true},
		"overlap later":   {rotationOf(types.Int64Value(30), types.Int64Unknown()), nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := attributes{common: &common{Rotation: c.value}}
			if got := v.rotation(); !reflect.DeepEqual(got, c.want) || v.rotationUnknown() != c.unknown {
				t.Errorf("got %+v, unknown %t", got, v.rotationUnknown())
			}
		})
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	shared := common{Name: types.StringValue("ci"), Scopes: stringSet("read_registry", "read_api")}
	for name, c := range map[string]struct {
		attributes attributes
		want       tokens.Request
	}{
		"deploy token": {
			attributes{common: &shared, deployToken: &deployToken{Username: types.StringValue("reader")}},
			tokens.Request{Name: "ci", Scopes: []string{"read_api", "read_registry"}, Username: "reader", ExpiresAt: noon},
		},
		"deploy token, GitLab makes the user name up": {
			attributes{common: &shared, deployToken: &deployToken{Username: types.StringUnknown()}},
			tokens.Request{Name: "ci", Scopes: []string{"read_api", "read_registry"}, ExpiresAt: noon},
		},
		"access token": {
			attributes{common: &shared, accessToken: &accessToken{AccessLevel: types.StringValue("developer"), Description: types.StringValue("why")}},
			tokens.Request{Name: "ci", Scopes: []string{"read_api", "read_registry"}, AccessLevel: 30, Description: "why", ExpiresAt: noon},
		},
		"access token, GitLab's own role": {
			attributes{common: &shared, accessToken: &accessToken{AccessLevel: types.StringNull(), Description: types.StringNull()}},
			tokens.Request{Name: "ci", Scopes: []string{"read_api", "read_registry"}, ExpiresAt: noon},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.attributes.request(noon); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestFlatten(t *testing.T) {
	t.Parallel()
	midnight := noon.Truncate(day)
	token := tokens.Token{ID: 3, Name: "ci", Username: "reader", Scopes: []string{"read_api"}, ExpiresAt: midnight, AccessLevel: 30, UserID: 77, Description: "why"}
	with := func(change func(*tokens.Token)) tokens.Token {
		changed := token
		change(&changed)
		return changed
	}
	for name, c := range map[string]struct {
		token tokens.Token
		// spelled is the expiry that the state had, held the access level and description.
		spelled           types.String
		held, description types.String
		now               time.Time
		deploy, access    string // the expiry afterwards
		active, expired   bool
		level, text       string
	}{
		"kept spelling":          {token, types.StringValue("2027-01-31"), types.StringNull(), types.StringNull(), noon.AddDate(0, 0, -1), "2027-01-31", "2027-01-31", true, false, "developer", "why"},
		"another zone":           {token, types.StringValue("2027-01-31T01:00:00+01:00"), types.StringNull(), types.StringNull(), noon.AddDate(0, 0, -1), "2027-01-31T01:00:00+01:00", "2027-01-31T01:00:00+01:00", true, false, "developer", "why"},
		"another instant":        {token, types.StringValue("2027-02-01"), types.StringNull(), types.StringNull(), noon.AddDate(0, 0, -1), "2027-01-31T00:00:00Z", "2027-01-31", true, false, "developer", "why"},
		"unknown":                {token, types.StringUnknown(), types.StringNull(), types.StringUnknown(), noon.AddDate(0, 0, -1), "2027-01-31T00:00:00Z", "2027-01-31", true, false, "developer", "why"},
		"ended":                  {token, types.StringNull(), types.StringNull(), types.StringNull(), midnight, "2027-01-31T00:00:00Z", "2027-01-31", false, true, "developer", "why"},
		"never":                  {with(func(t *tokens.Token) { t.ExpiresAt = time.Time{} }), types.StringValue("2027-01-31"), types.StringNull(), types.StringNull(), noon, "", "never", true, false, "developer", "why"},
		"revoked, no member now": {with(func(t *tokens.Token) { t.Revoked, t.AccessLevel = true, 0 }), types.StringNull(), types.StringValue("owner"), types.StringNull(), midnight.Add(-time.Second), "2027-01-31T00:00:00Z", "2027-01-31", false, false, "owner", "why"},
		"no description":         {with(func(t *tokens.Token) { t.Description = "" }), types.StringNull(), types.StringNull(), types.StringNull(), midnight.Add(-time.Second), "2027-01-31T00:00:00Z", "2027-01-31", true, false, "developer", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, v := range []attributes{
				{common: &common{ExpiresAt: c.spelled}, deployToken: &deployToken{}},
				{common: &common{ExpiresAt: c.spelled}, accessToken: &accessToken{AccessLevel: c.held, Description: c.description}},
			} {
				v.flatten(c.token, c.now)
				want := c.deploy
				if v.accessToken != nil {
					want = c.access
					if v.AccessLevel.ValueString() != c.level || v.Description.ValueString() != c.text || v.Description.IsUnknown() || v.UserID.ValueInt64() != 77 {
						t.Errorf("access level %s, description %s, user %s", v.AccessLevel, v.Description, v.UserID)
					}
				} else if v.Username.ValueString() != "reader" {
					t.Errorf("user name %s", v.Username)
				}
				if v.ExpiresAt.ValueString() != want || v.ExpiresAt.IsNull() != (want == "") || v.Active.ValueBool() != c.active || v.Expired.ValueBool() != c.expired || v.Revoked.ValueBool() != c.token.Revoked {
					t.Errorf("expires_at %s (want %q), active %s, expired %s, revoked %s", v.ExpiresAt, want, v.Active, v.Expired, v.Revoked)
				}
				if v.TokenID.ValueInt64() != 3 || !v.Scopes.Equal(stringSet("read_api")) {
					t.Errorf("id %s, scopes %s", v.TokenID, v.Scopes)
				}
			}
		})
	}
}

func TestParseInstant(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Time{
		"2027-01-31":                noon.Truncate(day),
		"2027-01-31T12:00:00Z":      noon,
		"2027-01-31T13:00:00+01:00": noon,
		"2027-01-31T12:00:00.000Z":  noon,
		"2027-01-31 12:00:00":       {},
		"2027-02-30":                {},
		"31.1.2027":                 {},
		"":                          {},
	} {
		got, err := parseInstant(text)
		if (err != nil) != want.IsZero() || err == nil && !got.Equal(want) {
			t.Errorf("%q is %s, %v", text, got, err)
		}
	}
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value types.String
		want  time.Time
	}{{types.StringNull(), time.Time{}}, {types.StringUnknown(), time.Time{}}, {types.StringValue("2027-01-31T12:00:00Z"), noon}} {
		if got := (attributes{common: &common{ExpiresAt: c.value}}).expiry(); !got.Equal(c.want) {
			t.Errorf("%s is %s", c.value, got)
		}
	}
}

func TestSameInstant(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spelled types.String
		at      time.Time
		want    bool
	}{
		"never":          {types.StringNull(), time.Time{}, true},
		"null, an end":   {types.StringNull(), noon, false},
		"unknown":        {types.StringUnknown(), noon, false},
		"unknown, never": {types.StringUnknown(), time.Time{}, false},
		"the same":       {types.StringValue("2027-01-31T13:00:00+01:00"), noon, true},
		"another":        {types.StringValue("2027-01-31"), noon, false},
		"no instant":     {types.StringValue("soon"), noon, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := sameInstant(c.spelled, c.at); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestMadeUpName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"gitlab+deploy-token-12": true, "gitlab+deploy-token-": false, "gitlab+deploy-token-ci": false, "deploy-token-12": false, "reader": false, "": false,
	} {
		if madeUpName(name) != want {
			t.Errorf("%q: got %t", name, !want)
		}
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	if got := texts(stringSet("b", "a")); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("got %v", got)
	}
	if got := texts(types.SetNull(types.StringType)); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

// TestSettle: a state that names a token of which nothing is known has no value that is unknown.
func TestSettle(t *testing.T) {
	t.Parallel()
	unknown := func() *common {
		return &common{ExpiresAt: types.StringUnknown(), Token: types.StringUnknown(), RotatesAt: types.StringUnknown(), RotationDue: types.StringUnknown(), TokenID: types.Int64Unknown()}
	}
	for name, v := range map[string]attributes{
		"deploy token": {common: unknown(), deployToken: &deployToken{Username: types.StringUnknown()}},
		"access token": {common: unknown(), accessToken: &accessToken{UserID: types.Int64Unknown(), Description: types.StringUnknown()}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v.settle()
			values := []attr.Value{v.ExpiresAt, v.Token, v.RotatesAt, v.RotationDue, v.TokenID}
			if v.deployToken != nil {
				values = append(values, v.Username)
			} else {
				values = append(values, v.UserID, v.Description)
			}
			for i, value := range values {
				if !value.IsNull() {
					t.Errorf("value %d is %s", i, value)
				}
			}
		})
	}
	known := attributes{common: &common{ExpiresAt: types.StringValue("2027-01-31"), TokenID: types.Int64Value(3)}, deployToken: &deployToken{Username: types.StringValue("reader")}}
	known.settle()
	if known.ExpiresAt.ValueString() != "2027-01-31" || known.TokenID.ValueInt64() != 3 || known.Username.ValueString() != "reader" {
		t.Errorf("what was known is lost: %+v", known)
	}
}
