mock_provider "aws" {}

variables {
  name               = "slipway-test"
  vpc_id             = "vpc-1"
  subnet_ids         = ["subnet-a", "subnet-b", "subnet-c"]
  administrators     = ["arn:aws:iam::111122223333:role/administrators"]
  log_retention_days = 30
  application_nodes  = { instance_types = ["m6i.large"], min = 2, max = 5, desired = 3, disk_gib = 40 }
}

run "name_too_long_for_roles" {
  command = plan
  variables {
    name = "slipway-in-a-very-long-environment"
  }
  expect_failures = [var.name]
}

run "version_with_a_patch" {
  command = plan
  variables {
    kubernetes_version = "1.35.2"
  }
  expect_failures = [var.kubernetes_version]
}

run "one_subnet" {
  command = plan
  variables {
    subnet_ids = ["subnet-a"]
  }
  expect_failures = [var.subnet_ids]
}

run "the_whole_world" {
  command = plan
  variables {
    public_access_cidrs = ["0.0.0.0/0"]
  }
  expect_failures = [var.public_access_cidrs]
}

run "a_host_without_its_length" {
  command = plan
  variables {
    public_access_cidrs = ["198.51.100.7"]
  }
  expect_failures = [var.public_access_cidrs]
}

run "no_administrator" {
  command = plan
  variables {
    administrators = []
  }
  expect_failures = [var.administrators]
}

run "a_user_as_administrator" {
  command = plan
  variables {
    administrators = ["arn:aws:iam::111122223333:user/alice"]
  }
  expect_failures = [var.administrators]
}

run "days_that_cloudwatch_does_not_know" {
  command = plan
  variables {
    log_retention_days = 31
  }
  expect_failures = [var.log_retention_days]
}

run "no_instance_type" {
  command = plan
  variables {
    application_nodes = { instance_types = [], min = 2, max = 5, desired = 3, disk_gib = 40 }
  }
  expect_failures = [var.application_nodes]
}

run "more_desired_than_the_most" {
  command = plan
  variables {
    application_nodes = { instance_types = ["m6i.large"], min = 2, max = 5, desired = 6, disk_gib = 40 }
  }
  expect_failures = [var.application_nodes]
}

run "a_disk_too_small_for_the_system" {
  command = plan
  variables {
    application_nodes = { instance_types = ["m6i.large"], min = 2, max = 5, desired = 3, disk_gib = 8 }
  }
  expect_failures = [var.application_nodes]
}

run "an_unknown_addon" {
  command = plan
  variables {
    addon_versions = { cilium = "v1.18.0" }
  }
  expect_failures = [var.addon_versions]
}
