data "jobtoken_access_tokens" "shared_lib" {
  project = "acme/shared-lib"
  active  = true
}

output "may_write" {
  description = "Bot users that can push to the repository, with the role of each."
  value = {
    for token in data.jobtoken_access_tokens.shared_lib.tokens : "${token.name} (${token.id})" => token.access_level
    if length(setintersection(token.scopes, ["api", "write_repository"])) > 0
  }
}
