# The allowlists of many projects, from one YAML file. A project that is taken out of the file loses
# its entries and stays closed; a consumer that is taken out is a "-" line of the plan.

terraform {
  required_providers {
    jobtoken = {
      source  = "jobtoken/jobtoken"
      version = "~> 0.1"
    }
  }
}

# A consumer whose permissions are left out, or misspelt, is an error.
provider "jobtoken" {
  require_permissions = true
}

locals {
  estate = yamldecode(file("${path.module}/estate.yaml"))
}

resource "jobtoken_allowlist" "this" {
  for_each = local.estate

  project = each.key
  enabled = true

  projects = { for path, permissions in lookup(each.value, "projects", {}) : path => { permissions = permissions } }
  groups   = { for path, permissions in lookup(each.value, "groups", {}) : path => { permissions = permissions } }

  lifecycle {
    # A misspelled key would otherwise empty the list that it was to fill.
    precondition {
      condition     = length(setsubtract(keys(each.value), ["projects", "groups"])) == 0
      error_message = "In estate.yaml, ${each.key} may hold \"projects\" and \"groups\", and nothing else."
    }
  }
}

output "reaches" {
  description = "What each consumer may reach: the file read the other way round."
  value = transpose({
    for project, consumers in local.estate :
    project => concat(keys(lookup(consumers, "projects", {})), keys(lookup(consumers, "groups", {})))
  })
}
