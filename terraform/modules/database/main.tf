locals {
  key_arn = var.kms == null ? aws_kms_key.this[0].arn : var.kms.key_arn
  logs    = ["postgresql", "upgrade"]
}

resource "aws_db_instance" "this" {
  #checkov:skip=CKV_AWS_157:A standby doubles the cost; it is the environment's decision, and staging goes without
  #checkov:skip=CKV_AWS_293:Whether it can be deleted is the environment's decision; a final snapshot is always taken
  identifier     = var.name
  engine         = "postgres"
  engine_version = var.engine_version
  instance_class = var.instance_class
  multi_az       = var.multi_az

  # Its only user now. The password is made, kept and changed every 7 days by RDS: read it from the secret each time.
  username                            = "postgres"
  manage_master_user_password         = true
  master_user_secret_kms_key_id       = local.key_arn
  iam_database_authentication_enabled = true

  storage_type          = "gp3"
  allocated_storage     = var.storage_gib
  max_allocated_storage = var.max_storage_gib
  storage_encrypted     = true
  kms_key_id            = local.key_arn

  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.this.id]
  publicly_accessible    = false
  port                   = 5432
  ca_cert_identifier     = "rds-ca-rsa2048-g1"
  parameter_group_name   = aws_db_parameter_group.this.name

  # Minor versions come by themselves, major ones only when engine_version says so; both in the night to Monday.
  auto_minor_version_upgrade  = true
  allow_major_version_upgrade = true
  apply_immediately           = false
  maintenance_window          = "mon:03:00-mon:04:00"
  backup_window               = "01:30-02:30"
  backup_retention_period     = var.backup_days
  copy_tags_to_snapshot       = true
  deletion_protection         = var.deletion_protection
  skip_final_snapshot         = false
  final_snapshot_identifier   = "${var.name}-final"

  enabled_cloudwatch_logs_exports       = local.logs
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.monitoring.arn
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = local.key_arn
  performance_insights_retention_period = 7 # days; what is free
  database_insights_mode                = "standard"

  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy_attachment.monitoring]
}

# A parameter group is of one major version: the next one gets a new group before the old one goes.
resource "aws_db_parameter_group" "this" {
  name_prefix = "${var.name}-"
  family      = "postgres${split(".", var.engine_version)[0]}"
  description = "PostgreSQL of ${var.name}"

  parameter {
    name  = "rds.force_ssl" # the default since 15; it must not depend on a default
    value = "1"
  }

  dynamic "parameter" {
    for_each = {
      "log_connections"            = "1"    # who came, and by which TLS
      "log_lock_waits"             = "1"    # longer than a second
      "log_min_duration_statement" = "1000" # milliseconds
      "log_statement"              = "ddl"
    }
    content {
      name  = parameter.key
      value = parameter.value
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_kms_key" "this" {
  count = var.kms == null ? 1 : 0

  #checkov:skip=CKV2_AWS_64:The default policy leaves the decision to the account's IAM; a policy of ours would say the same
  description             = "Database and secrets of ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
}
