import {
  to = jobtoken_project_access_token.editor
  id = "acme/docs:5"
}

resource "jobtoken_project_access_token" "editor" {
  project      = "acme/docs"
  name         = "editor"
  access_level = "developer"
  scopes       = ["api"]
  expires_at   = "2027-06-30" # the one that it has
}
