# The bucket and its key come with -backend-config; README.md tells how the first run does without.
terraform {
  backend "s3" {
    key = "bootstrap/terraform.tfstate"
  }
}
