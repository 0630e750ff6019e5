output "endpoint" {
  description = "The host to connect to, without the port."
  value       = aws_db_instance.this.address
}

output "port" {
  description = "The port to connect to."
  value       = aws_db_instance.this.port
}

output "database_names" {
  description = "Names of the databases, by who uses them: slipway, backend."
  value       = var.databases
}

output "secret_arns" {
  description = "ARNs of the secrets, by who uses them: slipway, backend. They are empty until the deploy scripts fill them."
  value       = { for name, secret in aws_secretsmanager_secret.application : name => secret.arn }
}

output "master_secret_arn" {
  description = "ARN of the master user's secret, {username, password}: for the job that makes databases and users, nobody else."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}

output "key_arn" {
  description = "ARN of the key of storage and secrets: who reads a secret needs it, too."
  value       = local.key_arn
}

output "security_group_id" {
  description = "The database's security group."
  value       = aws_security_group.this.id
}

output "instance_identifier" {
  description = "The instance's name, for alarms and the AWS command line."
  value       = aws_db_instance.this.identifier
}
