# Each consumer may do what it needs. Whatever permissions an entry has, it may clone and pull images.
resource "jobtoken_allowlist" "shared_lib" {
  project = "acme/shared-lib"
  enabled = true

  projects = {
    "acme/app"      = { permissions = ["read_packages", "read_jobs"] }
    "acme/deployer" = { permissions = ["admin_packages"] }
    "acme/docs"     = { permissions = [] }
  }

  # Every project below acme/platform, those made later too.
  groups = {
    "acme/platform" = { permissions = ["read_packages"] }
  }
}
