import {
  to = jobtoken_allowlist_entry.reports
  id = "acme/shared-lib:project:acme/reports"
}

resource "jobtoken_allowlist_entry" "reports" {
  project        = "acme/shared-lib"
  target_project = "acme/reports"
  permissions    = ["read_packages", "read_repositories"]
}
