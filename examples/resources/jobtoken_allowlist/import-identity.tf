import {
  to = jobtoken_allowlist.shared_lib
  identity = {
    project_id = 1
  }
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
