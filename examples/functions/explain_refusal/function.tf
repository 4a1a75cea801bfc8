# terraform console
# > provider::jobtoken::explain_refusal(file("job.log")).summary

locals {
  log = <<-EOT
    Cloning into 'shared-lib'...
    remote: Authentication by CI/CD job token not allowed from web to project #7.
    fatal: unable to access 'https://gitlab.example.com/acme/shared-lib.git/': The requested URL returned error: 403
  EOT
}

output "what_to_do" {
  value = provider::jobtoken::explain_refusal(local.log).summary
}
