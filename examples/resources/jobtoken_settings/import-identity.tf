import {
  to = jobtoken_settings.deployer
  identity = {
    project_id = 4
  }
}

resource "jobtoken_settings" "deployer" {
  project = "acme/deployer"

  inbound_allowlist_enabled = true
  push_repository_allowed   = false
}
