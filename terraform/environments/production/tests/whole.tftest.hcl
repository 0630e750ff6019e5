# The modules have tests of their own; here they are put together.

mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "us-east-1" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_resource "aws_vpc" {
    defaults = { id = "vpc-1" }
  }
  mock_resource "aws_eks_cluster" {
    defaults = {
      certificate_authority = [{ data = "Y2VydGlmaWNhdGU=" }]
      vpc_config            = { cluster_security_group_id = "sg-cluster" }
    }
  }
  mock_resource "aws_launch_template" {
    defaults = { latest_version = 1 }
  }
  mock_resource "aws_eks_node_group" {
    defaults = {
      id        = "production:nodes-1"
      resources = [{ autoscaling_groups = [{ name = "eks-nodes-1" }] }]
    }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:us-east-1:111122223333:key/1" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/mocked" }
  }
  mock_resource "aws_ecr_repository" {
    defaults = {
      arn            = "arn:aws:ecr:us-east-1:111122223333:repository/mocked"
      repository_url = "111122223333.dkr.ecr.us-east-1.amazonaws.com/mocked"
    }
  }
  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:mocked" }
  }
  mock_resource "aws_db_instance" {
    defaults = {
      address            = "production.mocked.us-east-1.rds.amazonaws.com"
      master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:rds!db-1" }]
    }
  }
}

variables {
  account_id     = "111122223333"
  administrators = ["arn:aws:iam::111122223333:role/administrators"]
  alarm_email    = "platform@example.com"
}

run "is_planned_whole" {
  command = plan

  assert {
    condition     = output.deploy.environment == "production" && module.network.vpc_cidr == "10.30.0.0/16"
    error_message = "${output.deploy.environment} on ${module.network.vpc_cidr}"
  }
}

run "tells_the_deploy_scripts" {
  assert {
    condition     = output.deploy.region == "us-east-1" && output.deploy.zones == ["us-east-1a", "us-east-1b", "us-east-1c"] && output.deploy.cluster_name == "production"
    error_message = jsonencode(output.deploy)
  }

  assert {
    condition     = keys(output.deploy.repository_urls) == ["slipway", "slipway-rollout", "training-backend", "training-frontend"] && output.deploy.registry == "111122223333.dkr.ecr.us-east-1.amazonaws.com"
    error_message = jsonencode(output.deploy.repository_urls)
  }

  assert {
    condition     = keys(output.deploy.role_arns) == ["backend", "cluster_autoscaler", "external_secrets", "load_balancer_controller", "slipway"]
    error_message = jsonencode(output.deploy.role_arns)
  }

  assert {
    condition     = keys(output.deploy.service_accounts) == keys(output.deploy.role_arns)
    error_message = jsonencode(output.deploy.service_accounts)
  }

  assert {
    condition     = output.deploy.database.endpoint == "production.mocked.us-east-1.rds.amazonaws.com" && keys(output.deploy.database.secret_arns) == ["backend", "slipway"] && output.deploy.database.master_secret_arn == "arn:aws:secretsmanager:us-east-1:111122223333:secret:rds!db-1"
    error_message = jsonencode(output.deploy.database)
  }

  assert {
    condition     = output.deploy.builders == { label = { key = "slipway/nodes", value = "builders" }, taint = { key = "slipway/nodes", value = "builders", effect = "NoSchedule" } }
    error_message = jsonencode(output.deploy.builders)
  }

  assert {
    condition     = length(output.deploy.network.public_subnet_ids) == 3 && length(output.deploy.network.private_subnet_ids) == 3 && length(output.deploy.network.nat_public_ips) == 3
    error_message = jsonencode(output.deploy.network)
  }
}

run "refuses_an_account_that_is_none" {
  command = plan
  variables {
    account_id = "slipway"
  }
  expect_failures = [var.account_id]
}
