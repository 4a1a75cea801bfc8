# By full path and the token's id:
terraform import jobtoken_project_access_token.editor acme/docs:5

# By numeric ids:
terraform import jobtoken_project_access_token.editor 5:5
