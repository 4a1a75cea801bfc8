# By full paths:
terraform import jobtoken_project_share.platform acme/docs:acme/platform

# By numeric ids:
terraform import jobtoken_project_share.platform 5:6
