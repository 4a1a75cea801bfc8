# The lists of all these projects are on, whoever is on them.
resource "jobtoken_settings" "limited" {
  for_each = toset(["acme/app", "acme/docs", "acme/web"])

  project                   = each.key
  inbound_allowlist_enabled = true
}
