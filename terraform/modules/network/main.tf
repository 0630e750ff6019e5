data "aws_region" "current" {}

data "aws_caller_identity" "current" {}

locals {
  zones = { for index, zone in var.zones : zone => index }

  # Three quarters are for nodes and pods, one a zone; the last one is cut into eighths.
  rest      = cidrsubnet(var.cidr, 2, 3)
  private   = { for zone, index in local.zones : zone => cidrsubnet(var.cidr, 2, index) }
  public    = { for zone, index in local.zones : zone => cidrsubnet(local.rest, 3, index) }
  databases = { for zone, index in local.zones : zone => cidrsubnet(local.rest, 3, index + 4) }
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_hostnames = true
  enable_dns_support   = true

  tags = merge(var.tags, { Name = var.name })
}

# What names no security group of its own reaches nothing.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-default-unused" })
}

# The tags are how the load balancer controller finds its subnets.
resource "aws_subnet" "public" {
  for_each = local.public

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = false

  tags = merge(var.tags, { Name = "${var.name}-public-${each.key}", "kubernetes.io/role/elb" = "1" })
}

resource "aws_subnet" "private" {
  for_each = local.private

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = false

  tags = merge(var.tags, { Name = "${var.name}-private-${each.key}", "kubernetes.io/role/internal-elb" = "1" })
}

resource "aws_subnet" "database" {
  for_each = local.databases

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = false

  tags = merge(var.tags, { Name = "${var.name}-database-${each.key}" })
}
