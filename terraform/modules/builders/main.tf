locals {
  key   = "slipway/nodes"
  value = "builders"

  # With no node left the autoscaler can't look at one: it learns from these tags what a new one would be.
  autoscaler_tags = {
    "k8s.io/cluster-autoscaler/node-template/label/${local.key}"          = local.value
    "k8s.io/cluster-autoscaler/node-template/taint/${local.key}"          = "${local.value}:NoSchedule"
    "k8s.io/cluster-autoscaler/node-template/resources/ephemeral-storage" = "${var.disk_gib}Gi"
  }
}

resource "aws_launch_template" "this" {
  name_prefix            = "${var.name}-builders-"
  description            = "Builders of ${var.name}"
  update_default_version = true
  vpc_security_group_ids = var.security_group_ids

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_type           = "gp3"
      volume_size           = var.disk_gib
      encrypted             = true
      kms_key_id            = try(var.kms.key_arn, null)
      delete_on_termination = true
    }
  }

  # One hop: neither a pod nor a container that it builds in reaches the metadata service and the node's role.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  tag_specifications {
    resource_type = "instance"
    tags          = { Name = "${var.name}-builders" }
  }

  tag_specifications {
    resource_type = "volume"
    tags          = { Name = "${var.name}-builders" }
  }
}

resource "aws_eks_node_group" "this" {
  cluster_name           = var.cluster_name
  node_group_name_prefix = "builders-"
  node_role_arn          = aws_iam_role.this.arn
  subnet_ids             = var.subnet_ids
  ami_type               = "AL2023_x86_64_STANDARD"
  capacity_type          = var.capacity_type
  instance_types         = var.instance_types
  version                = var.kubernetes_version
  labels                 = { (local.key) = local.value }

  launch_template {
    id      = aws_launch_template.this.id
    version = aws_launch_template.this.latest_version
  }

  taint {
    key    = local.key
    value  = local.value
    effect = "NO_SCHEDULE"
  }

  scaling_config {
    min_size     = 0
    max_size     = var.max
    desired_size = 0
  }

  update_config {
    max_unavailable = 1
  }

  lifecycle {
    create_before_destroy = true
    ignore_changes        = [scaling_config[0].desired_size]
  }

  depends_on = [aws_iam_role_policy_attachment.this]
}

resource "aws_autoscaling_group_tag" "this" {
  for_each = local.autoscaler_tags

  autoscaling_group_name = aws_eks_node_group.this.resources[0].autoscaling_groups[0].name

  tag {
    key                 = each.key
    value               = each.value
    propagate_at_launch = false
  }
}

resource "aws_iam_role" "this" {
  name        = "${var.name}-builders"
  description = "Builder nodes of ${var.name}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Instances"
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })
}

# A builder joins the cluster and pulls images. Pushing is slipway's, by the role of its service account.
resource "aws_iam_role_policy_attachment" "this" {
  for_each = toset(["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"])

  role       = aws_iam_role.this.name
  policy_arn = "arn:aws:iam::aws:policy/${each.key}"
}
