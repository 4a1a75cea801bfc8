package main

import (
	"net/http"
	"time"
)

// scene is one part of the walk: what the reader is told, and the steps that follow.
type scene struct {
	title string
	tell  string
	steps []step
}

// list is the configuration of the library's list, with the lines of two consumers that change.
func list(deployer, reports string) string {
	return `resource "jobtoken_allowlist" "shared-lib" {
  project = "acme/shared-lib"
  enabled = true
  projects = {
    "acme/app"      = {}
    "acme/deployer" = ` + deployer + reports + `
  }
  groups = {
    "acme/platform" = {}
  }
}
`
}

const (
	narrowly = `{ permissions = ["read_packages"] }`
	reports  = `
    "acme/reports"  = { permissions = ["read_packages", "read_repositories"] }`

	machines = `resource "jobtoken_project_deploy_token" "machines" {
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
`
)

var scenes = []scene{
	{
		title: "Who reaches whom",
		tell: "In the group acme people have filled job token allowlists by hand for years, and somebody switches one off.\n" +
			"A report finds what is too wide, and draws the rest for GitLab's Markdown.",
		steps: []step{
			byHand(http.MethodPatch, "/projects/{acme/docs}/job_token_scope", `{"enabled": false}`),
			ask(`data "jobtoken_group_report" "acme" {
  group       = "acme"
  unused_days = 180
}
`, map[string]string{
				"risks":   `join("\n", [for risk in data.jobtoken_group_report.acme.risks : "${risk.severity}: ${risk.about}${risk.hcl == null ? "" : " -> ${risk.hcl}"}"])`,
				"mermaid": `data.jobtoken_group_report.acme.mermaid`,
			}),
		},
	},
	{
		title: "A list becomes code",
		tell: "The configuration has acme/app, acme/platform and a new acme/deployer, and forgets acme/reports. What it\n" +
			"would take off the list is in the plan, by name, before it happens.",
		steps: []step{configure(list(narrowly, "")), applyAtOnce},
	},
	{
		title: "A pipeline is refused, and why",
		tell: "The plan was right: acme/reports still needs the library. What its job met is explained, with what mends it.\n" +
			"(docs/guides/a-job-is-refused.md has all texts that GitLab refuses with.)",
		steps: []step{
			cloneRefused("acme/reports", "dev"),
			ask(`data "jobtoken_access_check" "reports" {
  from_project = "acme/reports"
  to_project   = "acme/shared-lib"
  operation    = "clone"
  user         = "dev"
}
`, map[string]string{"reason": "data.jobtoken_access_check.reports.reason", "fix": "data.jobtoken_access_check.reports.fix"}),
		},
	},
	{
		title: "Back in, and one entry wider",
		tell: "acme/reports comes back with the permissions that it had. acme/deployer = {} looks harmless, and lets it do\n" +
			"all that its jobs' users may: the plan warns.",
		steps: []step{
			configure(list("{}", reports)), applyAtOnce, cloneWorks("acme/reports", "dev"),
		},
	},
	{
		title: "From the log to a list",
		tell:  "GitLab's log knows who really comes. The smallest list that keeps them all working, to paste:",
		steps: []step{
			ask(`data "jobtoken_allowlist_proposal" "shared-lib" {
  project       = "acme/shared-lib"
  keep_existing = false
}
`, map[string]string{"hcl": "data.jobtoken_allowlist_proposal.shared-lib.hcl"}),
		},
	},
	{
		title: "Where no job token lasts",
		tell: "acme/deployer sets up machines that fetch the library long after its job, and the job's token, have ended.\n" +
			"They get a deploy token, which goes from GitLab's answer into two CI/CD variables and nowhere else.",
		steps: []step{
			show(machines), configure(list("{}", reports) + machines), quietly(applyAtOnce),
			readVariables("acme/deployer", "SHARED_LIB_USER", "SHARED_LIB_PASSWORD"),
			cloneWithVariables,
			tell("Ninety days later the next plan says that a new one is due. The old one works on for the overlap:"),
			later(90 * 24 * time.Hour), plan, quietly(apply),
			readVariables("acme/deployer", "SHARED_LIB_USER", "SHARED_LIB_PASSWORD"),
			cloneWithVariables, cloneWithFormer(true),
			tell("Neither password is in a state or plan, unpacked and with what the provider keeps for itself (.private)\n" +
				"decoded. GitLab's own answer is searched as well: there one has to be found."),
			searchForPassword,
			tell("The destroy ends both tokens, deletes the variables and takes the list back. Access stays limited:"),
			quietly(destroy), cloneWithFormer(false), showList,
		},
	},
}
