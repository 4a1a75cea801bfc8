package credential

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/credential/delivery"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/private/golden"
)

func TestPrivateStatePrevious(t *testing.T) {
	t.Parallel()
	r := privateState{Previous: []previous{{ID: 1, Over: true}, {ID: 2}, {ID: 3, Over: true}}}
	if got := r.over(); !slices.Equal(got, []int64{1, 3}) {
		t.Errorf("over are %v", got)
	}
	if got := r.previousIDs(); !slices.Equal(got, []int64{1, 2, 3}) {
		t.Errorf("previous are %v", got)
	}
	less := r
	less.without(1, 3, 9)
	if got := less.previousIDs(); !slices.Equal(got, []int64{2}) {
		t.Errorf("left are %v", got)
	}
	if got := r.previousIDs(); !slices.Equal(got, []int64{1, 2, 3}) {
		t.Errorf("the copy changed the original: %v", got)
	}
	if got := (privateState{}).previousIDs(); got == nil || len(got) != 0 {
		t.Errorf("of none: %v, want an empty list that is not null", got)
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	golden.Check(t, "record", privateFormat)
	golden.Check(t, "mark", markFormat)
}

// What older versions wrote is read as ever: what is not would make every token anew.
func TestPrivateStateOfOlderVersions(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("testdata", "record-before-tags.json"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := privateFormat.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	want := privateState{
		Path: "acme/app", Born: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), Key: []byte("key"), Due: "why",
		Deliveries: map[string]delivery.Sealed{"ci": {Place: delivery.Place{Kind: gitlab.KindProject, ID: 12, Key: "TOKEN", Scope: "*"}, Path: "acme/web", Store: "token", Hidden: true, MAC: []byte("mac")}},
		Leaving:    []delivery.Sealed{{Place: delivery.Place{Kind: gitlab.KindGroup, ID: 3, Key: "OLD", Scope: "prod"}, Path: "acme", Store: "username", MAC: []byte("mac")}},
		Previous:   []previous{{ID: 1, EndsAt: time.Date(2026, 12, 21, 12, 0, 0, 0, time.UTC), Over: true}},
		Lost: &lost{Request: asked{Name: "ci", Username: "u", Description: "d", Scopes: []string{"read_api"}, AccessLevel: 40, ExpiresAt: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)},
			Before: []int64{1, 2}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// TestPrivateStateHoldsNoSecret: no field of private state, however deep, can carry one.
func TestPrivateStateHoldsNoSecret(t *testing.T) {
	t.Parallel()
	seen := map[reflect.Type]bool{}
	var walk func(of reflect.Type, at string)
	walk = func(of reflect.Type, at string) {
		if of == reflect.TypeFor[gitlab.Secret]() || strings.HasSuffix(strings.ToLower(at), "secret") {
			t.Errorf("%s is a secret", at)
		}
		if seen[of] {
			return
		}
		seen[of] = true
		switch of.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Array:
			walk(of.Elem(), at)
		case reflect.Struct:
			for _, field := range reflect.VisibleFields(of) {
				walk(field.Type, at+"."+field.Name)
			}
		default:
		}
	}
	walk(reflect.TypeFor[privateState](), "privateState")
	walk(reflect.TypeFor[mark](), "mark")
	if !seen[reflect.TypeFor[delivery.Sealed]()] || !seen[reflect.TypeFor[asked]()] {
		t.Error("the walk did not get far")
	}
}

// Previous tokens are taken from the state and private state together.
func TestPrivateStateJoined(t *testing.T) {
	t.Parallel()
	made := noon.Add(-day)
	overlap := rotationOf(types.Int64Value(30), types.Int64Value(2))
	for name, c := range map[string]struct {
		stored   privateState
		rotation types.Object
		expires  types.String
		stated   types.List
		want     []previous
	}{
		"both name it":                      {privateState{Previous: []previous{{ID: 1, EndsAt: noon}}}, overlap, types.StringNull(), idList([]int64{1}), []previous{{ID: 1, EndsAt: noon}}},
		"private state alone names it":      {privateState{Previous: []previous{{ID: 1, EndsAt: noon}}}, overlap, types.StringNull(), types.ListNull(types.Int64Type), []previous{{ID: 1, EndsAt: noon}}},
		"each names one":                    {privateState{Previous: []previous{{ID: 1, Over: true}}}, types.ObjectNull(rotationType.AttrTypes), types.StringNull(), idList([]int64{2}), []previous{{ID: 1, Over: true}, {ID: 2, Over: true}}},
		"the state alone, no rotation":      {privateState{}, types.ObjectNull(rotationType.AttrTypes), types.StringNull(), idList([]int64{1, 2}), []previous{{ID: 1, Over: true}, {ID: 2, Over: true}}},
		"the state alone, no overlap":       {privateState{}, rotationOf(types.Int64Value(30), types.Int64Value(0)), types.StringNull(), idList([]int64{1}), []previous{{ID: 1, Over: true}}},
		"the state alone, its birth known":  {privateState{Born: made}, overlap, types.StringNull(), idList([]int64{1}), []previous{{ID: 1, EndsAt: made.Add(2 * day)}}},
		"the state alone, its expiry known": {privateState{}, overlap, types.StringValue("2027-03-01T00:00:00Z"), idList([]int64{1}), []previous{{ID: 1, EndsAt: time.Date(2027, 1, 29, 0, 0, 0, 0, time.UTC)}}},
		"the state alone, nothing known":    {privateState{}, overlap, types.StringNull(), idList([]int64{1}), []previous{{ID: 1, Over: true}}},
		"the token itself":                  {privateState{}, overlap, types.StringNull(), idList([]int64{9}), nil},
		"unknown":                           {privateState{Previous: []previous{{ID: 1}}}, overlap, types.StringNull(), types.ListUnknown(types.Int64Type), []previous{{ID: 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state := attributes{common: &common{TokenID: types.Int64Value(9), Rotation: c.rotation, ExpiresAt: c.expires, PreviousTokenIDs: c.stated}}
			if got := c.stored.joined(state).Previous; !slices.Equal(got, c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
