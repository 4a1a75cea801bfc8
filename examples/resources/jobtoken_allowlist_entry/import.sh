# By full paths:
terraform import jobtoken_allowlist_entry.reports acme/shared-lib:project:acme/reports

# By numeric ids:
terraform import jobtoken_allowlist_entry.reports 1:project:6

# By the id that the official provider wrote up to 17.8:
terraform import jobtoken_allowlist_entry.reports 1:6
