mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "us-east-1" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:us-east-1:111122223333:key/1" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/mocked" }
  }
  mock_resource "aws_eks_cluster" {
    defaults = {
      certificate_authority = [{ data = "Y2VydGlmaWNhdGU=" }]
      vpc_config            = { cluster_security_group_id = "sg-cluster" }
    }
  }
  mock_resource "aws_security_group" {
    defaults = { id = "sg-nodes" }
  }
  mock_resource "aws_launch_template" {
    defaults = { latest_version = 1 }
  }
  mock_resource "aws_eks_node_group" {
    defaults = { resources = [{ autoscaling_groups = [{ name = "eks-applications-1" }] }] }
  }
}

variables {
  name               = "slipway-test"
  vpc_id             = "vpc-1"
  subnet_ids         = ["subnet-a", "subnet-b", "subnet-c"]
  administrators     = ["arn:aws:iam::111122223333:role/administrators"]
  log_retention_days = 30
  application_nodes = {
    instance_types = ["m6i.large"]
    min            = 2
    max            = 5
    desired        = 3
    disk_gib       = 40
  }
}

run "is_private_unless_told" {
  assert {
    condition     = aws_eks_cluster.this.vpc_config[0].endpoint_private_access && !aws_eks_cluster.this.vpc_config[0].endpoint_public_access
    error_message = "the Kubernetes API is public"
  }
}

run "is_public_for_named_blocks_alone" {
  variables {
    public_access_cidrs = ["198.51.100.0/24"]
  }

  assert {
    condition     = aws_eks_cluster.this.vpc_config[0].endpoint_private_access && aws_eks_cluster.this.vpc_config[0].endpoint_public_access && aws_eks_cluster.this.vpc_config[0].public_access_cidrs == toset(["198.51.100.0/24"])
    error_message = "blocks: ${jsonencode(aws_eks_cluster.this.vpc_config[0].public_access_cidrs)}"
  }
}

run "lets_the_administrators_in_and_nobody_else" {
  assert {
    condition     = aws_eks_cluster.this.access_config[0].authentication_mode == "API" && !aws_eks_cluster.this.access_config[0].bootstrap_cluster_creator_admin_permissions
    error_message = "others than the access entries let people in"
  }

  assert {
    condition     = [for entry in aws_eks_access_entry.administrator : entry.principal_arn] == ["arn:aws:iam::111122223333:role/administrators"]
    error_message = "entries: ${jsonencode([for entry in aws_eks_access_entry.administrator : entry.principal_arn])}"
  }

  assert {
    condition     = alltrue([for policy in aws_eks_access_policy_association.administrator : policy.policy_arn == "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"])
    error_message = "an administrator has another policy"
  }
}

run "stays_on_standard_support" {
  assert {
    condition     = aws_eks_cluster.this.version == "1.35" && aws_eks_cluster.this.upgrade_policy[0].support_type == "STANDARD" && aws_eks_node_group.applications.version == "1.35"
    error_message = "version ${aws_eks_cluster.this.version} on ${aws_eks_cluster.this.upgrade_policy[0].support_type} support"
  }

  assert {
    condition     = aws_eks_cluster.this.deletion_protection
    error_message = "the cluster can be deleted by mistake"
  }
}

run "encrypts_and_logs" {
  assert {
    condition     = aws_eks_cluster.this.encryption_config[0].resources == toset(["secrets"]) && aws_eks_cluster.this.encryption_config[0].provider[0].key_arn == "arn:aws:kms:us-east-1:111122223333:key/1"
    error_message = "Kubernetes' secrets are not encrypted by the key"
  }

  assert {
    condition     = aws_eks_cluster.this.enabled_cluster_log_types == toset(["api", "audit", "authenticator", "controllerManager", "scheduler"])
    error_message = "logs: ${jsonencode(aws_eks_cluster.this.enabled_cluster_log_types)}"
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/eks/slipway-test/cluster" && aws_cloudwatch_log_group.this.retention_in_days == 30 && aws_cloudwatch_log_group.this.kms_key_id == "arn:aws:kms:us-east-1:111122223333:key/1"
    error_message = "EKS's log group is not the one that ends and is encrypted"
  }

  assert {
    condition     = aws_kms_key.this.enable_key_rotation && aws_ebs_encryption_by_default.this.enabled
    error_message = "the key does not rotate, or new volumes are not encrypted"
  }
}

