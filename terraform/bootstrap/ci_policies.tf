locals {
  prefix = { for name, _ in var.environments : name => "environments/${name}" }

  # Every role reads its environment's state; plan and apply hold the lock; apply alone writes. Names are listed without a prefix: S3 says
  # of a state that is not there yet that it is forbidden, not missing, to who may not list.
  state_statements = { for key, role in local.roles : key => concat(
    [
      {
        Sid      = "FindState"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = [aws_s3_bucket.state.arn]
      },
      {
        Sid      = "State"
        Effect   = "Allow"
        Action   = role.kind == "apply" ? ["s3:GetObject", "s3:PutObject"] : ["s3:GetObject"]
        Resource = ["${aws_s3_bucket.state.arn}/${local.prefix[role.environment]}/terraform.tfstate"]
      },
      {
        Sid      = "StateKey"
        Effect   = "Allow"
        Action   = role.kind == "release" ? ["kms:Decrypt"] : ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = [aws_kms_key.state.arn]
      },
    ],
    role.kind == "release" ? [] : [{
      Sid      = "Lock"
      Effect   = "Allow"
      Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
      Resource = ["${aws_s3_bucket.state.arn}/${local.prefix[role.environment]}/terraform.tfstate.tflock"]
    }],
  ) }

  # ReadOnlyAccess reads every object and every log line: a merge request has no business with either.
  plan_statements = { for name, prefix in local.prefix : name => [
    {
      Sid         = "NoOtherObjects"
      Effect      = "Deny"
      Action      = ["s3:GetObject*"]
      NotResource = ["${aws_s3_bucket.state.arn}/${prefix}/*"]
    },
    {
      Sid    = "NoContents"
      Effect = "Deny"
      Action = [
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
        "logs:FilterLogEvents",
        "logs:GetLogEvents",
        "logs:StartQuery",
        "rds:DownloadDBLogFilePortion",
        "secretsmanager:GetSecretValue",
        "ssm:GetParameter*",
      ]
      Resource = "*"
    },
  ] }

  # What it may do in the cluster is the cluster's access entry.
  release_statements = { for name, _ in var.environments : name => [{
    Sid      = "FindCluster"
    Effect   = "Allow"
    Action   = ["eks:DescribeCluster"]
    Resource = ["arn:aws:eks:${var.region}:${var.account_id}:cluster/${name}"]
  }] }
}
