# Every project's allowlist counts as on, whatever the project's own toggle says.
resource "jobtoken_instance_enforcement" "this" {
  enabled = true
}
