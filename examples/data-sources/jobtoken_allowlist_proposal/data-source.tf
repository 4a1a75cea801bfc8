data "jobtoken_allowlist_proposal" "shared_lib" {
  project    = "acme/shared-lib"
  since      = "2026-01-31"
  group_when = 5
}

# To paste into the configuration, once it has been read.
output "shared_lib" {
  value = data.jobtoken_allowlist_proposal.shared_lib.hcl
}
