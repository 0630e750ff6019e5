resource "aws_launch_template" "applications" {
  name_prefix            = "${var.name}-applications-"
  description            = "Application nodes of ${var.name}"
  update_default_version = true
  vpc_security_group_ids = [aws_eks_cluster.this.vpc_config[0].cluster_security_group_id, aws_security_group.nodes.id]

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_type           = "gp3"
      volume_size           = var.application_nodes.disk_gib
      encrypted             = true
      delete_on_termination = true
    }
  }

  # One hop: the metadata service, and the node's role with it, is out of the pods' reach.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  tag_specifications {
    resource_type = "instance"
    tags          = { Name = "${var.name}-applications" }
  }

  tag_specifications {
    resource_type = "volume"
    tags          = { Name = "${var.name}-applications" }
  }
}

resource "aws_eks_node_group" "applications" {
  cluster_name           = aws_eks_cluster.this.name
  node_group_name_prefix = "applications-"
  node_role_arn          = aws_iam_role.nodes.arn
  subnet_ids             = var.subnet_ids
  ami_type               = "AL2023_x86_64_STANDARD"
  instance_types         = var.application_nodes.instance_types
  version                = aws_eks_cluster.this.version
  labels                 = { "slipway/nodes" = "applications" }

  launch_template {
    id      = aws_launch_template.applications.id
    version = aws_launch_template.applications.latest_version
  }

  scaling_config {
    min_size     = var.application_nodes.min
    max_size     = var.application_nodes.max
    desired_size = var.application_nodes.desired
  }

  update_config {
    max_unavailable_percentage = 33
  }

  lifecycle {
    create_before_destroy = true
    ignore_changes        = [scaling_config[0].desired_size]
  }

  depends_on = [aws_eks_addon.first, aws_iam_role_policy_attachment.nodes]
}
