# Reads the packages of all projects of acme, on the machines that acme/deployer sets up.
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
    password = { project = "acme/deployer", key = "PACKAGES_TOKEN" }
  }
}
