# Made before RDS does, whose own would keep everything for ever.
resource "aws_cloudwatch_log_group" "this" {
  for_each = toset(local.logs)

  #checkov:skip=CKV_AWS_158:CloudWatch encrypts with its own key; ours would add a policy that lets all of CloudWatch Logs use it
  #checkov:skip=CKV_AWS_338:PostgreSQL's log answers questions about days, not years; backups are what is kept
  name              = "/aws/rds/instance/${var.name}/${each.value}"
  retention_in_days = var.log_retention_days
}

# Lets RDS send what the operating system says.
resource "aws_iam_role" "monitoring" {
  name        = "${var.name}-database-monitoring"
  description = "RDS sends the operating system's figures of ${var.name}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "RdsMonitoring"
      Effect    = "Allow"
      Principal = { Service = "monitoring.rds.amazonaws.com" }
      Action    = ["sts:AssumeRole"]
    }]
  })
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  role       = aws_iam_role.monitoring.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}
