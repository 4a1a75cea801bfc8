# A bot for each job, with the role that it needs, in a variable that GitLab shows to nobody.
resource "jobtoken_project_access_token" "bot" {
  for_each = {
    reader = { access_level = "reporter", scopes = ["read_api"] }
    pusher = { access_level = "developer", scopes = ["write_repository"] }
  }

  project      = "acme/docs"
  name         = each.key
  access_level = each.value.access_level
  scopes       = each.value.scopes

  rotation = {
    every_days   = 30
    overlap_days = 1
  }

  deliveries = {
    pipelines = { project = "acme/docs", key = "${upper(each.key)}_TOKEN", hidden = true }
  }
}
