mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/slipway-test-builders" }
  }
  mock_resource "aws_launch_template" {
    defaults = { latest_version = 1 }
  }
  mock_resource "aws_eks_node_group" {
    defaults = {
      id        = "slipway-test:builders-1"
      resources = [{ autoscaling_groups = [{ name = "eks-builders-1" }] }]
    }
  }
}

variables {
  name               = "slipway-test"
  cluster_name       = "slipway-test"
  kubernetes_version = "1.35"
  subnet_ids         = ["subnet-a", "subnet-b", "subnet-c"]
  security_group_ids = ["sg-cluster", "sg-nodes"]
  instance_types     = ["m6i.2xlarge"]
  capacity_type      = "ON_DEMAND"
  max                = 4
  disk_gib           = 200
}

run "starts_from_zero" {
  assert {
    condition     = aws_eks_node_group.this.scaling_config[0].min_size == 0 && aws_eks_node_group.this.scaling_config[0].desired_size == 0 && aws_eks_node_group.this.scaling_config[0].max_size == 4
    error_message = "scaling: ${jsonencode(aws_eks_node_group.this.scaling_config)}"
  }

  assert {
    condition = { for key, tag in aws_autoscaling_group_tag.this : key => tag.tag[0].value } == {
      "k8s.io/cluster-autoscaler/node-template/label/slipway/nodes"         = "builders"
      "k8s.io/cluster-autoscaler/node-template/taint/slipway/nodes"         = "builders:NoSchedule"
      "k8s.io/cluster-autoscaler/node-template/resources/ephemeral-storage" = "200Gi"
    }
    error_message = "the autoscaler is told ${jsonencode({ for key, tag in aws_autoscaling_group_tag.this : key => tag.tag[0].value })}"
  }

  assert {
    condition     = alltrue([for tag in aws_autoscaling_group_tag.this : tag.autoscaling_group_name == "eks-builders-1"])
    error_message = "the tags are on another group"
  }
}

run "takes_only_what_asks_for_it" {
  assert {
    condition     = one(aws_eks_node_group.this.taint).key == "slipway/nodes" && one(aws_eks_node_group.this.taint).value == "builders" && one(aws_eks_node_group.this.taint).effect == "NO_SCHEDULE"
    error_message = "taint: ${jsonencode(aws_eks_node_group.this.taint)}"
  }

  assert {
    condition     = aws_eks_node_group.this.labels == tomap({ "slipway/nodes" = "builders" })
    error_message = "labels: ${jsonencode(aws_eks_node_group.this.labels)}"
  }

  assert {
    condition     = output.label == { key = "slipway/nodes", value = "builders" } && output.taint == { key = "slipway/nodes", value = "builders", effect = "NoSchedule" }
    error_message = "the outputs tell of another label or taint"
  }

  assert {
    condition     = output.node_group_name == "builders-1" && output.autoscaling_group_name == "eks-builders-1"
    error_message = "${output.node_group_name}, ${output.autoscaling_group_name}"
  }
}

run "fences_the_builders" {
  assert {
    condition     = aws_launch_template.this.metadata_options[0].http_tokens == "required" && aws_launch_template.this.metadata_options[0].http_put_response_hop_limit == 1
    error_message = "builds reach the metadata service"
  }

  assert {
    condition     = aws_launch_template.this.block_device_mappings[0].ebs[0].encrypted == "true" && aws_launch_template.this.block_device_mappings[0].ebs[0].volume_type == "gp3" && aws_launch_template.this.block_device_mappings[0].ebs[0].volume_size == 200
    error_message = "the root volume is not an encrypted gp3 of 200 GiB"
  }

  assert {
    condition     = aws_launch_template.this.block_device_mappings[0].ebs[0].delete_on_termination == "true"
    error_message = "a builder's volume outlives it"
  }

  assert {
    condition     = aws_launch_template.this.vpc_security_group_ids == toset(["sg-cluster", "sg-nodes"])
    error_message = "groups: ${jsonencode(aws_launch_template.this.vpc_security_group_ids)}"
  }
}

run "lets_builders_join_and_pull_and_no_more" {
  assert {
    condition     = toset([for attachment in aws_iam_role_policy_attachment.this : attachment.policy_arn]) == toset(["arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy", "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly"])
    error_message = "policies: ${jsonencode([for attachment in aws_iam_role_policy_attachment.this : attachment.policy_arn])}"
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement == [{ Sid = "Instances", Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
    error_message = aws_iam_role.this.assume_role_policy
  }
}

run "follows_the_control_plane" {
  assert {
    condition     = aws_eks_node_group.this.version == "1.35"
    error_message = "version: ${aws_eks_node_group.this.version}"
  }
}

run "uses_the_key_that_is_given" {
  variables {
    kms = { key_arn = "arn:aws:kms:us-east-1:111122223333:key/2" }
  }

  assert {
    condition     = aws_launch_template.this.block_device_mappings[0].ebs[0].kms_key_id == "arn:aws:kms:us-east-1:111122223333:key/2"
    error_message = "key: ${aws_launch_template.this.block_device_mappings[0].ebs[0].kms_key_id}"
  }
}

run "takes_spare_machines" {
  variables {
    capacity_type  = "SPOT"
    instance_types = ["m6i.2xlarge", "m5.2xlarge"]
  }

  assert {
    condition     = aws_eks_node_group.this.capacity_type == "SPOT"
    error_message = "capacity: ${aws_eks_node_group.this.capacity_type}"
  }
}
