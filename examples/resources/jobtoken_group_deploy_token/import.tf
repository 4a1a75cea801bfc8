import {
  to = jobtoken_group_deploy_token.packages
  id = "acme:1"
}

resource "jobtoken_group_deploy_token" "packages" {
  group  = "acme"
  name   = "packages"
  scopes = ["read_package_registry"]
}
