# Narrower than the policy that the controller's project offers: what it makes carries the cluster's name from the start, and it
# changes only what carries it. Left out is what nobody here uses: WAF, Shield, Cognito, outposts' address pools.
locals {
  load_balancers       = "arn:aws:elasticloadbalancing:*:*:loadbalancer/*"
  target_groups        = "arn:aws:elasticloadbalancing:*:*:targetgroup/*/*"
  listeners            = ["arn:aws:elasticloadbalancing:*:*:listener/*", "arn:aws:elasticloadbalancing:*:*:listener-rule/*"]
  made_for_the_cluster = { StringEquals = { "aws:RequestTag/elbv2.k8s.aws/cluster" = var.cluster_name } }
  of_the_cluster       = { StringEquals = { "aws:ResourceTag/elbv2.k8s.aws/cluster" = var.cluster_name } }

  load_balancer_controller = concat(
    local.load_balancer_reading,
    local.load_balancer_security_groups,
    local.load_balancer_changes,
  )

  load_balancer_reading = [
    {
      Sid       = "ServiceLinkedRole"
      Effect    = "Allow"
      Action    = ["iam:CreateServiceLinkedRole"]
      Resource  = "arn:aws:iam::*:role/aws-service-role/elasticloadbalancing.amazonaws.com/*"
      Condition = { StringEquals = { "iam:AWSServiceName" = "elasticloadbalancing.amazonaws.com" } }
    },
    {
      Sid    = "Look"
      Effect = "Allow"
      Action = [
        "acm:DescribeCertificate",
        "acm:ListCertificates",
        "ec2:DescribeAccountAttributes",
        "ec2:DescribeAddresses",
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeInstances",
        "ec2:DescribeInternetGateways",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeTags",
        "ec2:DescribeVpcPeeringConnections",
        "ec2:DescribeVpcs",
        "ec2:GetSecurityGroupsForVpc",
        "elasticloadbalancing:Describe*",
      ]
      Resource = "*" # they know no other
    },
  ]

  load_balancer_security_groups = [
    {
      Sid      = "NewSecurityGroupInVpc"
      Effect   = "Allow"
      Action   = ["ec2:CreateSecurityGroup"]
      Resource = "arn:aws:ec2:*:*:vpc/*"
    },
    {
      Sid       = "NewSecurityGroup"
      Effect    = "Allow"
      Action    = ["ec2:CreateSecurityGroup"]
      Resource  = "arn:aws:ec2:*:*:security-group/*"
      Condition = local.made_for_the_cluster
    },
    {
      Sid      = "TagNewSecurityGroup"
      Effect   = "Allow"
      Action   = ["ec2:CreateTags"]
      Resource = "arn:aws:ec2:*:*:security-group/*"
      Condition = { StringEquals = merge(local.made_for_the_cluster.StringEquals, {
        "ec2:CreateAction" = "CreateSecurityGroup"
      }) }
    },
    {
      Sid    = "OwnSecurityGroups"
      Effect = "Allow"
      Action = [
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:CreateTags",
        "ec2:DeleteSecurityGroup",
        "ec2:DeleteTags",
        "ec2:RevokeSecurityGroupIngress",
      ]
      Resource  = "arn:aws:ec2:*:*:security-group/*"
      Condition = local.of_the_cluster
    },
    {
      # It opens the nodes' group to its load balancers. EKS tags that group so.
      Sid       = "NodesSecurityGroup"
      Effect    = "Allow"
      Action    = ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"]
      Resource  = "arn:aws:ec2:*:*:security-group/*"
      Condition = { StringLike = { "aws:ResourceTag/kubernetes.io/cluster/${var.cluster_name}" = "*" } }
    },
  ]

  load_balancer_changes = [
    {
      Sid       = "New"
      Effect    = "Allow"
      Action    = ["elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup"]
      Resource  = [local.load_balancers, local.target_groups]
      Condition = local.made_for_the_cluster
    },
    {
      Sid      = "TagNew"
      Effect   = "Allow"
      Action   = ["elasticloadbalancing:AddTags"]
      Resource = [local.load_balancers, local.target_groups]
      Condition = { StringEquals = merge(local.made_for_the_cluster.StringEquals, {
        "elasticloadbalancing:CreateAction" = ["CreateLoadBalancer", "CreateTargetGroup"]
      }) }
    },
    {
      Sid    = "Own"
      Effect = "Allow"
      Action = [
        "elasticloadbalancing:AddTags",
        "elasticloadbalancing:DeleteLoadBalancer",
        "elasticloadbalancing:DeleteTargetGroup",
        "elasticloadbalancing:DeregisterTargets",
        "elasticloadbalancing:ModifyLoadBalancerAttributes",
        "elasticloadbalancing:ModifyTargetGroup",
        "elasticloadbalancing:ModifyTargetGroupAttributes",
        "elasticloadbalancing:RegisterTargets",
        "elasticloadbalancing:RemoveTags",
        "elasticloadbalancing:SetIpAddressType",
        "elasticloadbalancing:SetSecurityGroups",
        "elasticloadbalancing:SetSubnets",
      ]
      Resource  = [local.load_balancers, local.target_groups]
      Condition = local.of_the_cluster
    },
    {
      # The project's own policy does not hold listeners and rules to a tag either.
      Sid    = "Listeners"
      Effect = "Allow"
      Action = [
        "elasticloadbalancing:AddListenerCertificates",
        "elasticloadbalancing:AddTags",
        "elasticloadbalancing:CreateListener",
        "elasticloadbalancing:CreateRule",
        "elasticloadbalancing:DeleteListener",
        "elasticloadbalancing:DeleteRule",
        "elasticloadbalancing:ModifyListener",
        "elasticloadbalancing:ModifyListenerAttributes",
        "elasticloadbalancing:ModifyRule",
        "elasticloadbalancing:RemoveListenerCertificates",
        "elasticloadbalancing:RemoveTags",
        "elasticloadbalancing:SetRulePriorities",
      ]
      Resource = local.listeners
    },
    {
      Sid      = "ListenersOfLoadBalancers"
      Effect   = "Allow"
      Action   = ["elasticloadbalancing:CreateListener"]
      Resource = local.load_balancers
    },
  ]
}
