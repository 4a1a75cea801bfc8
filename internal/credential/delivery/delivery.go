package delivery

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/variables"
)

// Delivery is one value of the map deliveries.
type Delivery struct {
	Label string
	// Owner is the project or group of the variable. [Expand] gives its kind alone; who resolves Spelled
	// fills in the rest.
	Owner gitlab.Target
	// Spelled is the owner as the configuration has it: a path or an id.
	Spelled string
	Key     string
	Scope   string
	// Store is [StoreToken] or [StoreUsername].
	Store                          string
	Protected, Masked, Hidden, Raw bool
	// Description is the variable's; nil leaves it as it is.
	Description *string
	// Unknown means that something of it is known only after the apply.
	Unknown bool

	object types.Object
}

// Holds tells whether one of some deliveries goes into a variable.
func Holds(deliveries map[string]Delivery, place Place) bool {
	for _, d := range deliveries {
		if !d.Unknown && d.Place() == place {
			return true
		}
	}
	return false
}

// Expand reads the map deliveries. An unknown map is one delivery that is unknown.
func Expand(deliveries types.Map) map[string]Delivery {
	expanded := map[string]Delivery{}
	if deliveries.IsUnknown() {
		return map[string]Delivery{"": {Unknown: true, Store: StoreToken}}
	}
	for label, element := range deliveries.Elements() {
		object, ok := element.(types.Object)
		if !ok || object.IsUnknown() || object.IsNull() {
			expanded[label] = Delivery{Label: label, Unknown: true, Store: StoreToken}
			continue
		}
		expanded[label] = expand(label, object)
	}
	return expanded
}

func expand(label string, object types.Object) Delivery {
	d := Delivery{Label: label, object: object}
	d.Owner.Kind, d.Spelled = gitlab.KindProject, d.text("project", "")
	if group := d.text("group", ""); group != "" || d.unknown("group") {
		d.Owner.Kind, d.Spelled = gitlab.KindGroup, group
	}
	d.Key, d.Scope, d.Store = d.text("key", ""), d.text("environment_scope", variables.EveryEnvironment), d.text("store", StoreToken)
	d.Hidden, d.Protected, d.Raw = d.truth("hidden", false), d.truth("protected", true), d.truth("raw", true)
	d.Masked = d.truth("masked", d.Store == StoreToken) || d.Hidden
	if description, ok := object.Attributes()["description"].(types.String); ok && !description.IsNull() {
		d.Description = description.ValueStringPointer()
	}
	for name := range object.Attributes() {
		d.Unknown = d.Unknown || d.unknown(name)
	}
	return d
}

func (d *Delivery) unknown(name string) bool {
	value, ok := d.object.Attributes()[name]
	return ok && value.IsUnknown()
}

func (d *Delivery) text(name, otherwise string) string {
	if value, ok := d.object.Attributes()[name].(types.String); ok && !value.IsNull() && !value.IsUnknown() {
		return value.ValueString()
	}
	return otherwise
}

func (d *Delivery) truth(name string, otherwise bool) bool {
	if value, ok := d.object.Attributes()[name].(types.Bool); ok && !value.IsNull() {
		return value.ValueBool()
	}
	return otherwise
}

// Path is where the configuration has the delivery, and an attribute of it.
func (d Delivery) Path(attribute string) path.Path {
	at := path.Root("deliveries").AtMapKey(d.Label)
	if attribute == "" {
		return at
	}
	return at.AtName(attribute)
}

// Place is the variable of a delivery.
type Place struct {
	Kind  gitlab.Kind `json:"kind"`
	ID    int64       `json:"id"`
	Key   string      `json:"key"`
	Scope string      `json:"scope"`
}

// Place is the variable it goes to; comparable.
func (d Delivery) Place() Place { return Place{d.Owner.Kind, d.Owner.ID, d.Key, d.Scope} }

// Variable names the delivery for messages: DEPLOY_TOKEN of project acme/app (id 12).
func (d Delivery) Variable() string { return Named(d.Key, d.Scope, d.Owner) }

// Named names a variable for messages: DEPLOY_TOKEN (production) of project acme/app (id 12).
func Named(key, scope string, owner gitlab.Target) string {
	return keyAndScope(key, scope) + " of " + owner.String()
}

func keyAndScope(key, scope string) string {
	if scope != variables.EveryEnvironment {
		key += " (" + scope + ")"
	}
	return key
}

// change is the variable that a delivery asks for.
func (d Delivery) change(value gitlab.Secret) variables.Change {
	change := variables.Change{Variable: variables.Variable{
		Key: d.Key, Value: value, Protected: d.Protected, Masked: d.Masked, Hidden: d.Hidden, Raw: d.Raw, Scope: d.Scope,
	}}
	if d.Description != nil {
		change.Description, change.Describe = *d.Description, true
	}
	return change
}

// Same tells whether two deliveries put the same thing into the same variable, other flags apart.
func (d Delivery) Same(other Delivery) bool {
	return !d.Unknown && !other.Unknown && d.Place() == other.Place() && d.Store == other.Store && d.Hidden == other.Hidden
}

// Flags tells whether flags differ that can be changed in place, or the description.
func (d Delivery) Flags(other Delivery) bool {
	described := d.Description == nil || other.Description != nil && *d.Description == *other.Description
	return d.Protected != other.Protected || d.Masked != other.Masked || d.Raw != other.Raw || !described
}

// As writes the delivery as the state has it: with the flags that the server shows, left out where
// they were and are the defaults, and with its description where there was one.
func (d Delivery) As(stored variables.Variable) types.Object {
	attributes := make(map[string]attr.Value, len(d.object.Attributes()))
	for name, value := range d.object.Attributes() {
		attributes[name] = value
	}
	for name, flag := range map[string]struct{ held, shown bool }{
		"protected": {d.Protected, stored.Protected}, "masked": {d.Masked, stored.Masked}, "raw": {d.Raw, stored.Raw},
	} {
		if flag.held != flag.shown {
			attributes[name] = types.BoolValue(flag.shown)
		}
	}
	if d.Description != nil {
		attributes["description"] = types.StringValue(stored.Description)
	}
	return types.ObjectValueMust(d.object.AttributeTypes(context.Background()), attributes)
}

// Object is the delivery as the configuration has it.
func (d Delivery) Object() types.Object { return d.object }

// SpelledAs is the delivery with the owner in the words of another.
func (d Delivery) SpelledAs(other Delivery) types.Object {
	attributes := make(map[string]attr.Value, len(d.object.Attributes()))
	for name, value := range d.object.Attributes() {
		attributes[name] = value
	}
	for _, name := range []string{"project", "group"} {
		attributes[name] = other.object.Attributes()[name]
	}
	return types.ObjectValueMust(d.object.AttributeTypes(context.Background()), attributes)
}
