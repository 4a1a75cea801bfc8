# One token in the variables of several projects: all of them get the new one before the old one ends.
resource "jobtoken_group_deploy_token" "packages" {
  group    = "acme"
  name     = "packages"
  username = "packages"
  scopes   = ["read_package_registry"]

  rotation = {
    every_days   = 90
    overlap_days = 7
  }

  deliveries = {
    for project in ["acme/app", "acme/web"] : project => { project = project, key = "PACKAGES_TOKEN" }
  }
}
