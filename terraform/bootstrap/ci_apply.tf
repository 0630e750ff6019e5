# What Terraform needs to make an environment, in its region; roles, repositories, secrets and budget are held to its name.
locals {
  apply_statements = { for name, _ in var.environments : name => concat(
    local.apply_services,
    local.apply_named[name],
    local.apply_roles[name],
    local.apply_never,
  ) }

  apply_services = [{
    Sid    = "Services"
    Effect = "Allow"
    Action = [
      "autoscaling:*",
      "cloudwatch:*",
      "ec2:*",
      "ecr:GetAuthorizationToken",
      "eks:*",
      "elasticloadbalancing:Describe*",
      "kms:*",
      "logs:*",
      "rds:*",
      "secretsmanager:GetRandomPassword",
      "sns:*",
    ]
    Resource  = "*"
    Condition = { StringEquals = { "aws:RequestedRegion" = var.region } }
  }]

  apply_named = { for name, _ in var.environments : name => [
    {
      Sid    = "Secrets" # it fills them; it can't read them
      Effect = "Allow"
      Action = [
        "secretsmanager:CreateSecret",
        "secretsmanager:DeleteSecret",
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetResourcePolicy",
        "secretsmanager:ListSecretVersionIds",
        "secretsmanager:PutSecretValue",
        "secretsmanager:RestoreSecret",
        "secretsmanager:RotateSecret",
        "secretsmanager:TagResource",
        "secretsmanager:UntagResource",
        "secretsmanager:UpdateSecret",
      ]
      Resource = [
        "arn:aws:secretsmanager:${var.region}:${var.account_id}:secret:${name}/*",
        "arn:aws:secretsmanager:${var.region}:${var.account_id}:secret:rds!*",
      ]
    },
    {
      Sid      = "Repositories"
      Effect   = "Allow"
      Action   = ["ecr:*"]
      Resource = ["arn:aws:ecr:${var.region}:${var.account_id}:repository/${name}/*"]
    },
    {
      Sid      = "Budget"
      Effect   = "Allow"
      Action   = ["budgets:*"]
      Resource = ["arn:aws:budgets::${var.account_id}:budget/${name}-*"]
    },
  ] }

  apply_roles = { for name, _ in var.environments : name => [
    {
      Sid    = "Roles"
      Effect = "Allow"
      Action = [
        "iam:CreateRole",
        "iam:DeleteRole",
        "iam:DeleteRolePolicy",
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:ListInstanceProfilesForRole",
        "iam:ListRolePolicies",
        "iam:ListRoleTags",
        "iam:PutRolePolicy",
        "iam:TagRole",
        "iam:UntagRole",
        "iam:UpdateAssumeRolePolicy",
        "iam:UpdateRole",
        "iam:UpdateRoleDescription",
      ]
      Resource = ["arn:aws:iam::${var.account_id}:role/${name}-*"]
    },
    {
      Sid      = "KnownPolicies"
      Effect   = "Allow"
      Action   = ["iam:AttachRolePolicy", "iam:DetachRolePolicy"]
      Resource = ["arn:aws:iam::${var.account_id}:role/${name}-*"]
      Condition = { ArnLike = { "iam:PolicyARN" = [
        "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistry*",
        "arn:aws:iam::aws:policy/AmazonEKS*",
        "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
        "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriver*",
        "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
      ] } }
    },
    {
      Sid      = "PassRoles"
      Effect   = "Allow"
      Action   = ["iam:PassRole"]
      Resource = ["arn:aws:iam::${var.account_id}:role/${name}-*"]
      Condition = { StringEquals = { "iam:PassedToService" = [
        "ec2.amazonaws.com",
        "eks.amazonaws.com",
        "monitoring.rds.amazonaws.com",
        "pods.eks.amazonaws.com",
        "vpc-flow-logs.amazonaws.com",
      ] } }
    },
    {
      Sid      = "ServiceLinkedRoles"
      Effect   = "Allow"
      Action   = ["iam:CreateServiceLinkedRole"]
      Resource = ["arn:aws:iam::${var.account_id}:role/aws-service-role/*"]
      Condition = { StringEquals = { "iam:AWSServiceName" = [
        "autoscaling.amazonaws.com",
        "eks-nodegroup.amazonaws.com",
        "eks.amazonaws.com",
        "rds.amazonaws.com",
        "spot.amazonaws.com",
      ] } }
    },
  ] }

  # An environment could be called like the project: its pipelines must not change what holds them.
  apply_never = [
    {
      Sid    = "NotItself"
      Effect = "Deny"
      Action = ["iam:*"]
      Resource = [
        "arn:aws:iam::${var.account_id}:oidc-provider/*",
        "arn:aws:iam::${var.account_id}:role/${var.name}-ci-*",
      ]
    },
    {
      Sid    = "NotTheStatesKey"
      Effect = "Deny"
      Action = [
        "kms:CreateGrant",
        "kms:DisableKey",
        "kms:DisableKeyRotation",
        "kms:PutKeyPolicy",
        "kms:ScheduleKeyDeletion",
      ]
      Resource = [aws_kms_key.state.arn]
    },
  ]
}
