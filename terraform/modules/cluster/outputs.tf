output "cluster_name" {
  description = "Name of the cluster, known once it answers."
  value       = aws_eks_cluster.this.name
}

output "cluster_arn" {
  description = "ARN of the cluster."
  value       = aws_eks_cluster.this.arn
}

output "kubernetes_version" {
  description = "Version of the control plane, known once it has it: for other node groups, which follow."
  value       = aws_eks_cluster.this.version
}

output "endpoint" {
  description = "Address of the Kubernetes API."
  value       = aws_eks_cluster.this.endpoint
}

output "certificate_authority" {
  description = "Certificate authority of the Kubernetes API, in base64."
  value       = aws_eks_cluster.this.certificate_authority[0].data
}

output "security_group_id" {
  description = "EKS's own security group, between nodes and control plane."
  value       = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
}

output "node_security_group_id" {
  description = "Security group without rules that marks this cluster's nodes, for the database to let in."
  value       = aws_security_group.nodes.id
}

output "node_role_arn" {
  description = "Role of the application nodes."
  value       = aws_iam_role.nodes.arn
}

output "autoscaling_group_name" {
  description = "Auto Scaling group of the application nodes, for alarms."
  value       = aws_eks_node_group.applications.resources[0].autoscaling_groups[0].name
}
