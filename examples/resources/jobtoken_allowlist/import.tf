import {
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
