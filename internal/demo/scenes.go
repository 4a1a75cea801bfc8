package main

import (
	"context"
	"net/http"
)

// scene is one step: what the reader is told, what happens by hand, and the commands that follow.
type scene struct {
	title string
	// tell is read before anything happens.
	tell string
	// configuration replaces main.tf and is shown.
	configuration string
	// byHand is done behind Terraform's back.
	byHand func(context.Context, *stage) error
	// commands are run one after the other.
	commands [][]string
	// showList prints what GitLab's list holds at the end of the scene.
	showList bool
}

var (
	plan    = []string{"plan", "-out=saved.tfplan"}
	apply   = []string{"apply", "saved.tfplan"}
	destroy = []string{"destroy", "-auto-approve"}
)

var scenes = []scene{
	{
		title: "Import what was clicked together over years",
		tell: "acme/shared-lib has a job token allowlist that several people filled by hand.\n" +
			"The configuration repeats it, an import block adopts it: nothing changes.",
		configuration: `import {
  to = jobtoken_allowlist.shared_lib
  id = "acme/shared-lib"
}

resource "jobtoken_allowlist" "shared_lib" {
  project = "acme/shared-lib"
  enabled = true
  projects = {
    "acme/app"     = {}
    "acme/reports" = { permissions = ["read_packages", "read_repositories"] }
  }
  groups = {
    "acme/platform" = {}
  }
}
`,
		commands: [][]string{plan, apply},
	},
	{
		title: "Let two more projects in",
		tell: "acme/web gets what its jobs' users may do anyway; acme/deployer may only read packages.\n" +
			"One line of the plan for each.",
		configuration: `resource "jobtoken_allowlist" "shared_lib" {
  project = "acme/shared-lib"
  enabled = true
  projects = {
    "acme/app"      = {}
    "acme/deployer" = { permissions = ["read_packages"] }
    "acme/reports"  = { permissions = ["read_packages", "read_repositories"] }
    "acme/web"      = {}
  }
  groups = {
    "acme/platform" = {}
  }
}
`,
		commands: [][]string{plan, apply},
		showList: true,
	},
	{
		title: "Somebody changes it by hand",
		tell: "In GitLab's settings somebody adds outside/intruder and lets every project in.\n" +
			"The next plan names both, by name.",
		byHand: func(ctx context.Context, s *stage) error {
			if err := s.call(ctx, http.MethodPost, "/projects/{acme/shared-lib}/job_token_scope/allowlist", `{"target_project_id": {outside/intruder}}`); err != nil {
				return err
			}
			return s.call(ctx, http.MethodPatch, "/projects/{acme/shared-lib}/job_token_scope", `{"enabled": false}`)
		},
		commands: [][]string{plan},
	},
	{
		title:    "Put it right",
		tell:     "The plan that was just reviewed closes the project again and removes the intruder.",
		commands: [][]string{apply},
		showList: true,
	},
	{
		title: "Take it down",
		tell: "The destroy takes back what the state holds, and nothing else. Access stays limited.\n" +
			"(To let go of a list without a change, use a removed block with destroy = false.)",
		commands: [][]string{destroy},
		showList: true,
	},
}
