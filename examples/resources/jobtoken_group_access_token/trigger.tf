# A new token whenever the trigger is another one, such as after a leak.
resource "jobtoken_group_access_token" "reports" {
  group        = "acme"
  name         = "reports"
  access_level = "reporter"
  scopes       = ["read_api"]

  rotation = {
    every_days   = 30
    overlap_days = 7
    trigger      = "2026-11: somebody's laptop was lost"
  }

  deliveries = {
    pipelines = { project = "acme/reports", key = "REPORTS_TOKEN" }
  }
}
