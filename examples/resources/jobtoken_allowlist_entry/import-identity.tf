import {
  to = jobtoken_allowlist_entry.reports
  identity = {
    project_id        = 1
    target_project_id = 6
  }
}

resource "jobtoken_allowlist_entry" "reports" {
  project        = "acme/shared-lib"
  target_project = "acme/reports"
  permissions    = ["read_packages", "read_repositories"]
}
