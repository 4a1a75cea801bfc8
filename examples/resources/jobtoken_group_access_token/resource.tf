# What the pipelines of acme/reports read the issues of all projects of acme with.
resource "jobtoken_group_access_token" "reports" {
  group        = "acme"
  name         = "reports"
  access_level = "reporter"
  scopes       = ["read_api"]

  rotation = {
    every_days   = 90
    overlap_days = 7
  }

  deliveries = {
    pipelines = { project = "acme/reports", key = "REPORTS_TOKEN" }
  }
}
