package golden_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/private"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/private/golden"
)

type inner struct {
	ID   int64     `json:"id"`
	Over bool      `json:"over,omitempty"`
	At   time.Time `json:"at"`
}

type value struct {
	Path  string           `json:"path"`
	Inner []inner          `json:"inner,omitempty"`
	IDs   map[string]int64 `json:"ids"`
	Key   []byte           `json:"key"`
	Late  bool             `json:"-"`
}

type renamedInGo struct {
	Key   []byte           `json:"key"`
	Where string           `json:"path"`
	Inner []inner          `json:"inner,omitempty"`
	IDs   map[string]int64 `json:"ids"`
}

type renamed struct {
	Path  string           `json:"where"`
	Inner []inner          `json:"inner,omitempty"`
	IDs   map[string]int64 `json:"ids"`
	Key   []byte           `json:"key"`
}

type more struct {
	value

	New string `json:"new"`
}

type less struct {
	Inner []inner          `json:"inner,omitempty"`
	IDs   map[string]int64 `json:"ids"`
	Key   []byte           `json:"key"`
}

type otherType struct {
	Path  string            `json:"path"`
	Inner []inner           `json:"inner,omitempty"`
	IDs   map[string]string `json:"ids"`
	Key   []byte            `json:"key"`
}

type bare struct {
	Path  string
	Inner []inner          `json:"inner,omitempty"`
	IDs   map[string]int64 `json:"ids"`
	Key   []byte           `json:"key"`
}

// A change of what is written is noticed, unless it gets a version of its own that still reads the former.
func TestChanges(t *testing.T) {
	t.Parallel()
	problems := map[string]func(string) []string{
		"nothing": func(in string) []string {
			return golden.Problems(in, "it", private.Format[value]{Key: "it", Version: 1}, false)
		},
		"a name in Go": func(in string) []string {
			return golden.Problems(in, "it", private.Format[renamedInGo]{Key: "it", Version: 1}, false)
		},
		"a tag": func(in string) []string {
			return golden.Problems(in, "it", private.Format[renamed]{Key: "it", Version: 1}, false)
		},
		"a tag, under a new version": func(in string) []string {
			return golden.Problems(in, "it", private.Format[renamed]{Key: "it", Version: 2}, true)
		},
		"a field": func(in string) []string {
			return golden.Problems(in, "it", private.Format[more]{Key: "it", Version: 1}, false)
		},
		"a field, under a new version": func(in string) []string {
			return golden.Problems(in, "it", private.Format[more]{Key: "it", Version: 2}, true)
		},
		"a field less": func(in string) []string {
			return golden.Problems(in, "it", private.Format[less]{Key: "it", Version: 1}, false)
		},
		"a type": func(in string) []string {
			return golden.Problems(in, "it", private.Format[otherType]{Key: "it", Version: 1}, false)
		},
		"no tag": func(in string) []string {
			return golden.Problems(in, "it", private.Format[bare]{Key: "it", Version: 1}, false)
		},
		"a version without a file": func(in string) []string {
			return golden.Problems(in, "it", private.Format[value]{Key: "it", Version: 2}, false)
		},
		"no version": func(in string) []string { return golden.Problems(in, "it", private.Format[value]{Key: "it"}, false) },
	}
	says := map[string]string{
		"nothing": "", "a name in Go": "", "a tag": "not read any more", "a tag, under a new version": "version 1 is not read any more",
		"a field": "count the version up", "a field, under a new version": "", "a field less": "not read any more", "a type": "not read any more",
		"no tag": "it.Path has no tag", "a version without a file": "-update", "no version": "has a version",
	}
	for name, check := range problems {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := t.TempDir()
			if found := golden.Problems(in, "it", private.Format[value]{Key: "it", Version: 1}, true); len(found) > 0 {
				t.Fatal(found)
			}
			got := strings.Join(check(in), "\n")
			if want := says[name]; !strings.Contains(got, want) || want == "" && got != "" {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// A file holds the value that no field is left out of.
func TestFileIsFull(t *testing.T) {
	t.Parallel()
	in := t.TempDir()
	golden.Problems(in, "it", private.Format[value]{Key: "it", Version: 1}, true)
	text, err := os.ReadFile(filepath.Join(in, "it-v1.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{`"version": 1`, `"path": "it`, `"over": true`, `"id"`, `"at": "`, `"key"`, `"ids"`} {
		if !strings.Contains(string(text), name) {
			t.Errorf("there is no %s in\n%s", name, text)
		}
	}
}

// A field of a type that no golden file can hold is a finding with its place, as any other.
func TestUnknownType(t *testing.T) {
	t.Parallel()
	type strange struct {
		Ratio float64 `json:"ratio"`
	}
	found := golden.Problems(t.TempDir(), "strange", private.Format[strange]{Key: "strange", Version: 1}, true)
	if len(found) != 1 || !strings.Contains(found[0], "strange.ratio is a float64") {
		t.Errorf("finds %q", found)
	}
}
