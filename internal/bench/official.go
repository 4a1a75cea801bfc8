package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// officialPlan replays what the official provider asks in a plan with no change, ten resources at a
// time as Terraform does: for each list the settings, every page of 20 projects, the groups and the
// instance's settings. Nothing else of that provider, or of Terraform, is counted.
func officialPlan(projects int) func(context.Context, *gitlab) (Sample, error) {
	return func(ctx context.Context, g *gitlab) (s Sample, err error) {
		if err := g.forget(ctx); err != nil {
			return s, err
		}
		start := time.Now()
		err = each(projects, 10, func(i int) error { return g.officialRead(ctx, "estate%2F"+projectName(i)) })
		s.CLI.Wall = time.Since(start).Seconds()
		if err != nil {
			return s, err
		}
		s.Requests, err = g.requests(ctx)
		return s, err
	}
}

func (g *gitlab) officialRead(ctx context.Context, project string) error {
	scope := "/api/v4/projects/" + project + "/job_token_scope"
	get := func(path string) (head, error) {
		return g.callAs(ctx, g.Tokens["terraform"], http.MethodGet, path, nil, nil)
	}
	if _, err := get(scope); err != nil {
		return err
	}
	for page := "1"; page != ""; {
		resp, err := get(fmt.Sprintf("%s/allowlist?page=%s&per_page=20", scope, page))
		if err != nil {
			return err
		}
		page = resp.header.Get("X-Next-Page")
	}
	if _, err := get(scope + "/groups_allowlist?page=1&per_page=20"); err != nil {
		return err
	}
	if resp, err := get("/api/v4/application/settings"); err != nil && resp.status != http.StatusForbidden {
		return err
	}
	return nil
}
