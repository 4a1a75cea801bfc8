data "jobtoken_allowlists" "acme" {
  group = "acme"
  usage = true
}

# What to adopt, as text: terraform output -raw configuration > allowlists.tf
output "configuration" {
  value     = data.jobtoken_allowlists.acme.configuration
  sensitive = true # else every apply prints all of it
}

# Or as the file that examples/estate reads: terraform output -raw estate > estate.yaml
output "estate" {
  value     = yamlencode(data.jobtoken_allowlists.acme.estate)
  sensitive = true
}

output "withheld" {
  description = "The projects that the token may not administer, and why."
  value       = { for path, list in data.jobtoken_allowlists.acme.allowlists : path => list.reason if !list.readable }
}

output "unused" {
  description = "Entries that no job has used, as far as GitLab's log goes back."
  value = {
    for path, list in data.jobtoken_allowlists.acme.allowlists :
    path => [for consumer, entry in list.projects : consumer if entry.last_used == null] if list.readable
  }
}
