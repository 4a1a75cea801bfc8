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
  text   = file("${path.module}/estate.yaml")
  estate = yamldecode(local.text)

  # YAML forgets the first of two equal keys. So these are the keys as they are written, for each time that a
  # project is there, and the projects of which YAML has kept fewer.
  written = {
    for block in regexall("(?m)^[\"']?([^\\s:\"'-][^:\"'\\n]*?)[\"']? *:([^\\n]*(?:\\n(?:[ \\r][^\\n]*)?)*)", replace(local.text, "/(^|\\s)#[^\\n]*/", "$1")) :
    block[0] => flatten(regexall("(?m)(?:^ +|[{,] *)[\"']?([^\\s:\"'{},-][^:\"'{},\\n]*?)[\"']? *:(?:\\s|$)", block[1]))...
  }
  kept = { for project, list in local.estate : project => try(concat(keys(list), try(keys(list.projects), []), try(keys(list.groups), [])), []) }
  twice = [
    for project, times in local.written : project if length(times) > 1 || anytrue([
      for key in times[0] : length([for other in times[0] : other if other == key]) > max(1, length([
        for other in try(local.kept[project], []) : other if other == key
      ])) if key != "<<"
    ])
  ]
}

# Every project has a list already: what the file does not say of it is a line of the first plan. Keep
# the block, for projects that come later.
import {
  for_each = local.estate

  to = jobtoken_allowlist.this[each.key]
  id = each.key
}

resource "jobtoken_allowlist" "this" {
  for_each = local.estate

  project = each.key
  enabled = lookup(each.value, "enabled", true)

  projects = { for path, permissions in lookup(each.value, "projects", {}) : path => { permissions = permissions } }
  groups   = { for path, permissions in lookup(each.value, "groups", {}) : path => { permissions = permissions } }

  lifecycle {
    # A misspelled key would otherwise empty the list that it was to fill.
    precondition {
      condition     = try(length(setsubtract(keys(each.value), ["enabled", "projects", "groups"])) == 0, false)
      error_message = "In estate.yaml, ${each.key} may hold \"enabled\", \"projects\" and \"groups\", and nothing else. Write {} where it holds nothing."
    }
    precondition {
      condition     = !contains(local.twice, each.key)
      error_message = "In estate.yaml, ${each.key} or a key of it is there twice, of which YAML would forget one."
    }
    precondition {
      condition     = try(contains([true, false], lookup(each.value, "enabled", true)), false)
      error_message = "In estate.yaml, \"enabled\" of ${each.key} is neither true nor false."
    }
    precondition {
      condition = alltrue([
        for kind in ["projects", "groups"] : try(alltrue([
          for path in keys(lookup(each.value, kind, {})) : each.value[kind][path] == null || can(concat(each.value[kind][path], []))
        ]), false)
      ])
      error_message = "In estate.yaml, \"projects\" and \"groups\" of ${each.key} are maps: a consumer with a colon to a line, and behind it nothing or a list of permissions. Leave out a map that is empty."
    }
  }
}

output "reaches" {
  description = "What each consumer may reach: the file read the other way round."
  value = transpose({
    for project, consumers in local.estate :
    project => concat(try(keys(consumers.projects), []), try(keys(consumers.groups), []))
  })
}
