resource "jobtoken_allowlist_entry" "deployer" {
  project        = "acme/shared-lib"
  target_project = "acme/deployer"
  permissions    = ["read_packages"]
}

resource "jobtoken_allowlist_entry" "platform" {
  project      = "acme/web"
  target_group = "acme/platform"
}
