mock_provider "aws" {}

variables {
  name               = "slipway-test"
  cluster_name       = "slipway-test"
  kubernetes_version = "1.35"
  subnet_ids         = ["subnet-a"]
  security_group_ids = ["sg-cluster"]
  instance_types     = ["m6i.2xlarge"]
  capacity_type      = "ON_DEMAND"
  max                = 4
  disk_gib           = 200
}

run "name_with_an_underscore" {
  command = plan
  variables {
    name = "slipway_test"
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

run "no_subnet" {
  command = plan
  variables {
    subnet_ids = []
  }
  expect_failures = [var.subnet_ids]
}

run "no_security_group" {
  command = plan
  variables {
    security_group_ids = []
  }
  expect_failures = [var.security_group_ids]
}

run "no_instance_type" {
  command = plan
  variables {
    instance_types = []
  }
  expect_failures = [var.instance_types]
}

run "capacity_of_another_kind" {
  command = plan
  variables {
    capacity_type  = "spot"
    instance_types = ["m6i.2xlarge", "m5.2xlarge"]
  }
  expect_failures = [var.capacity_type]
}

run "spare_machines_of_one_type" {
  command = plan
  variables {
    capacity_type = "SPOT"
  }
  expect_failures = [var.capacity_type]
}

run "no_builder_ever" {
  command = plan
  variables {
    max = 0
  }
  expect_failures = [var.max]
}

run "a_disk_too_small_for_images" {
  command = plan
  variables {
    disk_gib = 20
  }
  expect_failures = [var.disk_gib]
}

run "a_key_by_its_alias" {
  command = plan
  variables {
    kms = { key_arn = "alias/slipway" }
  }
  expect_failures = [var.kms]
}
