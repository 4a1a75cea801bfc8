import {
  to = jobtoken_group_access_token.reports
  id = "acme:5"
}

resource "jobtoken_group_access_token" "reports" {
  group        = "acme"
  name         = "reports"
  access_level = "reporter"
  scopes       = ["read_api"]
  expires_at   = "2027-06-30" # the one that it has
}
