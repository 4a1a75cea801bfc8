import {
  to = jobtoken_instance_enforcement.this
  identity = {
    setting = "enforce_ci_inbound_job_token_scope_enabled"
  }
}

resource "jobtoken_instance_enforcement" "this" {
  enabled = false
}
