mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "us-east-1" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/vpc/slipway-test/flow-logs" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/slipway-test-flow-logs" }
  }
}

variables {
  name                    = "slipway-test"
  cidr                    = "10.20.0.0/16"
  zones                   = ["us-east-1a", "us-east-1b", "us-east-1c"]
  nat                     = "single"
  interface_endpoints     = ["ecr.api", "ecr.dkr", "sts"]
  flow_log_retention_days = 14
}

run "cuts_the_addresses" {
  assert {
    condition = { for zone, subnet in aws_subnet.private : zone => subnet.cidr_block } == {
      us-east-1a = "10.20.0.0/18", us-east-1b = "10.20.64.0/18", us-east-1c = "10.20.128.0/18"
    }
    error_message = "private: ${jsonencode({ for zone, subnet in aws_subnet.private : zone => subnet.cidr_block })}"
  }

  assert {
    condition = { for zone, subnet in aws_subnet.public : zone => subnet.cidr_block } == {
      us-east-1a = "10.20.192.0/21", us-east-1b = "10.20.200.0/21", us-east-1c = "10.20.208.0/21"
    }
    error_message = "public: ${jsonencode({ for zone, subnet in aws_subnet.public : zone => subnet.cidr_block })}"
  }

  assert {
    condition = { for zone, subnet in aws_subnet.database : zone => subnet.cidr_block } == {
      us-east-1a = "10.20.224.0/21", us-east-1b = "10.20.232.0/21", us-east-1c = "10.20.240.0/21"
    }
    error_message = "database: ${jsonencode({ for zone, subnet in aws_subnet.database : zone => subnet.cidr_block })}"
  }

  assert {
    condition     = alltrue([for zone, subnet in aws_subnet.private : subnet.availability_zone == zone])
    error_message = "a subnet lies in another zone than the one it is called after"
  }

  assert {
    condition     = output.vpc_cidr == "10.20.0.0/16"
    error_message = "vpc_cidr: ${output.vpc_cidr}"
  }
}

run "cuts_the_smallest_block" {
  variables {
    cidr = "10.20.16.0/20"
  }

  assert {
    condition     = [for subnet in aws_subnet.private : subnet.cidr_block] == ["10.20.16.0/22", "10.20.20.0/22", "10.20.24.0/22"]
    error_message = "private: ${jsonencode([for subnet in aws_subnet.private : subnet.cidr_block])}"
  }

  # A load balancer wants a /27 at least.
  assert {
    condition     = [for subnet in aws_subnet.public : subnet.cidr_block] == ["10.20.28.0/25", "10.20.28.128/25", "10.20.29.0/25"]
    error_message = "public: ${jsonencode([for subnet in aws_subnet.public : subnet.cidr_block])}"
  }
}

run "tags_subnets_for_load_balancers" {
  variables {
    tags = { team = "platform" }
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.public : subnet.tags["kubernetes.io/role/elb"] == "1"])
    error_message = "a public subnet lacks kubernetes.io/role/elb"
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.private : subnet.tags["kubernetes.io/role/internal-elb"] == "1"])
    error_message = "a private subnet lacks kubernetes.io/role/internal-elb"
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.database : length([for key in keys(subnet.tags) : key if startswith(key, "kubernetes.io/")]) == 0])
    error_message = "a database subnet is offered to load balancers"
  }

  assert {
    condition     = aws_subnet.database["us-east-1b"].tags == tomap({ Name = "slipway-test-database-us-east-1b", team = "platform" })
    error_message = "tags: ${jsonencode(aws_subnet.database["us-east-1b"].tags)}"
  }
}

