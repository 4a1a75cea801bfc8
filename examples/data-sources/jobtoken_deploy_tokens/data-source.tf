data "jobtoken_deploy_tokens" "ending" {
  project        = "acme/shared-lib"
  active         = true
  expires_before = timeadd(plantimestamp(), "336h")
}

check "no_deploy_token_ends_within_two_weeks" {
  assert {
    condition     = length(data.jobtoken_deploy_tokens.ending.tokens) == 0
    error_message = "These end soon: ${join(", ", data.jobtoken_deploy_tokens.ending.tokens[*].name)}."
  }
}
