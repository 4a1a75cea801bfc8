import {
  to = jobtoken_settings.deployer
  id = "acme/deployer"
}

resource "jobtoken_settings" "deployer" {
  project = "acme/deployer"

  inbound_allowlist_enabled = true
  push_repository_allowed   = false
}
