# Credentials of another account are refused before anything is made.
provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = {
      project    = var.name
      managed-by = "terraform"
    }
  }
}
