# Machines that acme/deployer sets up fetch acme/shared-lib, long after the job that set them up has
# ended, and its job token with it. What they sign in with is in two CI/CD variables of acme/deployer.

terraform {
  required_providers {
    jobtoken = {
      source  = "jobtoken/jobtoken"
      version = "~> 0.1"
    }
  }
}

provider "jobtoken" {}

resource "jobtoken_project_deploy_token" "machines" {
  project  = "acme/shared-lib"
  name     = "machines"
  username = "machines"
  scopes   = ["read_repository"]

  rotation = {
    every_days   = 90
    overlap_days = 14
  }

  deliveries = {
    user     = { project = "acme/deployer", key = "SHARED_LIB_USER", store = "username" }
    password = { project = "acme/deployer", key = "SHARED_LIB_PASSWORD" }
  }
}
