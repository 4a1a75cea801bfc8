package private_test

import (
	"context"
	"reflect"
	"strings"
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
	Path string           `json:"path,omitempty"`
	IDs  map[string]int64 `json:"ids,omitempty"`
}

var format = private.Format[known]{Key: "known", Version: 2}

func TestThereAndBack(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]known{"full": {Path: "acme/app", IDs: map[string]int64{"acme/web": 1<<53 + 1}}, "empty": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s store
			if diags := format.Set(t.Context(), &s, want); diags.HasError() {
				t.Fatal(diags)
			}
			if !strings.HasPrefix(string(s.values["known"]), `{"version":2`) {
				t.Errorf("it is kept as %s", s.values["known"])
			}
			got, diags := format.Get(t.Context(), &s)
			if diags.HasError() || !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, %v", got, diags)
			}
			format.Drop(t.Context(), &s)
			if len(s.values["known"]) > 0 {
				t.Error("it is not dropped")
			}
		})
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		raw   []byte
		want  known
		error []string
	}{
		"no key":           {nil, known{}, nil},
		"empty":            {[]byte{}, known{}, nil},
		"before versions":  {[]byte(`{"Path": "acme/app"}`), known{Path: "acme/app"}, nil},
		"a former version": {[]byte(`{"version": 1, "path": "acme/app"}`), known{Path: "acme/app"}, nil},
		"a newer version": {[]byte(`{"version": 3, "path": "acme/app", "new": {}}`), known{},
			[]string{"version 3 of the format", "reads up to 2", "Use that version of the provider, or a later one"}},
		"another form":          {[]byte(`{"path": "acme/app", "ids": ["acme/web"]}`), known{}, []string{`key "known"`, "former version of the state", "terraform state rm", "import"}},
		"a field of none":       {[]byte(`{"version": 2, "where": "acme/app"}`), known{}, []string{`unknown field "where"`}},
		"nothing we ever wrote": {[]byte(`{`), known{}, []string{"terraform state rm"}},
		"null":                  {[]byte(`null`), known{}, []string{"no object of JSON"}},
		"no version":            {[]byte(`{"version": "2"}`), known{}, []string{"terraform state rm"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, diags := format.Get(t.Context(), &store{values: map[string][]byte{"known": c.raw}})
			if diags.HasError() != (c.error != nil) || !reflect.DeepEqual(got, c.want) {
				t.Fatalf("got %+v, %v", got, diags)
			}
			for _, words := range c.error {
				if detail := diags[0].Detail(); !strings.Contains(detail, words) {
					t.Errorf("it does not say %q: %s", words, detail)
				}
			}
		})
	}
}

func TestProblemsArePassedOn(t *testing.T) {
	t.Parallel()
	broken := diag.Diagnostics{diag.NewErrorDiagnostic("broken", "")}
	if _, diags := format.Get(t.Context(), &store{values: map[string][]byte{"known": []byte(`{}`)}, diags: broken}); !diags.HasError() {
		t.Error("a failed read is silent")
	}
	if diags := format.Set(t.Context(), &store{diags: broken}, known{}); !diags.HasError() {
		t.Error("a failed write is silent")
	}
	var s store
	if diags := (private.Format[func()]{Key: "known", Version: 1}).Set(t.Context(), &s, func() {}); !diags.HasError() || len(s.values) > 0 {
		t.Error("what cannot be written is written")
	}
}
