# What each variable does not take. That the words help is in the message; that it is this variable's, in expect_failures.

mock_provider "aws" {}

variables {
  name                    = "slipway-test"
  cidr                    = "10.20.0.0/16"
  zones                   = ["us-east-1a", "us-east-1b", "us-east-1c"]
  nat                     = "single"
  interface_endpoints     = []
  flow_log_retention_days = 14
}

run "name_with_capitals" {
  command = plan
  variables {
    name = "Slipway"
  }
  expect_failures = [var.name]
}

run "cidr_that_is_none" {
  command = plan
  variables {
    cidr = "10.20.0.0"
  }
  expect_failures = [var.cidr]
}

run "cidr_too_small_for_pods" {
  command = plan
  variables {
    cidr = "10.20.0.0/24"
  }
  expect_failures = [var.cidr]
}

run "cidr_inside_a_block" {
  command = plan
  variables {
    cidr = "10.20.1.0/16"
  }
  expect_failures = [var.cidr]
}

run "two_zones" {
  command = plan
  variables {
    zones = ["us-east-1a", "us-east-1b"]
  }
  expect_failures = [var.zones]
}

run "one_zone_twice" {
  command = plan
  variables {
    zones = ["us-east-1a", "us-east-1b", "us-east-1b"]
  }
  expect_failures = [var.zones]
}

run "zones_of_two_regions" {
  command = plan
  variables {
    zones = ["us-east-1a", "us-east-1b", "us-west-2a"]
  }
  expect_failures = [var.zones]
}

run "nat_of_another_kind" {
  command = plan
  variables {
    nat = "none"
  }
  expect_failures = [var.nat]
}

run "endpoint_with_its_prefix" {
  command = plan
  variables {
    interface_endpoints = ["com.amazonaws.us-east-1.sts"]
  }
  expect_failures = [var.interface_endpoints]
}

run "days_that_cloudwatch_does_not_know" {
  command = plan
  variables {
    flow_log_retention_days = 10
  }
  expect_failures = [var.flow_log_retention_days]
}
