locals {
  key_arn = var.kms == null ? aws_kms_key.images[0].arn : var.kms.key_arn
}

resource "aws_ecr_repository" "this" {
  for_each = var.repositories

  #checkov:skip=CKV_AWS_51:Tags are immutable but for those that the environment names, such as latest; a deployment goes by digest
  name                 = each.key
  image_tag_mutability = length(each.value.moving_tags) > 0 ? "IMMUTABLE_WITH_EXCLUSION" : "IMMUTABLE"
  force_delete         = false

  dynamic "image_tag_mutability_exclusion_filter" {
    for_each = each.value.moving_tags
    content {
      filter      = image_tag_mutability_exclusion_filter.value
      filter_type = "WILDCARD"
    }
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = local.key_arn
  }

  image_scanning_configuration {
    scan_on_push = true
  }
}

resource "aws_kms_key" "images" {
  count = var.kms == null ? 1 : 0

  #checkov:skip=CKV2_AWS_64:The default policy leaves the decision to the account's IAM; a policy of ours would say the same
  description             = "Images of ${join(", ", keys(var.repositories))}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
}
