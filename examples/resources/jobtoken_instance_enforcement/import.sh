# By GitLab's name of the setting, which every instance has once:
terraform import jobtoken_instance_enforcement.this enforce_ci_inbound_job_token_scope_enabled
