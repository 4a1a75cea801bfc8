# What a cluster pulls the images of acme/web with, long after the job that installed it has ended.
resource "jobtoken_project_deploy_token" "cluster" {
  project  = "acme/web"
  name     = "cluster"
  username = "cluster"
  scopes   = ["read_registry"]

  rotation = {
    every_days   = 90
    overlap_days = 7
  }

  deliveries = {
    user     = { project = "acme/deployer", key = "REGISTRY_USER", store = "username" }
    password = { project = "acme/deployer", key = "REGISTRY_PASSWORD" }
  }
}
