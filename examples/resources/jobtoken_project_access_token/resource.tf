# What the pipelines of acme/docs write the project's wiki and merge requests with; a job token cannot.
resource "jobtoken_project_access_token" "editor" {
  project      = "acme/docs"
  name         = "editor"
  access_level = "developer"
  scopes       = ["api"]

  rotation = {
    every_days   = 30
    overlap_days = 1
  }

  deliveries = {
    pipelines = { project = "acme/docs", key = "EDITOR_TOKEN" }
  }
}
