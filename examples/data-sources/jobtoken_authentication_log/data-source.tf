data "jobtoken_authentication_log" "shared_lib" {
  project = "acme/shared-lib"
  since   = "2026-01-31"
}

data "jobtoken_allowlist" "shared_lib" {
  project = "acme/shared-lib"
}

# Projects on the list whose jobs have not come since.
output "unused" {
  value = setsubtract(
    keys(data.jobtoken_allowlist.shared_lib.projects),
    keys(data.jobtoken_authentication_log.shared_lib.projects),
  )
}
