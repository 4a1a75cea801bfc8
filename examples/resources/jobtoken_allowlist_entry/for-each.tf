# One consumer on the lists of several projects, beside the entries of others.
resource "jobtoken_allowlist_entry" "deployer" {
  for_each = toset(["acme/shared-lib", "acme/web", "acme/app"])

  project        = each.key
  target_project = "acme/deployer"
  permissions    = ["read_packages"]
}
