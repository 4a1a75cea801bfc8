# Tokens in a configuration of their own: a scheduled pipeline applies it every night, see gitlab-ci.yml.

terraform {
  required_providers {
    jobtoken = {
      source  = "jobtoken/jobtoken"
      version = "~> 0.1"
    }
  }
}

provider "jobtoken" {}

# Machines hold it, and fetch it anew once a week: the old one works for 14 days beside the new one.
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
    password = { project = "acme/deployer", key = "SHARED_LIB_PASSWORD" }
  }
}

# Jobs read it when they start and are done within a day.
resource "jobtoken_project_access_token" "editor" {
  project      = "acme/docs"
  name         = "editor"
  access_level = "developer"
  scopes       = ["api"]

  rotation = {
    every_days   = 30
    overlap_days = 1
  }

  deliveries = {
    pipeline = { project = "acme/docs", key = "EDITOR_TOKEN" }
  }
}
