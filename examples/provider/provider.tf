terraform {
  required_providers {
    jobtoken = {
      source  = "jobtoken/jobtoken"
      version = "~> 0.1"
    }
  }
}

# GITLAB_TOKEN holds the token; GITLAB_BASE_URL the address, where it is not https://gitlab.com.
provider "jobtoken" {}
