output "role_arns" {
  description = "ARNs of the roles by name: slipway, backend, load_balancer_controller, external_secrets, cluster_autoscaler."
  value       = { for name, role in aws_iam_role.this : name => role.arn }
}

output "service_accounts" {
  description = "The service account of each role, as the charts must name it."
  value       = var.service_accounts
}
