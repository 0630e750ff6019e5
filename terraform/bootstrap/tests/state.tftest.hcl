mock_provider "aws" {
  override_during = plan

  mock_resource "aws_s3_bucket" {
    defaults = { id = "slipway-terraform-state-111122223333", arn = "arn:aws:s3:::slipway-terraform-state-111122223333" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:us-east-1:111122223333:key/state" }
  }
  mock_resource "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::111122223333:oidc-provider/gitlab.example.com" }
  }
}

variables {
  account_id   = "111122223333"
  region       = "us-east-1"
  gitlab       = { url = "https://gitlab.example.com", project = "platform/slipway" }
  environments = { staging = { branch = "main" }, production = { branch = "main" } }
}

run "bucket" {
  command = plan

  assert {
    condition     = aws_s3_bucket.state.bucket == "slipway-terraform-state-111122223333"
    error_message = "The account's id makes the name the account's own."
  }
  assert {
    condition     = aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled"
    error_message = "An older state can be had back."
  }
  assert {
    condition = (
      one(one(aws_s3_bucket_server_side_encryption_configuration.state.rule).apply_server_side_encryption_by_default).sse_algorithm == "aws:kms" &&
      one(one(aws_s3_bucket_server_side_encryption_configuration.state.rule).apply_server_side_encryption_by_default).kms_master_key_id == "arn:aws:kms:us-east-1:111122223333:key/state"
    )
    error_message = "State is encrypted with its own key."
  }
  assert {
    condition     = aws_kms_key.state.enable_key_rotation
    error_message = "The key is rotated."
  }
  assert {
    condition = (
      aws_s3_bucket_public_access_block.state.block_public_acls && aws_s3_bucket_public_access_block.state.block_public_policy &&
      aws_s3_bucket_public_access_block.state.ignore_public_acls && aws_s3_bucket_public_access_block.state.restrict_public_buckets
    )
    error_message = "Nothing of it can be public."
  }
  assert {
    condition = jsondecode(aws_s3_bucket_policy.state.policy).Statement == [{
      Sid       = "OnlyTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::slipway-terraform-state-111122223333", "arn:aws:s3:::slipway-terraform-state-111122223333/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "Without TLS everybody is refused."
  }
}

run "backend" {
  command = plan

  assert {
    condition = [for line in split("\n", trimspace(output.backend)) : replace(line, "/ +/", " ")] == [
      "bucket = \"slipway-terraform-state-111122223333\"",
      "region = \"us-east-1\"",
      "kms_key_id = \"arn:aws:kms:us-east-1:111122223333:key/state\"",
      "encrypt = true",
      "use_lockfile = true",
    ]
    error_message = "What -backend-config reads."
  }
}

run "refuses_a_name_for_an_account" {
  command = plan

  variables {
    account_id = "production"
  }
  expect_failures = [var.account_id]
}

run "refuses_a_zone_for_a_region" {
  command = plan

  variables {
    region = "us-east-1a"
  }
  expect_failures = [var.region]
}

run "refuses_gitlab_without_tls" {
  command = plan

  variables {
    gitlab = { url = "http://gitlab.example.com", project = "platform/slipway" }
  }
  expect_failures = [var.gitlab]
}

run "refuses_gitlab_with_a_slash" {
  command = plan

  variables {
    gitlab = { url = "https://gitlab.example.com/", project = "platform/slipway" }
  }
  expect_failures = [var.gitlab]
}

run "refuses_all_projects_of_a_group" {
  command = plan

  variables {
    gitlab = { url = "https://gitlab.example.com", project = "platform/*" }
  }
  expect_failures = [var.gitlab]
}

run "refuses_every_branch" {
  command = plan

  variables {
    environments = { staging = { branch = "*" } }
  }
  expect_failures = [var.environments]
}

run "refuses_no_environment" {
  command = plan

  variables {
    environments = {}
  }
  expect_failures = [var.environments]
}

run "refuses_a_name_with_an_underscore" {
  command = plan

  variables {
    name = "my_slipway"
  }
  expect_failures = [var.name]
}
