locals {
  gitlab_host = trimprefix(var.gitlab.url, "https://")
  audience    = coalesce(var.gitlab.audience, var.gitlab.url)

  # plan only reads, and is for the branch of any merge request; the others are for the environment's branch.
  roles = merge([for name, environment in var.environments : {
    for kind in ["plan", "apply", "release"] : "${name}-${kind}" => {
      environment = name
      kind        = kind
      branch      = kind == "plan" ? "*" : environment.branch
    }
  }]...)
}

# AWS checks GitLab's certificate against its own authorities: no thumbprint to renew.
resource "aws_iam_openid_connect_provider" "gitlab" {
  url            = var.gitlab.url
  client_id_list = [local.audience]
}

resource "aws_iam_role" "ci" {
  for_each = local.roles

  name                 = "${var.name}-ci-${each.key}"
  description          = "GitLab CI, ${each.value.kind} of ${each.value.environment}"
  max_session_duration = each.value.kind == "apply" ? 7200 : 3600 # seconds; the first apply is the longest

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "GitLabCi"
      Effect    = "Allow"
      Principal = { Federated = aws_iam_openid_connect_provider.gitlab.arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = { "${local.gitlab_host}:aud" = local.audience }
        StringLike   = { "${local.gitlab_host}:sub" = "project_path:${var.gitlab.project}:ref_type:branch:ref:${each.value.branch}" }
      }
    }]
  })
}

resource "aws_iam_role_policy" "ci" {
  for_each = local.roles

  name = "needs"
  role = aws_iam_role.ci[each.key].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(local.state_statements[each.key], {
      plan    = local.plan_statements
      apply   = local.apply_statements
      release = local.release_statements
    }[each.value.kind][each.value.environment])
  })
}

# Sees how things are set up, not what secrets, databases or buckets hold.
resource "aws_iam_role_policy_attachment" "plan" {
  for_each = { for key, role in local.roles : key => role if role.kind == "plan" }

  role       = aws_iam_role.ci[each.key].name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
