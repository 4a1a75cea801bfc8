locals {
  # Who may reach whom. A null or an empty object is an entry with GitLab's default permissions.
  consumers = {
    "acme/shared-lib" = {
      "acme/app"      = { permissions = ["read_packages"] }
      "acme/deployer" = { permissions = ["read_packages"] }
    }
    "acme/web" = {
      "acme/deployer" = { permissions = ["read_jobs"] }
    }
  }
}

resource "jobtoken_allowlist" "all" {
  for_each = local.consumers

  project  = each.key
  enabled  = true
  projects = each.value
}
