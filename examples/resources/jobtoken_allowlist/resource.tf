resource "jobtoken_allowlist" "shared_lib" {
  project = "acme/shared-lib"
  enabled = true

  projects = {
    "acme/app"      = {}
    "acme/deployer" = { permissions = ["read_packages"] }
  }

  groups = {
    "acme/platform" = {}
  }
}
