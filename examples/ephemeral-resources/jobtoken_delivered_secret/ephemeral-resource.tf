resource "jobtoken_project_deploy_token" "machines" {
  project = "acme/shared-lib"
  name    = "machines"
  scopes  = ["read_repository"]

  rotation = {
    every_days   = 90
    overlap_days = 7
  }

  deliveries = {
    password = { project = "acme/deployer", key = "SHARED_LIB_PASSWORD" }
  }
}

ephemeral "jobtoken_delivered_secret" "machines" {
  project  = "acme/deployer"
  key      = "SHARED_LIB_PASSWORD"
  token_id = jobtoken_project_deploy_token.machines.token_id
}
