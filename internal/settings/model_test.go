package settings

import (
	"reflect"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/allowlists"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

var (
	yes = true
	no  = false
)

func TestDifference(t *testing.T) {
	t.Parallel()
	opened := allowlists.Settings{Outbound: true, PushRepository: true, CrossProjectPush: &yes}
	toggles := func(inbound, others bool) settingsModel {
		return settingsModel{
			InboundAllowlistEnabled: types.BoolValue(inbound), OutboundAllowlistEnabled: types.BoolValue(others),
			PushRepositoryAllowed: types.BoolValue(others), CrossProjectPushAllowed: types.BoolValue(others),
		}
	}
	asOpened, closed := toggles(false, true), toggles(true, false)
	for name, test := range map[string]struct {
		config, state settingsModel
		stored        allowlists.Settings
		want          allowlists.SettingsChange
		meanwhile     int
	}{
		"left out":                        {settingsModel{}, settingsModel{}, opened, allowlists.SettingsChange{}, 0},
		"already so":                      {asOpened, settingsModel{}, opened, allowlists.SettingsChange{}, 0},
		"created":                         {closed, settingsModel{}, opened, allowlists.SettingsChange{InboundAllowlist: &yes, Outbound: &no, PushRepository: &no, CrossProjectPush: &no}, 0},
		"changed":                         {closed, asOpened, opened, allowlists.SettingsChange{InboundAllowlist: &yes, Outbound: &no, PushRepository: &no, CrossProjectPush: &no}, 0},
		"as it was, and others meanwhile": {closed, closed, opened, allowlists.SettingsChange{}, 4},
		"one changed beside others":       {settingsModel{InboundAllowlistEnabled: types.BoolValue(true), PushRepositoryAllowed: types.BoolValue(false)}, closed, opened, allowlists.SettingsChange{}, 2},
	} {
		got, meanwhile := difference(&test.config, &test.state, test.stored)
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: difference() = %+v, want %+v", name, got, test.want)
		}
		if len(meanwhile) != test.meanwhile {
			t.Errorf("%s: %d changed meanwhile", name, len(meanwhile))
		}
	}
}

// A destroy never switches anything on that grants access, and leaves the legacy list alone.
func TestSecure(t *testing.T) {
	t.Parallel()
	all := settingsModel{
		InboundAllowlistEnabled: types.BoolValue(false), OutboundAllowlistEnabled: types.BoolValue(true),
		PushRepositoryAllowed: types.BoolValue(true), CrossProjectPushAllowed: types.BoolValue(true),
	}
	for name, test := range map[string]struct {
		state  settingsModel
		stored allowlists.Settings
		want   allowlists.SettingsChange
	}{
		"nothing held": {settingsModel{}, allowlists.Settings{PushRepository: true, CrossProjectPush: &yes}, allowlists.SettingsChange{}},
		"all held": {
			all, allowlists.Settings{Outbound: true, PushRepository: true, CrossProjectPush: &yes},
			allowlists.SettingsChange{InboundAllowlist: &yes, PushRepository: &no, CrossProjectPush: &no},
		},
		"secure already":             {all, allowlists.Settings{InboundAllowlist: true, CrossProjectPush: &no}, allowlists.SettingsChange{}},
		"without cross-project push": {all, allowlists.Settings{InboundAllowlist: true, PushRepository: true}, allowlists.SettingsChange{PushRepository: &no}},
	} {
		before := test.state
		if got := secure(&test.state, test.stored, func(string) bool { return true }); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: secure() = %+v, want %+v", name, got, test.want)
		}
		if test.state != before {
			t.Errorf("%s: secure() changed the state", name)
		}
	}
}

// After an import everything is filled in; later, null stays null.
func TestFlatten(t *testing.T) {
	t.Parallel()
	stored := allowlists.Settings{InboundAllowlist: true, Outbound: true, CrossProjectPush: nil}
	var imported settingsModel
	flatten(&imported, stored, true)
	want := settingsModel{
		InboundAllowlistEnabled: types.BoolValue(true), OutboundAllowlistEnabled: types.BoolValue(true),
		PushRepositoryAllowed: types.BoolValue(false), CrossProjectPushAllowed: types.BoolNull(),
	}
	if imported != want {
		t.Errorf("after an import: %+v, want %+v", imported, want)
	}
	held := settingsModel{PushRepositoryAllowed: types.BoolValue(true)}
	flatten(&held, stored, false)
	if want := (settingsModel{PushRepositoryAllowed: types.BoolValue(false)}); held != want {
		t.Errorf("after a read: %+v, want %+v", held, want)
	}
}

func TestFlattenEnforcement(t *testing.T) {
	t.Parallel()
	for enforcement, want := range map[allowlists.Enforcement]types.Bool{
		allowlists.EnforcementUnknown: types.BoolNull(),
		allowlists.Enforced:           types.BoolValue(true),
		allowlists.NotEnforced:        types.BoolValue(false),
	} {
		if got := flattenEnforcement(enforcement); got != want {
			t.Errorf("flattenEnforcement(%d) = %s, want %s", enforcement, got, want)
		}
	}
}
