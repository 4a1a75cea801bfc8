data "jobtoken_access_check" "web_clones" {
  from_project = "acme/web"
  to_project   = "acme/shared-lib"
  operation    = "clone"
  user         = "dev"
}

output "why" {
  value = data.jobtoken_access_check.web_clones.reason
}

output "what_to_change" {
  value = data.jobtoken_access_check.web_clones.fix
}
