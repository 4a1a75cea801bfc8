package private_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/private"
)

// store is private state as the framework keeps it.
type store struct {
	values map[string][]byte
	diags  diag.Diagnostics
}

func (s *store) GetKey(_ context.Context, key string) ([]byte, diag.Diagnostics) {
	return s.values[key], s.diags
}

func (s *store) SetKey(_ context.Context, key string, value []byte) diag.Diagnostics {
	if s.values == nil {
		s.values = map[string][]byte{}
	}
	s.values[key] = value
	return s.diags
}

type known struct {
	Path string           `json:"path"`
	IDs  map[string]int64 `json:"ids"`
}

func TestThereAndBack(t *testing.T) {
	t.Parallel()
	var s store
	want := known{Path: "acme/app", IDs: map[string]int64{"acme/web": 1<<53 + 1}}
	if diags := private.Set(t.Context(), &s, "known", want); diags.HasError() {
		t.Fatal(diags)
	}
	got, diags := private.Get[known](t.Context(), &s, "known")
	if diags.HasError() || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, diags)
	}
}

func TestGetWhatIsNotThere(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string][]byte{
		"no key":                nil,
		"empty":                 {},
		"of an earlier form":    []byte(`{"path": "acme/app", "ids": ["acme/web"]}`),
		"nothing we ever wrote": []byte(`{`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, diags := private.Get[known](t.Context(), &store{values: map[string][]byte{"known": raw}}, "known")
			if diags.HasError() || !reflect.DeepEqual(got, known{}) {
				t.Errorf("got %+v, %v", got, diags)
			}
		})
	}
}

func TestProblemsArePassedOn(t *testing.T) {
	t.Parallel()
	broken := diag.Diagnostics{diag.NewErrorDiagnostic("broken", "")}
	if _, diags := private.Get[known](t.Context(), &store{values: map[string][]byte{"known": []byte(`{}`)}, diags: broken}, "known"); !diags.HasError() {
		t.Error("a failed read is silent")
	}
	if diags := private.Set(t.Context(), &store{diags: broken}, "known", known{}); !diags.HasError() {
		t.Error("a failed write is silent")
	}
	var s store
	if diags := private.Set(t.Context(), &s, "known", func() {}); !diags.HasError() || len(s.values) > 0 {
		t.Error("what cannot be written is written")
	}
}
