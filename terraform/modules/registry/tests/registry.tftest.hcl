mock_provider "aws" {
  mock_resource "aws_ecr_repository" {
    defaults = {
      arn            = "arn:aws:ecr:us-east-1:111122223333:repository/mocked"
      repository_url = "111122223333.dkr.ecr.us-east-1.amazonaws.com/mocked"
    }
  }
}

variables {
  repositories = {
    "training/backend"  = { moving_tags = ["latest", "cache-*"], keep = 20 }
    "training/frontend" = {}
  }
}

run "repositories" {
  command = plan

  assert {
    condition     = keys(aws_ecr_repository.this) == ["training/backend", "training/frontend"]
    error_message = "One repository a name."
  }
  assert {
    condition     = aws_ecr_repository.this["training/frontend"].image_tag_mutability == "IMMUTABLE"
    error_message = "Without moving tags all are immutable."
  }
  assert {
    condition     = aws_ecr_repository.this["training/backend"].image_tag_mutability == "IMMUTABLE_WITH_EXCLUSION"
    error_message = "With moving tags all others are immutable."
  }
  assert {
    condition     = toset(aws_ecr_repository.this["training/backend"].image_tag_mutability_exclusion_filter[*].filter) == toset(["latest", "cache-*"])
    error_message = "Exactly the moving tags are excluded."
  }
  assert {
    condition     = alltrue([for repository in aws_ecr_repository.this : repository.image_scanning_configuration[0].scan_on_push])
    error_message = "Every push is scanned."
  }
  assert {
    condition     = alltrue([for repository in aws_ecr_repository.this : !repository.force_delete])
    error_message = "Terraform never deletes a repository with images in it."
  }
}

run "own_key" {
  command = plan

  assert {
    condition     = alltrue([for repository in aws_ecr_repository.this : repository.encryption_configuration[0].encryption_type == "KMS"])
    error_message = "Images are encrypted with a KMS key."
  }
  assert {
    condition     = length(aws_kms_key.images) == 1 && aws_kms_key.images[0].enable_key_rotation
    error_message = "The module's own key is rotated."
  }
}

run "given_key" {
  command = plan

  variables {
    kms = { key_arn = "arn:aws:kms:us-east-1:111122223333:key/given" }
  }

  assert {
    condition     = length(aws_kms_key.images) == 0
    error_message = "No second key is paid for."
  }
  assert {
    condition     = alltrue([for repository in aws_ecr_repository.this : repository.encryption_configuration[0].kms_key == "arn:aws:kms:us-east-1:111122223333:key/given"])
    error_message = "The given key is used."
  }
}

run "lifecycle" {
  command = plan

  assert {
    condition     = jsondecode(aws_ecr_lifecycle_policy.this["training/backend"].policy).rules[*].rulePriority == [1, 10, 11, 100]
    error_message = "Untagged ones first, moving tags next, the count of all last."
  }
  assert {
    condition = jsondecode(aws_ecr_lifecycle_policy.this["training/backend"].policy).rules[0].selection == {
      tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 7
    }
    error_message = "Untagged images go after a week."
  }
  assert {
    condition     = [for rule in jsondecode(aws_ecr_lifecycle_policy.this["training/backend"].policy).rules : rule.selection.tagPatternList if rule.rulePriority > 1] == [["latest"], ["cache-*"], ["*"]]
    error_message = "Patterns of one rule are joined by and: each moving tag needs a rule of its own."
  }
  assert {
    condition     = alltrue([for rule in jsondecode(aws_ecr_lifecycle_policy.this["training/backend"].policy).rules : rule.selection.countNumber == 20 if rule.rulePriority > 1])
    error_message = "keep counts."
  }
  assert {
    condition     = alltrue([for policy in aws_ecr_lifecycle_policy.this : alltrue([for rule in jsondecode(policy.policy).rules : rule.action.type == "expire"])])
    error_message = "Every rule expires."
  }
}

run "private" {
  command = plan

  assert {
    condition     = length(aws_ecr_repository_policy.pull) == 0
    error_message = "Nobody else pulls unless it is asked for."
  }
}

run "pull" {
  command = plan

  variables {
    pull_account_ids = ["444455556666", "111122223333"]
  }

  assert {
    condition     = keys(aws_ecr_repository_policy.pull) == ["training/backend", "training/frontend"]
    error_message = "Every repository gets the policy."
  }
  assert {
    condition = alltrue([for policy in aws_ecr_repository_policy.pull : jsondecode(policy.policy) == {
      Version = "2012-10-17"
      Statement = [{
        Sid       = "Pull"
        Effect    = "Allow"
        Principal = { AWS = ["arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:root"] }
        Action    = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
      }]
    }])
    error_message = "The named accounts may pull, and nothing else."
  }
}

run "outputs" {
  assert {
    condition     = output.registry == "111122223333.dkr.ecr.us-east-1.amazonaws.com"
    error_message = "The host without the path."
  }
  assert {
    condition     = length(output.repository_arns) == 2 && keys(output.repository_urls) == ["training/backend", "training/frontend"]
    error_message = "Every repository is in the outputs."
  }
}

run "refuses_no_repository" {
  command = plan

  variables {
    repositories = {}
  }
  expect_failures = [var.repositories]
}

run "refuses_upper_case" {
  command = plan

  variables {
    repositories = { "Training/backend" = {} }
  }
  expect_failures = [var.repositories]
}

run "refuses_all_tags_moving" {
  command = plan

  variables {
    repositories = { backend = { moving_tags = ["*"] } }
  }
  expect_failures = [var.repositories]
}

run "refuses_six_moving_tags" {
  command = plan

  variables {
    repositories = { backend = { moving_tags = ["a", "b", "c", "d", "e", "f"] } }
  }
  expect_failures = [var.repositories]
}

run "refuses_to_keep_one" {
  command = plan

  variables {
    repositories = { backend = { keep = 1 } }
  }
  expect_failures = [var.repositories]
}

run "refuses_an_account_that_is_none" {
  command = plan

  variables {
    pull_account_ids = ["production"]
  }
  expect_failures = [var.pull_account_ids]
}
