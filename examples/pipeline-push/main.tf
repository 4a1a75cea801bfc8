# A pipeline of acme/docs pushes a branch.

terraform {
  required_providers {
    jobtoken = {
      source  = "jobtoken/jobtoken"
      version = "~> 0.1"
    }
  }
}

provider "jobtoken" {}

resource "jobtoken_project_access_token" "changelog" {
  project      = "acme/docs"
  name         = "changelog"
  access_level = "developer"
  scopes       = ["write_repository"]

  rotation = {
    every_days   = 30
    overlap_days = 1
  }

  deliveries = {
    pipeline = { project = "acme/docs", key = "CHANGELOG_TOKEN" }
  }
}
