import {
  to = jobtoken_project_deploy_token.cluster
  id = "acme/web:1"
}

resource "jobtoken_project_deploy_token" "cluster" {
  project = "acme/web"
  name    = "cluster"
  scopes  = ["read_registry"]
}
