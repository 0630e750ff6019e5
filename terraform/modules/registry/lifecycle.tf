# An image that a rule fits is not expired by a later rule. So moving tags come before the count of all tagged images: what `latest`
# points at stays, however many newer images other branches have pushed.
locals {
  lifecycle_rules = { for name, repository in var.repositories : name => concat(
    [{
      rulePriority = 1
      description  = "Untagged for a week"
      selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 7 }
      action       = { type = "expire" }
    }],
    [for index, tag in repository.moving_tags : {
      rulePriority = 10 + index
      description  = "The newest under ${tag}"
      selection    = { tagStatus = "tagged", tagPatternList = [tag], countType = "imageCountMoreThan", countNumber = repository.keep }
      action       = { type = "expire" }
    }],
    [{
      rulePriority = 100
      description  = "The newest ${repository.keep}"
      selection    = { tagStatus = "tagged", tagPatternList = ["*"], countType = "imageCountMoreThan", countNumber = repository.keep }
      action       = { type = "expire" }
    }],
  ) }
}

resource "aws_ecr_lifecycle_policy" "this" {
  for_each = var.repositories

  repository = aws_ecr_repository.this[each.key].name
  policy     = jsonencode({ rules = local.lifecycle_rules[each.key] })
}
