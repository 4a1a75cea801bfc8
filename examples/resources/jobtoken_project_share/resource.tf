# Who of acme/platform starts a job may read acme/docs, for instance to clone it with the job's token.
resource "jobtoken_project_share" "platform" {
  project = "acme/docs"
  group   = "acme/platform"
  role    = "reporter"
}
