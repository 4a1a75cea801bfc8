// Package query is what list resources have in common: the projects that a list block asks for, the limit,
// and what is said of what is not shown.
package query

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab/apierror"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
)

// Found is what a list shows.
type Found struct {
	// Name tells it from all others.
	Name string
	// Fill writes its identity, and its resource where that is asked for.
	Fill func(context.Context, *list.ListResult) diag.Diagnostics
}

// Gathering is a list in the making.
type Gathering struct {
	// place is the project or group that the list block names.
	place    string
	limit    int64
	found    []Found
	withheld []string
	reason   error
}

// Add adds what was found.
func (g *Gathering) Add(found ...Found) { g.found = append(g.found, found...) }

// Full tells that the limit cuts: nothing more need be read.
func (g *Gathering) Full() bool { return g.limit > 0 && int64(len(g.found)) > g.limit }

// Withhold notes what the token may not list, and why. It tells whether that is why: any other error ends the list.
func (g *Gathering) Withhold(target gitlab.Target, err error) bool {
	if !apierror.Is(err, apierror.Forbidden) && !apierror.Is(err, apierror.NotFound) && !apierror.Is(err, apierror.FineGrained) {
		return false
	}
	g.withheld, g.reason = append(g.withheld, target.String()), cmp.Or(g.reason, err)
	return true
}

// warnings come before the first result: Terraform stops to listen at its limit.
func (g *Gathering) warnings() (diags diag.Diagnostics) {
	if len(g.withheld) > 0 {
		slices.Sort(g.withheld)
		diags.AddWarning(string(diagnose.NotListed.For(g.place)), fmt.Sprintf(
			"The provider's token may not list these, so nothing of them is shown:\n\n  - %s\n\nThe first reason:\n\n%s",
			strings.Join(g.withheld, "\n  - "), diagnose.Detail(g.reason)))
	}
	if g.Full() {
		diags.AddWarning(string(diagnose.ListIsCut.For(g.place)), fmt.Sprintf(
			"There are more than the %d that are shown. Write a higher limit into the list block (without one it is 100), beside config, or list a smaller group.", g.limit))
	}
	return diags
}

// Stream gathers once somebody reads, and shows what was found up to the limit.
func Stream(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream, gather func(context.Context, *Gathering) diag.Diagnostics) {
	stream.Results = func(push func(list.ListResult) bool) {
		g := &Gathering{limit: req.Limit}
		diags := gather(ctx, g)
		if !diags.HasError() {
			diags.Append(g.warnings()...)
		}
		if len(diags) > 0 && !push(list.ListResult{Diagnostics: diags}) || diags.HasError() {
			return
		}
		for i, found := range g.found {
			if g.limit > 0 && int64(i) == g.limit {
				return
			}
			result := req.NewListResult(ctx)
			result.DisplayName = found.Name
			result.Diagnostics.Append(placeless(found.Fill(ctx, &result))...)
			if !push(result) {
				return
			}
		}
	}
}

// placeless takes off attributes: those of a resource are not of its list block.
func placeless(diags diag.Diagnostics) (placed diag.Diagnostics) {
	for _, d := range diags {
		if d.Severity() == diag.SeverityError {
			placed.AddError(d.Summary(), d.Detail())
		} else {
			placed.AddWarning(d.Summary(), d.Detail())
		}
	}
	return placed
}
