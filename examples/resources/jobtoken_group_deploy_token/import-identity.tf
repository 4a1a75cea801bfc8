import {
  to = jobtoken_group_deploy_token.packages
  identity = {
    group_id = 5
    token_id = 1
  }
}

resource "jobtoken_group_deploy_token" "packages" {
  group  = "acme"
  name   = "packages"
  scopes = ["read_package_registry"]
}
