# By full path and the token's id:
terraform import jobtoken_group_deploy_token.packages acme:1

# By numeric ids:
terraform import jobtoken_group_deploy_token.packages 5:1
