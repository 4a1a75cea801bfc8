# By full path:
terraform import jobtoken_allowlist.shared_lib acme/shared-lib

# By numeric id:
terraform import jobtoken_allowlist.shared_lib 1
