# A token for machines outside GitLab: its secret goes into a CI/CD variable, and from there into Vault.

terraform {
  required_version = ">= 1.11"

  required_providers {
    jobtoken = {
      source  = "jobtoken/jobtoken"
      version = "~> 0.1"
    }
    vault = {
      source = "hashicorp/vault"
    }
  }
}

provider "jobtoken" {}

resource "jobtoken_project_deploy_token" "machines" {
  project  = "acme/shared-lib"
  name     = "machines"
  username = "machines"
  scopes   = ["read_repository"]

  # Vault gets the new secret after the old one could have ended: machines want an overlap.
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

resource "vault_kv_secret_v2" "machines" {
  mount = "kv"
  name  = "gitlab/shared-lib"

  data_json_wo = jsonencode({
    username = jobtoken_project_deploy_token.machines.username
    password = ephemeral.jobtoken_delivered_secret.machines.value
  })
  data_json_wo_version = jobtoken_project_deploy_token.machines.token_id
}
