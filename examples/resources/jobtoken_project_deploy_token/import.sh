# By full path and the token's id:
terraform import jobtoken_project_deploy_token.cluster acme/web:1

# By numeric ids:
terraform import jobtoken_project_deploy_token.cluster 3:1
