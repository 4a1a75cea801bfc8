# By full path and the token's id:
terraform import jobtoken_group_access_token.reports acme:5

# By numeric ids:
terraform import jobtoken_group_access_token.reports 5:5
