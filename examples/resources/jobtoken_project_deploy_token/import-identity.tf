import {
  to = jobtoken_project_deploy_token.cluster
  identity = {
    project_id = 3
    token_id   = 1
  }
}

resource "jobtoken_project_deploy_token" "cluster" {
  project = "acme/web"
  name    = "cluster"
  scopes  = ["read_registry"]
}