run "keeps_the_key_to_the_account_and_its_logs" {
  assert {
    condition = jsondecode(aws_kms_key.this.policy).Statement[0] == {
      Sid       = "PoliciesOfTheAccount"
      Effect    = "Allow"
      Action    = "kms:*"
      Principal = { AWS = "arn:aws:iam::111122223333:root" }
      Resource  = "*"
    }
    error_message = aws_kms_key.this.policy
  }

  assert {
    condition = jsondecode(aws_kms_key.this.policy).Statement[1] == {
      Sid       = "LogsOfTheControlPlane"
      Effect    = "Allow"
      Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
      Principal = { Service = "logs.us-east-1.amazonaws.com" }
      Resource  = "*"
      Condition = { ArnEquals = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/eks/slipway-test/cluster" } }
    }
    error_message = aws_kms_key.this.policy
  }

  assert {
    condition     = length(jsondecode(aws_kms_key.this.policy).Statement) == 2
    error_message = "others may use the key: ${aws_kms_key.this.policy}"
  }
}

run "has_all_addons" {
  assert {
    condition     = !aws_eks_cluster.this.bootstrap_self_managed_addons
    error_message = "EKS puts unmanaged add-ons there first"
  }

  assert {
    condition     = toset([for addon in concat(values(aws_eks_addon.first), values(aws_eks_addon.later)) : addon.addon_name]) == toset(["vpc-cni", "kube-proxy", "eks-pod-identity-agent", "coredns", "aws-ebs-csi-driver", "metrics-server"])
    error_message = "add-ons: ${jsonencode([for addon in concat(values(aws_eks_addon.first), values(aws_eks_addon.later)) : addon.addon_name])}"
  }

  assert {
    condition     = jsondecode(aws_eks_addon.first["vpc-cni"].configuration_values) == { enableNetworkPolicy = "true" }
    error_message = "network policies are not enforced"
  }

  assert {
    condition     = jsondecode(aws_eks_addon.later["aws-ebs-csi-driver"].configuration_values) == { defaultStorageClass = { enabled = true } }
    error_message = "there is no default storage class"
  }
}

run "pins_an_addon_where_told" {
  variables {
    addon_versions = { coredns = "v1.12.4-eksbuild.1" }
  }

  assert {
    condition     = aws_eks_addon.later["coredns"].addon_version == "v1.12.4-eksbuild.1"
    error_message = "version: ${aws_eks_addon.later["coredns"].addon_version}"
  }
}

run "gives_addons_roles_of_their_own" {
  assert {
    condition     = one(aws_eks_addon.first["vpc-cni"].pod_identity_association).service_account == "aws-node" && one(aws_eks_addon.later["aws-ebs-csi-driver"].pod_identity_association).service_account == "ebs-csi-controller-sa"
    error_message = "an add-on's role is another service account's"
  }

  assert {
    condition = jsondecode(aws_iam_role.addon["vpc-cni"].assume_role_policy).Statement == [{
      Sid       = "PodIdentity"
      Effect    = "Allow"
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Principal = { Service = "pods.eks.amazonaws.com" }
      Condition = {
        StringEquals = {
          "aws:RequestTag/eks-cluster-name"           = "slipway-test"
          "aws:RequestTag/kubernetes-namespace"       = "kube-system"
          "aws:RequestTag/kubernetes-service-account" = "aws-node"
        }
      }
    }]
    error_message = aws_iam_role.addon["vpc-cni"].assume_role_policy
  }

  assert {
    condition = { for addon, attachment in aws_iam_role_policy_attachment.addon : addon => attachment.policy_arn } == {
      vpc-cni            = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"
      aws-ebs-csi-driver = "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"
    }
    error_message = "policies: ${jsonencode({ for addon, attachment in aws_iam_role_policy_attachment.addon : addon => attachment.policy_arn })}"
  }
}

run "lets_nodes_join_and_pull_and_no_more" {
  assert {
    condition     = toset([for attachment in aws_iam_role_policy_attachment.nodes : attachment.policy_arn]) == toset(["arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy", "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly"])
    error_message = "policies: ${jsonencode([for attachment in aws_iam_role_policy_attachment.nodes : attachment.policy_arn])}"
  }

  assert {
    condition     = jsondecode(aws_iam_role.nodes.assume_role_policy).Statement == [{ Sid = "Instances", Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
    error_message = aws_iam_role.nodes.assume_role_policy
  }

  assert {
    condition = jsondecode(aws_iam_role.cluster.assume_role_policy).Statement == [{
      Sid       = "ControlPlane"
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "eks.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = "111122223333" } }
    }]
    error_message = aws_iam_role.cluster.assume_role_policy
  }
}

run "fences_the_nodes" {
  assert {
    condition     = aws_launch_template.applications.metadata_options[0].http_tokens == "required" && aws_launch_template.applications.metadata_options[0].http_put_response_hop_limit == 1
    error_message = "pods reach the metadata service"
  }

  assert {
    condition     = aws_launch_template.applications.block_device_mappings[0].ebs[0].encrypted == "true" && aws_launch_template.applications.block_device_mappings[0].ebs[0].volume_type == "gp3" && aws_launch_template.applications.block_device_mappings[0].ebs[0].volume_size == 40
    error_message = "the root volume is not an encrypted gp3 of 40 GiB"
  }

  assert {
    condition     = aws_eks_node_group.applications.subnet_ids == toset(["subnet-a", "subnet-b", "subnet-c"]) && length(aws_eks_node_group.applications.taint) == 0
    error_message = "the applications' nodes are elsewhere, or tainted"
  }

  assert {
    condition     = contains(aws_launch_template.applications.vpc_security_group_ids, output.node_security_group_id)
    error_message = "the nodes lack the group that the database lets in"
  }
}
