locals {
  external_secrets = concat(
    [{
      Sid      = "NamedSecrets"
      Effect   = "Allow"
      Action   = local.secrets_read
      Resource = compact([var.secret_arns.slipway, var.secret_arns.backend, var.secret_arns.master])
    }],
    local.secret_keys,
  )
}

# EKS tags the groups of its managed node groups so. Labels and taints of a group without nodes come from DescribeNodegroup.
locals {
  cluster_autoscaler = [
    {
      Sid    = "Look"
      Effect = "Allow"
      Action = [
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeAutoScalingInstances",
        "autoscaling:DescribeLaunchConfigurations",
        "autoscaling:DescribeScalingActivities",
        "autoscaling:DescribeTags",
        "ec2:DescribeImages",
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeLaunchTemplateVersions",
        "ec2:GetInstanceTypesFromInstanceRequirements",
      ]
      Resource = "*" # they know no other
    },
    {
      Sid      = "LookAtNodeGroups"
      Effect   = "Allow"
      Action   = ["eks:DescribeNodegroup"]
      Resource = "arn:aws:eks:*:*:nodegroup/${var.cluster_name}/*/*"
    },
    {
      Sid      = "Scale"
      Effect   = "Allow"
      Action   = ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"]
      Resource = "*"
      Condition = { StringEquals = {
        "aws:ResourceTag/k8s.io/cluster-autoscaler/enabled"             = "true"
        "aws:ResourceTag/k8s.io/cluster-autoscaler/${var.cluster_name}" = "owned"
      } }
    },
  ]
}
