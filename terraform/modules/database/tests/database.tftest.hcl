mock_provider "aws" {
  mock_resource "aws_db_instance" {
    defaults = {
      address            = "staging.abc.us-east-1.rds.amazonaws.com"
      master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:rds!db-1", kms_key_id = "key", secret_status = "active" }]
    }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/mocked" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:us-east-1:111122223333:key/mocked" }
  }
}

variables {
  name                       = "staging"
  vpc_id                     = "vpc-1"
  subnet_ids                 = ["subnet-1", "subnet-2", "subnet-3"]
  allowed_security_group_ids = ["sg-nodes"]
  engine_version             = "17.6"
  instance_class             = "db.t4g.small"
  storage_gib                = 20
  max_storage_gib            = 100
  multi_az                   = false
  backup_days                = 7
  deletion_protection        = true
}

run "private" {
  command = plan

  assert {
    condition     = !aws_db_instance.this.publicly_accessible
    error_message = "The database has no public address."
  }
  assert {
    condition     = aws_db_subnet_group.this.subnet_ids == toset(["subnet-1", "subnet-2", "subnet-3"])
    error_message = "It stands in the given subnets."
  }
  assert {
    condition = [for rule in aws_vpc_security_group_ingress_rule.nodes : [rule.referenced_security_group_id, rule.ip_protocol, rule.from_port, rule.to_port]] == [
      ["sg-nodes", "tcp", 5432, 5432],
    ]
    error_message = "The nodes reach PostgreSQL's port, nothing else is open."
  }
  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.nodes : rule.cidr_ipv4 == null && rule.cidr_ipv6 == null])
    error_message = "No address may come in by itself."
  }
}

run "encrypted" {
  command = plan

  assert {
    condition     = aws_db_instance.this.storage_encrypted && aws_kms_key.this[0].enable_key_rotation
    error_message = "Storage is encrypted with a key that is rotated."
  }
  assert {
    condition     = { for parameter in aws_db_parameter_group.this.parameter : parameter.name => parameter.value }["rds.force_ssl"] == "1"
    error_message = "TLS is forced."
  }
  assert {
    condition     = aws_db_parameter_group.this.family == "postgres17"
    error_message = "The parameter group follows the major version."
  }
}

run "given_key" {
  command = plan

  variables {
    kms = { key_arn = "arn:aws:kms:us-east-1:111122223333:key/given" }
  }

  assert {
    condition     = length(aws_kms_key.this) == 0
    error_message = "No second key is paid for."
  }
  assert {
    condition = alltrue([for key in concat(
      [aws_db_instance.this.kms_key_id, aws_db_instance.this.master_user_secret_kms_key_id, aws_db_instance.this.performance_insights_kms_key_id],
      values(aws_secretsmanager_secret.application)[*].kms_key_id,
    ) : key == "arn:aws:kms:us-east-1:111122223333:key/given"])
    error_message = "The given key encrypts storage, insights and every secret."
  }
}

run "secrets" {
  command = plan

  assert {
    condition     = aws_db_instance.this.manage_master_user_password && aws_db_instance.this.password == null
    error_message = "RDS keeps the master password; Terraform never sees it."
  }
  assert {
    condition     = { for key, secret in aws_secretsmanager_secret.application : key => secret.name } == { slipway = "staging/slipway", backend = "staging/backend" }
    error_message = "A secret for each application."
  }
}

run "kept" {
  command = plan

  assert {
    condition     = aws_db_instance.this.deletion_protection && !aws_db_instance.this.skip_final_snapshot && aws_db_instance.this.final_snapshot_identifier == "staging-final"
    error_message = "It is hard to delete, and leaves a snapshot."
  }
  assert {
    condition     = aws_db_instance.this.backup_retention_period == 7 && aws_db_instance.this.copy_tags_to_snapshot
    error_message = "Backups are kept."
  }
  assert {
    condition     = aws_db_instance.this.max_allocated_storage == 100 && aws_db_instance.this.storage_type == "gp3"
    error_message = "Storage grows by itself."
  }
  assert {
    condition     = !aws_db_instance.this.apply_immediately
    error_message = "What restarts it waits for the maintenance window."
  }
}

run "multi_az" {
  command = plan

  variables {
    multi_az = true
  }

  assert {
    condition     = aws_db_instance.this.multi_az
    error_message = "A standby is made where it is asked for."
  }
}

run "logs" {
  command = plan

  assert {
    condition = { for group in aws_cloudwatch_log_group.this : group.name => group.retention_in_days } == {
      "/aws/rds/instance/staging/postgresql" = 30
      "/aws/rds/instance/staging/upgrade"    = 30
    }
    error_message = "RDS finds log groups that forget."
  }
  assert {
    condition     = toset(aws_db_instance.this.enabled_cloudwatch_logs_exports) == toset(["postgresql", "upgrade"])
    error_message = "Both logs are sent."
  }
  assert {
    condition = jsondecode(aws_iam_role.monitoring.assume_role_policy) == {
      Version = "2012-10-17"
      Statement = [{
        Sid       = "RdsMonitoring"
        Effect    = "Allow"
        Principal = { Service = "monitoring.rds.amazonaws.com" }
        Action    = ["sts:AssumeRole"]
      }]
    }
    error_message = "Only RDS takes the role."
  }
}

run "outputs" {
  assert {
    condition     = output.endpoint == "staging.abc.us-east-1.rds.amazonaws.com" && output.port == 5432
    error_message = "Host and port come apart."
  }
  assert {
    condition     = output.master_secret_arn == "arn:aws:secretsmanager:us-east-1:111122223333:secret:rds!db-1"
    error_message = "The master user's secret is found."
  }
  assert {
    condition     = output.database_names == { slipway = "slipway", backend = "training" } && keys(output.secret_arns) == ["backend", "slipway"]
    error_message = "Databases and secrets go by their users."
  }
  assert {
    condition     = output.instance_identifier == "staging" && output.key_arn == "arn:aws:kms:us-east-1:111122223333:key/mocked"
    error_message = "What other modules want."
  }
}
