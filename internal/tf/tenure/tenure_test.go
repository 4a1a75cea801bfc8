package tenure_test

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/overlap"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/tenure"
)

// state is a private state that drops what is set to nothing, as the framework's does.
type state map[string][]byte

func (s state) GetKey(_ context.Context, key string) ([]byte, diag.Diagnostics) { return s[key], nil }

func (s state) SetKey(_ context.Context, key string, value []byte) diag.Diagnostics {
	if len(value) == 0 {
		delete(s, key)
	} else {
		s[key] = value
	}
	return nil
}

func TestMark(t *testing.T) {
	t.Parallel()
	private := state{}
	if mark, _ := tenure.Left(t.Context(), private); mark != nil || mark.For(0) || mark.Holds("enabled") || mark.IDs(gitlab.KindGroup) != nil {
		t.Errorf("a destroy that is no half of a replacement finds %+v", mark)
	}
	tenure.Leave(t.Context(), private, tenure.Mark{
		Key: "list acme/lib", ProjectID: 4, Manages: []string{"enabled"}, Projects: map[string]int64{"acme/app": 2},
		Removes: []tenure.Removal{{Kind: gitlab.KindProject, ID: 3, Path: "acme/web"}},
	})
	mark, diags := tenure.Left(t.Context(), private)
	if diags.HasError() || !mark.For(4) || mark.For(5) || !mark.Holds("enabled") || mark.Holds("groups") ||
		mark.IDs(gitlab.KindProject)["acme/app"] != 2 || len(mark.IDs(gitlab.KindGroup)) > 0 || mark.Removed(gitlab.KindProject)[0].Path != "acme/web" || len(mark.Removed(gitlab.KindGroup)) > 0 {
		t.Errorf("got %+v, %v", mark, diags)
	}
	tenure.Note(t.Context(), private, overlap.Kept{Toggle: true, Groups: []int64{7}})
	if kept, _ := tenure.Noted(t.Context(), private); !kept.Toggle || !kept.Has(gitlab.Target{Kind: gitlab.KindGroup, ID: 7}) {
		t.Errorf("noted %+v", kept)
	}
	// A destroy that failed has stored both: the next plan forgets them.
	tenure.Forget(t.Context(), private)
	if len(private) > 0 {
		t.Errorf("left are %v", private)
	}
}

func TestHandovers(t *testing.T) {
	t.Parallel()
	var handovers tenure.Handovers
	handovers.Put(&tenure.Mark{Key: "a", ProjectID: 1})
	if mark := handovers.Find("a"); !mark.For(1) {
		t.Errorf("got %+v", mark)
	}
	if mark := handovers.Find("b"); mark != nil {
		t.Errorf("got %+v", mark)
	}
}

// Of two that hold the same, the older one finds the younger, whichever read began first.
func TestBirths(t *testing.T) {
	t.Parallel()
	older := tenure.NewSerial()
	younger := max(tenure.NewSerial(), older+1)
	for _, order := range [][]int64{{older, younger}, {younger, older}} {
		var births tenure.Births
		for _, serial := range order {
			births.Note(serial, "list 4 projects")
		}
		if !births.Younger(older, "list 4 projects") || births.Younger(younger, "list 4 projects") || births.Younger(older, "list 4 groups") {
			t.Errorf("%v: the older one does not know", order)
		}
	}
}

func TestSpares(t *testing.T) {
	t.Parallel()
	r := tenure.Record{Carried: []string{"groups"}, Superseded: []string{"enabled"}}
	for name, want := range map[string]bool{"groups": true, "enabled": true, "projects": false} {
		if got := r.Spares(name); got != want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
