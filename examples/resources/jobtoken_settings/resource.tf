resource "jobtoken_settings" "deployer" {
  project = "acme/deployer"

  inbound_allowlist_enabled  = true
  push_repository_allowed    = true
  cross_project_push_allowed = false
}
