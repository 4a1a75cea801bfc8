package contract_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/acctest/core"
)

// patience is how many walks a shrinking may take.
const patience = 400

// shrink leaves out of a walk what it still fails without, before the same judge.
func shrink(t testing.TB, wk walk, failed *journey) (walk, *journey) {
	t.Helper()
	judge := failed.findings[0].judge
	wk.Runs = wk.Runs[:failed.number+1]
	left := patience
	for smaller := true; smaller && left > 0; {
		smaller = false
		for _, candidate := range reductions(t, wk) {
			if left--; left <= 0 {
				break
			}
			if j := walkOn(t, candidate); len(j.findings) > 0 && j.findings[0].judge == judge {
				candidate.Runs = candidate.Runs[:j.number+1]
				wk, failed, smaller = candidate, j, true
				break
			}
		}
	}
	return wk, failed
}

// reductions are a walk without one thing each; what takes most away comes first.
func reductions(t testing.TB, wk walk) (all []walk) {
	t.Helper()
	without := func(change func(*walk)) {
		candidate := wk.clone(t)
		change(&candidate)
		all = append(all, candidate)
	}
	for i := range wk.Runs {
		if len(wk.Runs) > 1 {
			without(func(w *walk) { w.Runs = slices.Delete(w.Runs, i, i+1) })
		}
	}
	for _, address := range everyAddress(wk) {
		without(func(w *walk) {
			for _, r := range w.Runs {
				delete(r.Resources, address)
			}
		})
	}
	for i, r := range wk.Runs {
		reduceFlags(without, i, r)
		for n := range r.Before {
			without(func(w *walk) { w.Runs[i].Before = slices.Delete(w.Runs[i].Before, n, n+1) })
		}
		for n := range r.Between {
			without(func(w *walk) { w.Runs[i].Between = slices.Delete(w.Runs[i].Between, n, n+1) })
		}
	}
	for i, r := range wk.Runs {
		for _, address := range slices.Sorted(maps.Keys(r.Resources)) {
			reduceResource(without, i, address, r.Resources[address])
		}
	}
	return all
}

func everyAddress(wk walk) []string {
	all := map[string]bool{}
	for _, r := range wk.Runs {
		for address := range r.Resources {
			all[address] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func reduceFlags(without func(func(*walk)), i int, r run) {
	for _, flag := range []struct {
		isSet bool
		clear func(*run)
	}{
		{r.During != nil, func(r *run) { r.During = nil }},
		{len(r.Replace) > 0 && r.Kill == "", func(r *run) { r.Replace = nil }},
		{len(r.Taint) > 0, func(r *run) { r.Taint = nil }},
		{len(r.Targets) > 0, func(r *run) { r.Targets = nil }},
		{len(r.Forget) > 0, func(r *run) { r.Forget, r.Import = nil, nil }},
		{r.NoRefresh, func(r *run) { r.NoRefresh = false }},
		{r.Parallel, func(r *run) { r.Parallel = false }},
		{r.Kill != "", func(r *run) { r.Kill = "" }},
		{r.Settle, func(r *run) { r.Settle = false }},
	} {
		if flag.isSet {
			without(func(w *walk) { flag.clear(&w.Runs[i]) })
		}
	}
}

// reduceResource takes attributes and entries away, in this run and, where they are the same, in others.
func reduceResource(without func(func(*walk)), i int, address string, resource core.Resource) {
	for _, name := range slices.Sorted(maps.Keys(resource.Config)) {
		entries, nested := resource.Config[name].(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(entries)) {
			without(func(w *walk) { everywhere(w, address, func(config map[string]any) { drop(config[name], key) }) })
			without(func(w *walk) { drop(w.Runs[i].Resources[address].Config[name], key) })
		}
		if !nested && name != "project" && name != "group" && name != "name" && name != "scopes" && name != "username" || nested && name != "deliveries" {
			without(func(w *walk) { everywhere(w, address, func(config map[string]any) { delete(config, name) }) })
		}
	}
	if resource.CreateBeforeDestroy {
		without(func(w *walk) {
			resource.CreateBeforeDestroy = false
			w.Runs[i].Resources[address] = core.Resource{Kind: resource.Kind, Config: w.Runs[i].Resources[address].Config}
		})
	}
}

func everywhere(w *walk, address string, change func(map[string]any)) {
	for _, r := range w.Runs {
		if resource, there := r.Resources[address]; there {
			change(resource.Config)
		}
	}
}

func drop(entries any, key string) {
	if all, is := entries.(map[string]any); is {
		delete(all, key)
	}
}
