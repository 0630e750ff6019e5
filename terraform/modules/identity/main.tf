locals {
  policies = {
    slipway                  = local.slipway
    backend                  = local.backend
    load_balancer_controller = local.load_balancer_controller
    external_secrets         = local.external_secrets
    cluster_autoscaler       = local.cluster_autoscaler
  }
}

# The conditions hold a role to its service account even where somebody associates it with another one.
resource "aws_iam_role" "this" {
  for_each = var.service_accounts

  name        = "${var.name}-${replace(each.key, "_", "-")}"
  description = "${each.value.namespace}/${each.value.name} on the cluster ${var.cluster_name}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "PodIdentity"
      Effect    = "Allow"
      Principal = { Service = "pods.eks.amazonaws.com" }
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Condition = { StringEquals = {
        "aws:RequestTag/eks-cluster-name"           = var.cluster_name
        "aws:RequestTag/kubernetes-namespace"       = each.value.namespace
        "aws:RequestTag/kubernetes-service-account" = each.value.name
      } }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  for_each = local.policies

  name   = "needs"
  role   = aws_iam_role.this[each.key].name
  policy = jsonencode({ Version = "2012-10-17", Statement = each.value })
}

resource "aws_eks_pod_identity_association" "this" {
  for_each = var.service_accounts

  cluster_name    = var.cluster_name
  namespace       = each.value.namespace
  service_account = each.value.name
  role_arn        = aws_iam_role.this[each.key].arn
}
