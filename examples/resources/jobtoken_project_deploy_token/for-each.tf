# A token of its own for each cluster: one can be ended without the others. It lasts until a fixed day.
resource "jobtoken_project_deploy_token" "cluster" {
  for_each = {
    blue  = "REGISTRY_PASSWORD_BLUE"
    green = "REGISTRY_PASSWORD_GREEN"
  }

  project    = "acme/web"
  name       = "cluster-${each.key}"
  username   = "cluster-${each.key}"
  scopes     = ["read_registry"]
  expires_at = "2099-01-01"

  deliveries = {
    password = { project = "acme/deployer", key = each.value }
  }
}