run "opens_nothing_to_the_world" {
  assert {
    condition     = !anytrue([for subnet in concat(values(aws_subnet.public), values(aws_subnet.private), values(aws_subnet.database)) : subnet.map_public_ip_on_launch])
    error_message = "a subnet gives public addresses"
  }

  assert {
    condition     = length(aws_default_security_group.this.ingress) == 0 && length(aws_default_security_group.this.egress) == 0
    error_message = "the default security group has rules"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.endpoints.cidr_ipv4 == "10.20.0.0/16" && aws_vpc_security_group_ingress_rule.endpoints.from_port == 443 && aws_vpc_security_group_ingress_rule.endpoints.to_port == 443
    error_message = "the endpoints take more than HTTPS from the VPC"
  }

  assert {
    condition     = !contains([for route in concat([aws_route.internet], values(aws_route.nat)) : route.route_table_id], aws_route_table.database.id)
    error_message = "the databases have a way out"
  }

  assert {
    condition     = !contains([for table in aws_route_table.private : table.id], aws_route.internet.route_table_id)
    error_message = "the nodes have a way out past NAT"
  }
}

run "shares_one_nat_gateway" {
  assert {
    condition     = keys(aws_nat_gateway.this) == ["us-east-1a"] && length(output.nat_public_ips) == 1
    error_message = "gateways in ${jsonencode(keys(aws_nat_gateway.this))}"
  }

  assert {
    condition     = length(aws_route.nat) == 3 && alltrue([for route in aws_route.nat : route.nat_gateway_id == aws_nat_gateway.this["us-east-1a"].id])
    error_message = "a zone has another way out than the one gateway"
  }
}

run "gives_each_zone_its_nat_gateway" {
  variables {
    nat = "per_zone"
  }

  assert {
    condition     = alltrue([for zone in var.zones : aws_route.nat[zone].nat_gateway_id == aws_nat_gateway.this[zone].id])
    error_message = "a zone goes out by another zone's gateway"
  }

  assert {
    condition     = alltrue([for zone in var.zones : aws_nat_gateway.this[zone].subnet_id == aws_subnet.public[zone].id])
    error_message = "a gateway is not in its zone's public subnet"
  }

  assert {
    condition     = length(output.nat_public_ips) == 3
    error_message = "addresses: ${length(output.nat_public_ips)}"
  }
}

run "has_the_endpoints_that_are_wanted" {
  assert {
    condition     = aws_vpc_endpoint.s3.service_name == "com.amazonaws.us-east-1.s3" && aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway" && aws_vpc_endpoint.s3.route_table_ids == toset([for table in aws_route_table.private : table.id])
    error_message = "S3 is not reached by a gateway endpoint from every private subnet"
  }

  assert {
    condition     = [for endpoint in aws_vpc_endpoint.interface : endpoint.service_name] == ["com.amazonaws.us-east-1.ecr.api", "com.amazonaws.us-east-1.ecr.dkr", "com.amazonaws.us-east-1.sts"]
    error_message = "services: ${jsonencode([for endpoint in aws_vpc_endpoint.interface : endpoint.service_name])}"
  }

  assert {
    condition     = alltrue([for endpoint in aws_vpc_endpoint.interface : endpoint.private_dns_enabled && length(endpoint.subnet_ids) == 3])
    error_message = "an endpoint is not in every zone under the service's own name"
  }
}

run "pays_for_no_endpoint_unasked" {
  variables {
    interface_endpoints = []
  }

  assert {
    condition     = length(aws_vpc_endpoint.interface) == 0
    error_message = "services: ${jsonencode(keys(aws_vpc_endpoint.interface))}"
  }
}

run "logs_flows" {
  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && aws_flow_log.this.vpc_id == aws_vpc.this.id && aws_cloudwatch_log_group.flow_logs.retention_in_days == 14
    error_message = "not all traffic is logged for 14 days"
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.flow_logs.policy).Statement == [{
      Sid      = "WriteToTheLogGroup"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
      Resource = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/vpc/slipway-test/flow-logs:*"
    }]
    error_message = aws_iam_role_policy.flow_logs.policy
  }

  assert {
    condition = jsondecode(aws_iam_role.flow_logs.assume_role_policy).Statement == [{
      Sid       = "FlowLogsOfThisAccount"
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "vpc-flow-logs.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = "111122223333" } }
    }]
    error_message = aws_iam_role.flow_logs.assume_role_policy
  }
}
