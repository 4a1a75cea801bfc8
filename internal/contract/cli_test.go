package contract_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest/core"
)

// A few walks through the real CLI: what the simulated core says of Terraform is true. The same judges
// read the plan as JSON.
func TestAccWalks(t *testing.T) {
	t.Parallel()
	for text := range strings.SplitSeq(*seeds, ",") {
		t.Run("seed "+text, func(t *testing.T) {
			t.Parallel()
			number, err := strconv.ParseUint(text, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			wk := generate(t, number)
			w := newWorld(t, wk.Version, wk.Admin)
			t.Cleanup(w.close)
			j := &journey{w: w, book: newBook(w), lost: map[string]bool{}}
			c := &command{journey: j, cli: acctest.NewCLI(t, &acctest.GitLab{BaseURL: w.proxy.URL, Token: w.token}, "")}
			j.holds = c.state
			for i, r := range wk.Runs {
				j.number = i
				if c.run(t, r); len(j.findings) > 0 {
					t.Fatalf("%s\n\n%s\nwhat happened:\n%s", join(j.findings), wk, strings.Join(j.log, "\n"))
				}
			}
			if *verbose {
				fmt.Printf("%s\n%s\n", wk, strings.Join(j.log, "\n"))
			}
		})
	}
}

// command is a journey with the real CLI.
type command struct {
	*journey

	cli *acctest.CLI
}

// run is one run of a walk, without what the CLI cannot be asked for: being killed.
func (c *command) run(t *testing.T, r run) {
	t.Helper()
	for from, to := range r.Moves {
		c.book.moved(from, to)
	}
	for _, address := range r.Forget {
		c.cli.Run(t, "state", "rm", address) // it may not be there
	}
	for _, address := range r.Taint {
		c.cli.Run(t, "taint", address)
	}
	c.meddle(t, r.Before)
	resources := c.resolved(r.Resources)
	c.cli.Configure(t, c.blocks(t, r)+asHCL(resources))
	tr := &trial{journey: c.journey, t: t, run: r, outcome: &core.Outcome{}}
	tr.run.Kill, tr.run.Parallel = "", true
	c.book.frozen = false
	for address := range r.Import {
		c.book.narrows[address] = true
	}
	c.w.proxy.watch(nil, nil)
	tr.planned = c.w.look()
	if planned := c.cli.Run(t, c.arguments(r)...); planned.Code != 0 {
		c.note("the plan fails:\n%s", planned.Output)
		return // its reasons are judged where there are more of them
	}
	tr.plan = c.plan(t)
	c.book.read(tr.plan, tr.leftoversStay(), tr.run.NoRefresh)
	tr.begin(t)
	applied := c.cli.Run(t, "apply", "-input=false", "-no-color", "saved.tfplan")
	c.note("%s", applied.Output)
	if applied.Code != 0 {
		tr.outcome.Inconsistent = []core.Finding{{Text: "the apply fails"}}
	}
	if meddled := len(r.Between) > 0 || r.During != nil; !meddled && noWords.MatchString(applied.Output) {
		c.hold("no bug words", "%s", applied.Output)
	}
	tr.judge()
}

// blocks are the moved and import blocks of a run.
func (c *command) blocks(t *testing.T, r run) string {
	t.Helper()
	var b strings.Builder
	for _, from := range slices.Sorted(maps.Keys(r.Moves)) {
		fmt.Fprintf(&b, "moved {\n  from = %s\n  to   = %s\n}\n", from, r.Moves[from])
	}
	for address, id := range r.Import {
		var parts []string
		for part := range strings.SplitSeq(id, ":") {
			parts = append(parts, fmt.Sprint(c.withIDs(part)))
		}
		fmt.Fprintf(&b, "import {\n  to = %s\n  id = %q\n}\n", address, strings.Join(parts, ":"))
	}
	return b.String()
}

func (c *command) arguments(r run) []string {
	arguments := []string{"plan", "-input=false", "-no-color", "-out=saved.tfplan"}
	if r.NoRefresh {
		arguments = append(arguments, "-refresh=false")
	}
	for _, address := range r.Targets {
		arguments = append(arguments, "-target="+address)
	}
	for _, address := range r.Replace {
		arguments = append(arguments, "-replace="+address)
	}
	return arguments
}

// plan reads the saved plan as the simulated core would give it.
func (c *command) plan(t *testing.T) *core.Plan {
	t.Helper()
	var saved tfjson.Plan
	c.cli.ShowJSON(t, &saved, "saved.tfplan")
	p := &core.Plan{}
	for _, change := range saved.ResourceChanges {
		prior, _ := whole(change.Change.Before).(map[string]any)
		planned, _ := withUnknown(whole(change.Change.After), change.Change.AfterUnknown).(map[string]any)
		p.Changes = append(p.Changes, &core.Change{
			Address: change.Address, Kind: change.Type, Action: actionOf(change.Change.Actions),
			Prior: prior, Planned: planned, Deposed: change.DeposedKey != "",
		})
	}
	return p
}

func actionOf(actions tfjson.Actions) core.Action {
	switch {
	case actions.CreateBeforeDestroy():
		return core.CreateThenDelete
	case actions.DestroyBeforeCreate():
		return core.DeleteThenCreate
	case actions.Create():
		return core.Create
	case actions.Update():
		return core.Update
	case actions.Delete():
		return core.Delete
	default:
		return core.NoOp
	}
}

// withUnknown puts the word for it in the place of what is not known yet.
func withUnknown(value, unknown any) any {
	switch u := unknown.(type) {
	case bool:
		if u {
			return "(unknown)"
		}
	case map[string]any:
		object, is := value.(map[string]any)
		if !is {
			return value
		}
		for name, inner := range u {
			object[name] = withUnknown(object[name], inner)
		}
	}
	return value
}

// state is what the CLI's state holds. Of deposed objects, it says that they are there.
func (c *command) state(t testing.TB) (all []holding) {
	t.Helper()
	var state tfjson.State
	c.cli.ShowJSON(t, &state)
	if state.Values == nil || state.Values.RootModule == nil {
		return nil
	}
	for _, r := range state.Values.RootModule.Resources {
		attributes, _ := whole(r.AttributeValues).(map[string]any)
		all = append(all, holding{r.Address, r.Type, attributes, r.DeposedKey != ""})
	}
	return all
}
