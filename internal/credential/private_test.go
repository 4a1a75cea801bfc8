package credential

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/credential/delivery"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
)

func TestRecordPrevious(t *testing.T) {
	t.Parallel()
	r := record{Previous: []previous{{ID: 1, Over: true}, {ID: 2}, {ID: 3, Over: true}}}
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
		t.Errorf("the copy changed the record: %v", got)
	}
	if got := (record{}).previousIDs(); got == nil || len(got) != 0 {
		t.Errorf("of none: %v, want an empty list that is not null", got)
	}
}

// TestRecordSurvives: private state is JSON.
func TestRecordSurvives(t *testing.T) {
	t.Parallel()
	want := record{
		Path: "acme/app", Born: noon, Key: delivery.NewKey(), Due: "why",
		Deliveries: map[string]delivery.Sealed{"ci": {Place: delivery.Place{Kind: gitlab.KindProject, ID: 12, Key: "TOKEN", Scope: "*"}, Path: "acme/app", Store: delivery.StoreToken, Hidden: true, MAC: []byte{1, 2}}},
		Leaving:    []delivery.Sealed{{Place: delivery.Place{Kind: gitlab.KindGroup, ID: 3, Key: "OLD", Scope: "prod"}}},
		Previous:   []previous{{ID: 1, EndsAt: noon, Over: true}},
		Lost:       &lost{Request: asked{Name: "ci", Scopes: []string{"read_api"}, ExpiresAt: noon}, Before: []int64{1}},
	}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got record
	if err := json.Unmarshal(text, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestRecordHoldsNoSecret: no field of the record, however deep, can carry one.
func TestRecordHoldsNoSecret(t *testing.T) {
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
	walk(reflect.TypeFor[record](), "record")
	if !seen[reflect.TypeFor[delivery.Sealed]()] || !seen[reflect.TypeFor[asked]()] {
		t.Error("the walk did not get far")
	}
}
