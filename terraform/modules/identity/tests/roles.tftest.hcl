mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/mocked" }
  }
}

variables {
  name         = "staging"
  cluster_name = "staging"
  repository_arns = [
    "arn:aws:ecr:us-east-1:111122223333:repository/slipway",
    "arn:aws:ecr:us-east-1:111122223333:repository/training/backend",
  ]
  secret_arns = {
    slipway = "arn:aws:secretsmanager:us-east-1:111122223333:secret:staging/slipway-AbCdEf"
    backend = "arn:aws:secretsmanager:us-east-1:111122223333:secret:staging/backend-AbCdEf"
    master  = "arn:aws:secretsmanager:us-east-1:111122223333:secret:rds!db-1-AbCdEf"
  }
}

run "roles" {
  command = plan

  assert {
    condition = { for key, role in aws_iam_role.this : key => role.name } == {
      slipway                  = "staging-slipway"
      backend                  = "staging-backend"
      load_balancer_controller = "staging-load-balancer-controller"
      external_secrets         = "staging-external-secrets"
      cluster_autoscaler       = "staging-cluster-autoscaler"
    }
    error_message = "Five roles, named after the environment."
  }
  assert {
    condition     = keys(aws_iam_role_policy.this) == keys(aws_iam_role.this) && keys(aws_eks_pod_identity_association.this) == keys(aws_iam_role.this)
    error_message = "Every role has one policy and one service account."
  }
  assert {
    condition     = alltrue([for policy in aws_iam_role_policy.this : length(policy.policy) < 10240])
    error_message = "IAM takes 10,240 characters of inline policies a role."
  }
}

run "trust" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role.this["slipway"].assume_role_policy) == {
      Version = "2012-10-17"
      Statement = [{
        Sid       = "PodIdentity"
        Effect    = "Allow"
        Principal = { Service = "pods.eks.amazonaws.com" }
        Action    = ["sts:AssumeRole", "sts:TagSession"]
        Condition = { StringEquals = {
          "aws:RequestTag/eks-cluster-name"           = "staging"
          "aws:RequestTag/kubernetes-namespace"       = "slipway"
          "aws:RequestTag/kubernetes-service-account" = "slipway"
        } }
      }]
    }
    error_message = "Only EKS gives the role, and only to slipway's service account on this cluster."
  }
  assert {
    condition = alltrue([for key, role in aws_iam_role.this :
      jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals["aws:RequestTag/kubernetes-namespace"] == aws_eks_pod_identity_association.this[key].namespace &&
      jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals["aws:RequestTag/kubernetes-service-account"] == aws_eks_pod_identity_association.this[key].service_account
    ])
    error_message = "A role's association and its trust name the same service account."
  }
}

run "slipway" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role_policy.this["slipway"].policy).Statement == [
      { Sid = "LogIn", Effect = "Allow", Action = ["ecr:GetAuthorizationToken"], Resource = "*" },
      {
        Sid    = "PullAndPush"
        Effect = "Allow"
        Action = [
          "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:GetDownloadUrlForLayer",
          "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
        ]
        Resource = [
          "arn:aws:ecr:us-east-1:111122223333:repository/slipway",
          "arn:aws:ecr:us-east-1:111122223333:repository/training/backend",
        ]
      },
    ]
    error_message = "slipway logs in, and pulls and pushes at the named repositories; it deletes nothing and reads no secret."
  }
}

run "backend" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role_policy.this["backend"].policy).Statement == [{
      Sid      = "OwnSecret"
      Effect   = "Allow"
      Action   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
      Resource = ["arn:aws:secretsmanager:us-east-1:111122223333:secret:staging/backend-AbCdEf"]
    }]
    error_message = "The backend reads its own secret and nothing else."
  }
}

run "external_secrets" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role_policy.this["external_secrets"].policy).Statement == [{
      Sid    = "NamedSecrets"
      Effect = "Allow"
      Action = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
      Resource = [
        "arn:aws:secretsmanager:us-east-1:111122223333:secret:staging/slipway-AbCdEf",
        "arn:aws:secretsmanager:us-east-1:111122223333:secret:staging/backend-AbCdEf",
        "arn:aws:secretsmanager:us-east-1:111122223333:secret:rds!db-1-AbCdEf",
      ]
    }]
    error_message = "External secrets reads the named secrets, and lists none."
  }
}

