import {
  to = jobtoken_project_share.platform
  id = "acme/docs:acme/platform"
}

resource "jobtoken_project_share" "platform" {
  project = "acme/docs"
  group   = "acme/platform"
  role    = "reporter"
}
