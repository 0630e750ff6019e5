output "node_group_name" {
  description = "Name of the node group."
  value       = split(":", aws_eks_node_group.this.id)[1]
}

output "node_role_arn" {
  description = "Role of the builders."
  value       = aws_iam_role.this.arn
}

output "autoscaling_group_name" {
  description = "Auto Scaling group of the builders, for alarms."
  value       = aws_eks_node_group.this.resources[0].autoscaling_groups[0].name
}

output "label" {
  description = "What a pod's nodeSelector names."
  value       = { key = local.key, value = local.value }
}

output "taint" {
  description = "What a pod tolerates, in Kubernetes' words."
  value       = { key = local.key, value = local.value, effect = "NoSchedule" }
}