run "secret_keys" {
  command = plan

  variables {
    secret_key_arns = ["arn:aws:kms:us-east-1:111122223333:key/secrets"]
  }

  assert {
    condition = alltrue([for role in ["backend", "external_secrets"] : jsondecode(aws_iam_role_policy.this[role].policy).Statement[1] == {
      Sid       = "SecretKeys"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = ["arn:aws:kms:us-east-1:111122223333:key/secrets"]
      Condition = { StringLike = { "kms:ViaService" = "secretsmanager.*.amazonaws.com" } }
    }])
    error_message = "Who reads secrets may decrypt with their key, through Secrets Manager alone."
  }
  assert {
    condition     = !strcontains(aws_iam_role_policy.this["slipway"].policy, "kms:")
    error_message = "slipway gets no key."
  }
}

run "cluster_autoscaler" {
  command = plan

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.this["cluster_autoscaler"].policy).Statement : statement if statement.Sid == "Scale"] == [{
      Sid      = "Scale"
      Effect   = "Allow"
      Action   = ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"]
      Resource = "*"
      Condition = { StringEquals = {
        "aws:ResourceTag/k8s.io/cluster-autoscaler/enabled" = "true"
        "aws:ResourceTag/k8s.io/cluster-autoscaler/staging" = "owned"
      } }
    }]
    error_message = "Only this cluster's groups are scaled."
  }
  assert {
    condition = alltrue([for statement in jsondecode(aws_iam_role_policy.this["cluster_autoscaler"].policy).Statement :
      alltrue([for action in statement.Action : can(regex(":(Describe|Get)", action))]) if statement.Sid != "Scale"
    ])
    error_message = "All else that it does is looking."
  }
}

run "load_balancer_controller" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role_policy.this["load_balancer_controller"].policy).Statement[*].Sid == [
      "ServiceLinkedRole", "Look",
      "NewSecurityGroupInVpc", "NewSecurityGroup", "TagNewSecurityGroup", "OwnSecurityGroups", "NodesSecurityGroup",
      "New", "TagNew", "Own", "Listeners", "ListenersOfLoadBalancers",
    ]
    error_message = "A statement came or went: test it here."
  }
  assert {
    condition = alltrue([for statement in jsondecode(aws_iam_role_policy.this["load_balancer_controller"].policy).Statement :
      statement.Condition.StringEquals["aws:ResourceTag/elbv2.k8s.aws/cluster"] == "staging" if contains(["OwnSecurityGroups", "Own"], statement.Sid)
    ])
    error_message = "It changes only what carries the cluster's tag."
  }
  assert {
    condition = alltrue([for statement in jsondecode(aws_iam_role_policy.this["load_balancer_controller"].policy).Statement :
      statement.Condition.StringEquals["aws:RequestTag/elbv2.k8s.aws/cluster"] == "staging"
      if contains(["NewSecurityGroup", "TagNewSecurityGroup", "New", "TagNew"], statement.Sid)
    ])
    error_message = "What it makes carries the cluster's tag."
  }
  assert {
    condition = alltrue([for statement in jsondecode(aws_iam_role_policy.this["load_balancer_controller"].policy).Statement :
      statement.Sid == "Look" || statement.Resource != "*"
    ])
    error_message = "Only looking has no resource."
  }
}

run "other_service_accounts" {
  command = plan

  variables {
    service_accounts = { backend = { namespace = "shop", name = "api" } }
  }

  assert {
    condition     = aws_eks_pod_identity_association.this["backend"].namespace == "shop" && aws_eks_pod_identity_association.this["slipway"].namespace == "slipway"
    error_message = "One account can be named without naming all."
  }
}

run "outputs" {
  assert {
    condition     = keys(output.role_arns) == ["backend", "cluster_autoscaler", "external_secrets", "load_balancer_controller", "slipway"]
    error_message = "The deploy scripts find the roles under these names."
  }
}

run "refuses_a_pattern_of_repositories" {
  command = plan

  variables {
    repository_arns = ["arn:aws:ecr:us-east-1:111122223333:repository/*"]
  }
  expect_failures = [var.repository_arns]
}

run "refuses_no_repository" {
  command = plan

  variables {
    repository_arns = []
  }
  expect_failures = [var.repository_arns]
}

run "refuses_a_pattern_of_secrets" {
  command = plan

  variables {
    secret_arns = { slipway = "arn:aws:secretsmanager:us-east-1:111122223333:secret:*", backend = "arn:aws:secretsmanager:us-east-1:111122223333:secret:b" }
  }
  expect_failures = [var.secret_arns]
}

run "refuses_any_service_account" {
  command = plan

  variables {
    service_accounts = { backend = { namespace = "training", name = "*" } }
  }
  expect_failures = [var.service_accounts]
}

run "refuses_a_long_name" {
  command = plan

  variables {
    name = "an-environment-whose-name-goes-on"
  }
  expect_failures = [var.name]
}
