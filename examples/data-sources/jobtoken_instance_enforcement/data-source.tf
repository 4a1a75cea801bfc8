data "jobtoken_instance_enforcement" "this" {}

output "allowlists_are_enforced" {
  value = data.jobtoken_instance_enforcement.this.enabled
}
