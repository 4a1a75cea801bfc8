import {
  to = jobtoken_project_share.platform
  identity = {
    project_id = 5
    group_id   = 6
  }
}

resource "jobtoken_project_share" "platform" {
  project = "acme/docs"
  group   = "acme/platform"
  role    = "reporter"
}
