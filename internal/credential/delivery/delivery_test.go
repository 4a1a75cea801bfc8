package delivery

import (
	"maps"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/variables"
)

var deployTokenDelivery = ObjectType(StoreToken, StoreUsername)

// object is a delivery of a deploy token with the attributes given, and null for the rest.
func object(t *testing.T, given map[string]attr.Value) types.Object {
	t.Helper()
	attributes := map[string]attr.Value{}
	for name, of := range deployTokenDelivery.AttrTypes {
		attributes[name] = types.StringNull()
		if of.Equal(types.BoolType) {
			attributes[name] = types.BoolNull()
		}
	}
	maps.Copy(attributes, given)
	made, diags := types.ObjectValue(deployTokenDelivery.AttrTypes, attributes)
	if diags.HasError() {
		t.Fatal(diags)
	}
	return made
}

// one is the delivery that a map of one object expands to.
func one(t *testing.T, given map[string]attr.Value) Delivery {
	t.Helper()
	return Expand(types.MapValueMust(deployTokenDelivery, map[string]attr.Value{"one": object(t, given)}))["one"]
}

type given = map[string]attr.Value

func text(value string) types.String { return types.StringValue(value) }

func truth(value bool) types.Bool { return types.BoolValue(value) }

func TestExpand(t *testing.T) {
	t.Parallel()
	project := gitlab.Target{Kind: gitlab.KindProject}
	for name, c := range map[string]struct {
		given given
		want  Delivery
	}{
		"the defaults of a secret": {
			given{"project": text("acme/app"), "key": text("KEY")},
			Delivery{Owner: project, Spelled: "acme/app", Key: "KEY", Scope: "*", Store: "token", Protected: true, Masked: true, Raw: true},
		},
		"the defaults of a user name": {
			given{"project": text("acme/app"), "key": text("KEY"), "store": text("username")},
			Delivery{Owner: project, Spelled: "acme/app", Key: "KEY", Scope: "*", Store: "username", Protected: true, Raw: true},
		},
		"a group": {
			given{"group": text("acme"), "key": text("KEY"), "environment_scope": text("review/*")},
			Delivery{Owner: gitlab.Target{Kind: gitlab.KindGroup}, Spelled: "acme", Key: "KEY", Scope: "review/*", Store: "token", Protected: true, Masked: true, Raw: true},
		},
		"all the other way round": {
			given{"project": text("12"), "key": text("KEY"), "protected": truth(false), "masked": truth(false), "raw": truth(false), "store": text("token")},
			Delivery{Owner: project, Spelled: "12", Key: "KEY", Scope: "*", Store: "token"},
		},
		"hidden is masked": {
			given{"project": text("12"), "key": text("KEY"), "masked": truth(false), "hidden": truth(true)},
			Delivery{Owner: project, Spelled: "12", Key: "KEY", Scope: "*", Store: "token", Protected: true, Masked: true, Hidden: true, Raw: true},
		},
		"a project that is unknown": {
			given{"project": types.StringUnknown(), "key": text("KEY")},
			Delivery{Owner: project, Key: "KEY", Scope: "*", Store: "token", Protected: true, Masked: true, Raw: true, Unknown: true},
		},
		"a group that is unknown": {
			given{"group": types.StringUnknown(), "key": text("KEY")},
			Delivery{Owner: gitlab.Target{Kind: gitlab.KindGroup}, Key: "KEY", Scope: "*", Store: "token", Protected: true, Masked: true, Raw: true, Unknown: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := one(t, c.given)
			c.want.Label = "one"
			if !alike(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
			for attribute, value := range c.given {
				if !got.Object().Attributes()[attribute].Equal(value) {
					t.Errorf("the object has %s = %s", attribute, got.Object().Attributes()[attribute])
				}
			}
		})
	}
}

func alike(a, b Delivery) bool {
	return a.Label == b.Label && a.Spelled == b.Spelled && a.Place() == b.Place() && a.Store == b.Store && a.Protected == b.Protected &&
		a.Masked == b.Masked && a.Hidden == b.Hidden && a.Raw == b.Raw && a.Unknown == b.Unknown
}

// What is unknown as a whole may hold the secret: nothing may be decided without it.
func TestExpandUnknown(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]types.Map{
		"the map":   types.MapUnknown(deployTokenDelivery),
		"a value":   types.MapValueMust(deployTokenDelivery, given{"one": types.ObjectUnknown(deployTokenDelivery.AttrTypes)}),
		"null":      types.MapNull(deployTokenDelivery),
		"no values": types.MapValueMust(deployTokenDelivery, given{}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := slices.Collect(maps.Values(Expand(of)))
			if empty := of.IsNull() || len(of.Elements()) == 0 && !of.IsUnknown(); empty {
				if len(got) != 0 {
					t.Errorf("got %+v of nothing", got)
				}
				return
			}
			if len(got) != 1 || !got[0].Unknown || got[0].Store != StoreToken {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestSameAndFlags(t *testing.T) {
	t.Parallel()
	base := given{"project": text("acme/app"), "key": text("KEY")}
	for name, c := range map[string]struct {
		change      given
		same, flags bool
	}{
		"nothing":               {nil, true, false},
		"the spelling":          {given{"project": text("12")}, true, false},
		"a default written":     {given{"masked": truth(true), "hidden": truth(false), "environment_scope": text("*")}, true, false},
		"protected":             {given{"protected": truth(false)}, true, true},
		"masked":                {given{"masked": truth(false)}, true, true},
		"raw":                   {given{"raw": truth(false)}, true, true},
		"the key":               {given{"key": text("OTHER")}, false, false},
		"the scope":             {given{"environment_scope": text("production")}, false, false},
		"the store":             {given{"store": text("username")}, false, true},
		"hidden":                {given{"hidden": truth(true)}, false, false},
		"a group of that id":    {given{"project": types.StringNull(), "group": text("12")}, false, false},
		"a key that is to come": {given{"key": types.StringUnknown()}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := maps.Clone(base)
			maps.Copy(changed, c.change)
			a, b := one(t, base), one(t, changed)
			a.Owner.ID, b.Owner.ID = 12, 12
			if b.Same(a) != c.same || a.Same(b) != c.same {
				t.Errorf("the same: %t and %t, want %t", b.Same(a), a.Same(b), c.same)
			}
			if b.Flags(a) != c.flags {
				t.Errorf("other flags: %t, want %t", b.Flags(a), c.flags)
			}
		})
	}
	elsewhere := one(t, base)
	elsewhere.Owner.ID = 13
	if elsewhere.Same(one(t, base)) {
		t.Error("two projects are the same")
	}
}

// The state shows other flags than it had, and leaves out what is left out and as it should be.
func TestAs(t *testing.T) {
	t.Parallel()
	d := one(t, given{"project": text("acme/app"), "key": text("KEY"), "masked": truth(true)})
	for name, c := range map[string]struct {
		stored variables.Variable
		want   given
	}{
		"as it was": {
			variables.Variable{Protected: true, Masked: true, Raw: true},
			given{"protected": types.BoolNull(), "masked": truth(true), "raw": types.BoolNull()},
		},
		"all other": {
			variables.Variable{}, given{"protected": truth(false), "masked": truth(false), "raw": truth(false)},
		},
		"one other": {
			variables.Variable{Protected: true, Masked: true}, given{"protected": types.BoolNull(), "masked": truth(true), "raw": truth(false)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := d.As(c.stored).Attributes()
			for attribute, want := range c.want {
				if !got[attribute].Equal(want) {
					t.Errorf("%s = %s, want %s", attribute, got[attribute], want)
				}
			}
			if !got["key"].Equal(text("KEY")) || !got["hidden"].IsNull() {
				t.Errorf("the rest changed: %s", got)
			}
		})
	}
	if !d.Object().Attributes()["raw"].IsNull() {
		t.Error("the delivery itself changed")
	}
}

func TestSpelledAs(t *testing.T) {
	t.Parallel()
	written := one(t, given{"project": text("12"), "key": text("KEY"), "raw": truth(false)})
	held := one(t, given{"project": text("acme/app"), "key": text("KEY")})
	want := object(t, given{"project": text("acme/app"), "key": text("KEY"), "raw": truth(false)})
	if got := written.SpelledAs(held); !got.Equal(want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestVariable(t *testing.T) {
	t.Parallel()
	for scope, want := range map[string]string{
		"*": "KEY of project acme/app (id 12)", "production": "KEY (production) of project acme/app (id 12)",
	} {
		d := Delivery{Owner: gitlab.Target{Kind: gitlab.KindProject, ID: 12, Path: "acme/app"}, Key: "KEY", Scope: scope}
		if got := d.Variable(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := seal(d, NewKey(), gitlab.NewSecret("secret")).Variable(); got != want {
			t.Errorf("sealed it is %q, want %q", got, want)
		}
	}
}

func TestPath(t *testing.T) {
	t.Parallel()
	d := Delivery{Label: "one"}
	if got, whole := d.Path("key").String(), d.Path("").String(); got != `deliveries["one"].key` || whole != `deliveries["one"]` {
		t.Errorf("got %s and %s", got, whole)
	}
}
