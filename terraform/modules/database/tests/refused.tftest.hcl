mock_provider "aws" {}

variables {
  name                       = "staging"
  vpc_id                     = "vpc-1"
  subnet_ids                 = ["subnet-1", "subnet-2"]
  allowed_security_group_ids = ["sg-nodes"]
  instance_class             = "db.t4g.small"
  storage_gib                = 20
  max_storage_gib            = 100
  multi_az                   = false
  backup_days                = 7
  deletion_protection        = true
}

run "refuses_one_subnet" {
  command = plan

  variables {
    subnet_ids = ["subnet-1"]
  }
  expect_failures = [var.subnet_ids]
}

run "refuses_postgresql_14" {
  command = plan

  variables {
    engine_version = "14"
  }
  expect_failures = [var.engine_version]
}

run "refuses_a_version_with_a_patch" {
  command = plan

  variables {
    engine_version = "17.6.1"
  }
  expect_failures = [var.engine_version]
}

run "refuses_a_class_of_ec2" {
  command = plan

  variables {
    instance_class = "t4g.small"
  }
  expect_failures = [var.instance_class]
}

run "refuses_little_storage" {
  command = plan

  variables {
    storage_gib = 10
  }
  expect_failures = [var.storage_gib]
}

run "refuses_storage_that_can_not_grow" {
  command = plan

  variables {
    max_storage_gib = 20
  }
  expect_failures = [var.max_storage_gib]
}

run "refuses_no_backups" {
  command = plan

  variables {
    backup_days = 0
  }
  expect_failures = [var.backup_days]
}

run "refuses_one_database_for_two" {
  command = plan

  variables {
    databases = { slipway = "training", backend = "training" }
  }
  expect_failures = [var.databases]
}

run "refuses_a_quoted_database" {
  command = plan

  variables {
    databases = { slipway = "slipway", backend = "Training" }
  }
  expect_failures = [var.databases]
}

run "refuses_a_retention_that_cloudwatch_lacks" {
  command = plan

  variables {
    log_retention_days = 31
  }
  expect_failures = [var.log_retention_days]
}

run "refuses_a_name_with_an_underscore" {
  command = plan

  variables {
    name = "my_staging"
  }
  expect_failures = [var.name]
}
