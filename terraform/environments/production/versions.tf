terraform {
  required_version = ">= 1.11"

  # Bucket, region and key come from bootstrap's output: terraform init -backend-config=../../backend.hcl
  backend "s3" {
    key = "environments/production/terraform.tfstate"
  }

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.25"
    }
  }
}

provider "aws" {
  region              = local.region
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = {
      project     = "slipway"
      environment = local.name
      managed-by  = "terraform"
    }
  }
}
