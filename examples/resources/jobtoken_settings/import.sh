# By full path:
terraform import jobtoken_settings.deployer acme/deployer

# By numeric id:
terraform import jobtoken_settings.deployer 4
