data "jobtoken_allowlist" "shared_lib" {
  project = "acme/shared-lib"
}

locals {
  entries = merge(data.jobtoken_allowlist.shared_lib.projects, data.jobtoken_allowlist.shared_lib.groups)
}

output "added" {
  description = "Who let each project and group in, and when."
  value       = { for path, entry in local.entries : path => "${coalesce(entry.added_by, "a deleted user")}, ${entry.added_at}" }
}

output "not_narrowed" {
  description = "Entries with the default permissions: their jobs may do all that the user who runs them may do."
  value       = [for path, entry in local.entries : path if entry.default_permissions]
}
