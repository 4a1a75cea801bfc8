package contract_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest/core"
)

// walk is a life of a configuration among others who meddle. It is plain data: it can be written down,
// made smaller, and gone again.
type walk struct {
	Version string `json:"version"`
	// Admin makes the provider's user an administrator.
	Admin bool  `json:"admin,omitempty"`
	Runs  []run `json:"runs"`
}

// run is one plan and its apply.
type run struct {
	// Resources are the whole configuration. A reference such as "#app" is that project's id.
	Resources map[string]core.Resource `json:"resources"`
	// Moves are moved blocks, from the old address to the new one.
	Moves map[string]string `json:"moves,omitempty"`
	// Forget drops objects from the state; Import takes some over by their ids.
	Forget []string          `json:"forget,omitempty"`
	Import map[string]string `json:"import,omitempty"`

	Replace   []string `json:"replace,omitempty"`
	Taint     []string `json:"taint,omitempty"`
	Targets   []string `json:"targets,omitempty"`
	NoRefresh bool     `json:"no_refresh,omitempty"`
	Parallel  bool     `json:"parallel,omitempty"`
	Order     uint64   `json:"order,omitempty"`

	// Before the plan, Between plan and apply, and During the apply others meddle.
	Before  []meddling `json:"before,omitempty"`
	Between []meddling `json:"between,omitempty"`
	During  *strike    `json:"during,omitempty"`
	// Kill ends the run after the creation half of a create_before_destroy.
	Kill string `json:"kill,omitempty"`
	// Settle goes on without meddling until the plan is empty.
	Settle bool `json:"settle,omitempty"`
}

// clone copies all that a change could reach.
func (w walk) clone(t testing.TB) walk {
	t.Helper()
	return decodeWalk(t, w.encode(t))
}

func (w walk) encode(t testing.TB) []byte {
	t.Helper()
	text, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func decodeWalk(t testing.TB, text []byte) walk {
	t.Helper()
	var w walk
	if err := json.Unmarshal(text, &w); err != nil {
		t.Fatal(err)
	}
	for _, r := range w.Runs {
		for address, resource := range r.Resources {
			resource.Config, _ = whole(resource.Config).(map[string]any)
			r.Resources[address] = resource
		}
	}
	return w
}

// whole makes int64 of the numbers that JSON gives.
func whole(plain any) any {
	switch p := plain.(type) {
	case float64:
		return int64(p)
	case map[string]any:
		for key, value := range p {
			p[key] = whole(value)
		}
	case []any:
		for i, value := range p {
			p[i] = whole(value)
		}
	}
	return plain
}

// withoutReplacements is the walk with updates in place alone, as far as its flags go.
func (w walk) withoutReplacements() walk {
	for i := range w.Runs {
		r := &w.Runs[i]
		r.Replace, r.Taint, r.Kill = nil, nil, ""
		if r.During != nil && r.During.Refuse {
			r.During = nil
		}
		for address, resource := range r.Resources {
			resource.CreateBeforeDestroy = false
			r.Resources[address] = resource
		}
	}
	return w
}

// String is the walk for a human: HCL, flags, and what others do.
func (w walk) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "GitLab %s\n", w.Version)
	if w.Admin {
		b.WriteString("as an administrator\n")
	}
	var shown map[string]core.Resource
	for i, r := range w.Runs {
		fmt.Fprintf(&b, "\n--- run %d\n", i+1)
		for from, to := range r.Moves {
			fmt.Fprintf(&b, "moved %s -> %s\n", from, to)
		}
		for name, list := range map[string][]string{"state rm": r.Forget, "taint": r.Taint} {
			if len(list) > 0 {
				fmt.Fprintf(&b, "%s %s\n", name, strings.Join(list, " "))
			}
		}
		for address, id := range r.Import {
			fmt.Fprintf(&b, "import %s %s\n", address, id)
		}
		say(&b, "before the plan", r.Before)
		if shown == nil || !equal(shown, r.Resources) {
			b.WriteString(asHCL(r.Resources))
		} else {
			b.WriteString("# the same configuration\n")
		}
		shown = r.Resources
		fmt.Fprintf(&b, "plan%s\n", r.flags())
		say(&b, "between plan and apply", r.Between)
		if r.During != nil {
			what := "request"
			if r.During.Writes || r.During.Refuse {
				what = "write"
			}
			fmt.Fprintf(&b, "# at %s %d of the apply: %v", what, r.During.At, r.During.Meddle)
			if r.During.Refuse {
				b.WriteString(" refused")
			}
			b.WriteString("\n")
		}
		b.WriteString("apply\n")
		if r.Kill != "" {
			fmt.Fprintf(&b, "# killed once %s is made anew\n", r.Kill)
		}
		if r.Settle {
			b.WriteString("# then apply again without meddling; the plan after that is to be empty\n")
		}
	}
	return b.String()
}

func say(b *strings.Builder, when string, all []meddling) {
	for _, m := range all {
		fmt.Fprintf(b, "# %s: %s\n", when, m)
	}
}

func equal(a, b any) bool { return fmt.Sprintf("%v", a) == fmt.Sprintf("%v", b) }

func (r run) flags() string {
	var b strings.Builder
	if r.NoRefresh {
		b.WriteString(" -refresh=false")
	}
	for _, address := range r.Targets {
		b.WriteString(" -target=" + address)
	}
	for _, address := range r.Replace {
		b.WriteString(" -replace=" + address)
	}
	if !r.Parallel {
		fmt.Fprintf(&b, " -parallelism=1 # order %d", r.Order)
	}
	return b.String()
}

func asHCL(resources map[string]core.Resource) string {
	var b strings.Builder
	for _, address := range slices.Sorted(maps.Keys(resources)) {
		kind, label, _ := strings.Cut(address, ".")
		fmt.Fprintf(&b, "resource %q %q {\n", kind, label)
		config := resources[address].Config
		for _, name := range slices.Sorted(maps.Keys(config)) {
			fmt.Fprintf(&b, "  %s = %s\n", name, hcl(config[name]))
		}
		if resources[address].CreateBeforeDestroy {
			b.WriteString("  lifecycle {\n    create_before_destroy = true\n  }\n")
		}
		b.WriteString("}\n")
	}
	return b.String()
}

func hcl(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case string:
		return fmt.Sprintf("%q", v)
	case map[string]any:
		var parts []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, fmt.Sprintf("%q = %s", key, hcl(v[key])))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		var parts []string
		for _, element := range v {
			parts = append(parts, hcl(element))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	default:
		return fmt.Sprint(v)
	}
}
