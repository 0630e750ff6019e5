# Secrets that are encrypted with a key of ours need it as well, through Secrets Manager alone.
locals {
  secrets_read = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]

  secret_keys = length(var.secret_key_arns) == 0 ? [] : [{
    Sid       = "SecretKeys"
    Effect    = "Allow"
    Action    = ["kms:Decrypt"]
    Resource  = var.secret_key_arns
    Condition = { StringLike = { "kms:ViaService" = "secretsmanager.*.amazonaws.com" } }
  }]
}

# slipway's own secret comes as a file from external-secrets: the daemon needs no right to it.
locals {
  slipway = [
    {
      Sid      = "LogIn"
      Effect   = "Allow"
      Action   = ["ecr:GetAuthorizationToken"]
      Resource = "*" # it knows no other; what the token may do is what follows
    },
    {
      Sid    = "PullAndPush"
      Effect = "Allow"
      Action = [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:CompleteLayerUpload",
        "ecr:GetDownloadUrlForLayer",
        "ecr:InitiateLayerUpload",
        "ecr:PutImage",
        "ecr:UploadLayerPart",
      ]
      Resource = var.repository_arns
    },
  ]
}

locals {
  backend = concat(
    [{
      Sid      = "OwnSecret"
      Effect   = "Allow"
      Action   = local.secrets_read
      Resource = [var.secret_arns.backend]
    }],
    local.secret_keys,
  )
}
