package main

import "net/http"

// scene is one part of the walk: what the reader is told, and the steps that follow.
type scene struct {
	title string
	tell  string
	steps []step
}

var scenes = []scene{
	{
		title: "Import what was clicked together over years",
		tell: "In the group acme people have filled job token allowlists by hand. A data source writes the\n" +
			"configuration that takes them over, and its plan changes nothing.",
		steps: []step{
			configure(`data "jobtoken_allowlists" "acme" {
  group             = "acme"
  only_with_entries = true
}

output "configuration" {
  value     = data.jobtoken_allowlists.acme.configuration
  sensitive = true
}
`),
			applyAtOnce, adopt("configuration"), plan, apply,
		},
	},
	{
		title: "Let two more projects in",
		tell: "acme/web gets what its jobs' users may do anyway; acme/deployer may only read packages.\n" +
			"The plan has a line for each.",
		steps: []step{
			configure(`resource "jobtoken_allowlist" "shared-lib" {
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
`),
			applyAtOnce, showList,
		},
	},
	{
		title: "A pipeline fails",
		tell: "Somebody tidies the list in GitLab's settings and removes acme/app. Its next pipeline can no\n" +
			"longer clone the library. The plan names what is missing, and the apply brings it back.",
		steps: []step{
			byHand(http.MethodDelete, "/projects/{acme/shared-lib}/job_token_scope/allowlist/{acme/app}", ""),
			cloneRefused("acme/app", "dev"),
			applyAtOnce,
			cloneWorks("acme/app", "dev"),
			tell("A project that is not on the list stays out, even with a job of its own:"),
			cloneRefused("outside/intruder", "mallory"),
		},
	},
	{
		title: "Somebody lets everybody in",
		tell: "In GitLab's settings somebody adds outside/intruder and switches the list off.\n" +
			"The next plan names both, and the apply of that plan puts it right.",
		steps: []step{
			byHand(http.MethodPost, "/projects/{acme/shared-lib}/job_token_scope/allowlist", `{"target_project_id": {outside/intruder}}`),
			byHand(http.MethodPatch, "/projects/{acme/shared-lib}/job_token_scope", `{"enabled": false}`),
			plan, apply, showList,
		},
	},
	{
		title: "Take it down",
		tell: "The destroy takes back what the state holds, and nothing else. Access stays limited.\n" +
			"(To let go of a list without a change, use a removed block with destroy = false.)",
		steps: []step{destroy, showList},
	}, {
		title: "Where no job token lasts",
		tell: "acme/deployer sets up machines that fetch the library long after its job, and the job's token, have\n" +
			"ended. They get a deploy token, which goes from GitLab's answer into two CI/CD variables of\n" +
			"acme/deployer and nowhere else.",
		steps: []step{
			configure(`resource "jobtoken_project_deploy_token" "machines" {
  project  = "acme/shared-lib"
  name     = "machines"
  username = "machines"
  scopes   = ["read_repository"]
  rotation = { every_days = 90, overlap_days = 14 }
  deliveries = {
    user     = { project = "acme/deployer", key = "SHARED_LIB_USER", store = "username" }
    password = { project = "acme/deployer", key = "SHARED_LIB_PASSWORD" }
  }
}
`),
			plan, apply,
			tell("A machine clones with what is in the variables:"),
			readVariables("acme/deployer", "SHARED_LIB_USER", "SHARED_LIB_PASSWORD"),
			cloneWithVariables(true),
			tell("The password is in no state and no plan. To see that, one more plan is saved and unpacked, what the\n" +
				"provider keeps for itself in a state (.private) is decoded, and all is searched. GitLab's own answer\n" +
				"is searched as well: there the password has to be found."),
			plan,
			searchForPassword,
			tell("The destroy deletes the variables and ends the token:"),
			destroy,
			cloneWithVariables(false),
		},
	},
}
