data "jobtoken_settings" "shared_lib" {
  project = "acme/shared-lib"
}

check "access_is_limited" {
  assert {
    condition     = data.jobtoken_settings.shared_lib.inbound_allowlist_effective
    error_message = "Any project's job token may reach acme/shared-lib."
  }
}
