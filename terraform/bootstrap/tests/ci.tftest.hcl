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
  environments = { staging = { branch = "main" }, production = { branch = "production" } }
}

run "provider" {
  command = plan

  assert {
    condition     = aws_iam_openid_connect_provider.gitlab.url == "https://gitlab.example.com" && aws_iam_openid_connect_provider.gitlab.client_id_list == toset(["https://gitlab.example.com"])
    error_message = "GitLab is trusted for its own address alone."
  }
}

run "trust" {
  command = plan

  assert {
    condition = { for key, role in aws_iam_role.ci : key => role.name } == { for key in [
      "production-apply", "production-plan", "production-release", "staging-apply", "staging-plan", "staging-release",
    ] : key => "slipway-ci-${key}" }
    error_message = "Three roles an environment."
  }
  assert {
    condition = alltrue([for role in aws_iam_role.ci : [
      for statement in jsondecode(role.assume_role_policy).Statement : [statement.Effect, statement.Action, statement.Principal.Federated, statement.Condition.StringEquals["gitlab.example.com:aud"]]
      ] == [
      ["Allow", "sts:AssumeRoleWithWebIdentity", "arn:aws:iam::111122223333:oidc-provider/gitlab.example.com", "https://gitlab.example.com"]
    ]])
    error_message = "Only a token of GitLab that was asked for AWS gets a role."
  }
  assert {
    condition = { for key, role in aws_iam_role.ci : key => jsondecode(role.assume_role_policy).Statement[0].Condition.StringLike["gitlab.example.com:sub"] } == {
      "production-apply"   = "project_path:platform/slipway:ref_type:branch:ref:production"
      "production-plan"    = "project_path:platform/slipway:ref_type:branch:ref:*"
      "production-release" = "project_path:platform/slipway:ref_type:branch:ref:production"
      "staging-apply"      = "project_path:platform/slipway:ref_type:branch:ref:main"
      "staging-plan"       = "project_path:platform/slipway:ref_type:branch:ref:*"
      "staging-release"    = "project_path:platform/slipway:ref_type:branch:ref:main"
    }
    error_message = "Only the environment's branch of this project changes an environment."
  }
}

run "audience" {
  command = plan

  variables {
    gitlab = { url = "https://gitlab.example.com", project = "platform/slipway", audience = "aws" }
  }

  assert {
    condition     = aws_iam_openid_connect_provider.gitlab.client_id_list == toset(["aws"]) && jsondecode(aws_iam_role.ci["staging-apply"].assume_role_policy).Statement[0].Condition.StringEquals["gitlab.example.com:aud"] == "aws"
    error_message = "Provider and trust name the same audience."
  }
}

run "state" {
  command = plan

  assert {
    condition = { for key, policy in aws_iam_role_policy.ci : key => [for statement in jsondecode(policy.policy).Statement : statement.Action if statement.Sid == "State"] } == {
      "production-apply"   = [["s3:GetObject", "s3:PutObject"]]
      "production-plan"    = [["s3:GetObject"]]
      "production-release" = [["s3:GetObject"]]
      "staging-apply"      = [["s3:GetObject", "s3:PutObject"]]
      "staging-plan"       = [["s3:GetObject"]]
      "staging-release"    = [["s3:GetObject"]]
    }
    error_message = "Only apply writes state."
  }
  assert {
    condition = alltrue([for key, policy in aws_iam_role_policy.ci : alltrue([
      for statement in jsondecode(policy.policy).Statement :
      statement.Resource == ["arn:aws:s3:::slipway-terraform-state-111122223333/environments/${split("-", key)[0]}/terraform.tfstate"] if statement.Sid == "State"
    ])])
    error_message = "Each role knows its environment's state alone."
  }
  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.ci["staging-plan"].policy).Statement : statement.Resource if statement.Sid == "Lock"] == [["arn:aws:s3:::slipway-terraform-state-111122223333/environments/staging/terraform.tfstate.tflock"]]
    error_message = "A plan holds the lock and writes nothing else."
  }
}

run "plan" {
  command = plan

  assert {
    condition = { for key, attachment in aws_iam_role_policy_attachment.plan : key => attachment.policy_arn } == {
      "production-plan" = "arn:aws:iam::aws:policy/ReadOnlyAccess"
      "staging-plan"    = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    }
    error_message = "Plan reads, the others have their own policy alone."
  }
  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.ci["staging-plan"].policy).Statement : statement.Sid if statement.Effect == "Deny"] == ["NoOtherObjects", "NoContents"]
    error_message = "Plan sees no contents."
  }
  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.ci["staging-plan"].policy).Statement : statement.NotResource if statement.Sid == "NoOtherObjects"] == [["arn:aws:s3:::slipway-terraform-state-111122223333/environments/staging/*"]]
    error_message = "Of all objects it reads its own state."
  }
}

run "release" {
  command = plan

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.ci["staging-release"].policy).Statement : [statement.Action, statement.Resource] if statement.Sid == "FindCluster"] == [[["eks:DescribeCluster"], ["arn:aws:eks:us-east-1:111122223333:cluster/staging"]]]
    error_message = "Release finds its cluster."
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.ci["staging-release"].policy).Statement[*].Sid == ["FindState", "State", "StateKey", "FindCluster"]
    error_message = "And does nothing else in AWS."
  }
}

run "apply" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role_policy.ci["staging-apply"].policy).Statement[*].Sid == [
      "FindState", "State", "StateKey", "Lock", "Services", "Secrets", "Repositories", "Budget",
      "Roles", "KnownPolicies", "PassRoles", "ServiceLinkedRoles", "NotItself", "NotTheStatesKey",
    ]
    error_message = "A statement came or went: test it here."
  }
  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.ci["staging-apply"].policy).Statement : statement.Condition if statement.Sid == "Services"] == [{ StringEquals = { "aws:RequestedRegion" = "us-east-1" } }]
    error_message = "Nothing is made in another region."
  }
  assert {
    condition = alltrue([for statement in jsondecode(aws_iam_role_policy.ci["staging-apply"].policy).Statement :
      statement.Resource == ["arn:aws:iam::111122223333:role/staging-*"] if contains(["Roles", "KnownPolicies", "PassRoles"], statement.Sid)
    ])
    error_message = "Staging's pipeline makes staging's roles."
  }
  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.ci["staging-apply"].policy).Statement : contains(statement.Resource, "arn:aws:iam::111122223333:role/slipway-ci-*") if statement.Sid == "NotItself"] == [true]
    error_message = "No pipeline changes its own power."
  }
  assert {
    condition     = !strcontains(aws_iam_role_policy.ci["staging-apply"].policy, "GetSecretValue") && !strcontains(aws_iam_role_policy.ci["staging-apply"].policy, "iam:*Key")
    error_message = "It reads no secret and makes no access key."
  }
  assert {
    condition     = alltrue([for policy in aws_iam_role_policy.ci : length(policy.policy) < 10240])
    error_message = "IAM takes 10,240 characters of inline policies a role."
  }
}
