import {
  to = jobtoken_project_access_token.editor
  identity = {
    project_id = 5
    token_id   = 5
  }
}

resource "jobtoken_project_access_token" "editor" {
  project      = "acme/docs"
  name         = "editor"
  access_level = "developer"
  scopes       = ["api"]
  expires_at   = "2027-06-30" # the one that it has
}
