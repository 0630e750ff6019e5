variable "name" {
  description = "Name of the environment; what is made here is called after it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,28}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 30 lower-case letters, digits and dashes, and start with a letter."
  }
}

variable "cidr" {
  description = "Addresses of the VPC, from a /16 to a /20: every pod takes one."
  type        = string

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && try(contains(range(16, 21), tonumber(split("/", var.cidr)[1])), false)
    error_message = "cidr must be an IPv4 block from /16 to /20, for example 10.20.0.0/16."
  }

  validation {
    condition     = try(cidrhost(var.cidr, 0) == split("/", var.cidr)[0], false)
    error_message = "cidr must begin at its network address: 10.20.0.0/16, not 10.20.1.0/16."
  }
}

variable "zones" {
  description = "The three availability zones of the region, for example us-east-1a, us-east-1b and us-east-1c."
  type        = list(string)

  validation {
    condition     = length(var.zones) == 3 && length(distinct(var.zones)) == 3
    error_message = "zones must be three different availability zones."
  }

  validation {
    condition     = length(distinct([for zone in var.zones : trimsuffix(zone, substr(zone, -1, 1))])) == 1
    error_message = "zones must be of one region."
  }
}

variable "nat" {
  description = "`single`: one NAT gateway, whose zone takes the others' way out with it; `per_zone`: three. Each is about 33 USD a month, and 0.045 USD a GB."
  type        = string

  validation {
    condition     = contains(["single", "per_zone"], var.nat)
    error_message = "nat must be single or per_zone."
  }
}

variable "interface_endpoints" {
  description = "AWS services that the private subnets reach without NAT, for example ecr.api, ecr.dkr and sts. Each is about 22 USD a month in three zones, and 0.01 USD a GB."
  type        = set(string)

  validation {
    condition     = alltrue([for service in var.interface_endpoints : can(regex("^[a-z][a-z0-9.-]+$", service)) && !startswith(service, "com.")])
    error_message = "interface_endpoints are services without their prefix: ecr.api, not com.amazonaws.us-east-1.ecr.api."
  }
}

variable "flow_log_retention_days" {
  description = "How long CloudWatch keeps the flow logs."
  type        = number

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.flow_log_retention_days)
    error_message = "flow_log_retention_days must be a number of days that CloudWatch knows, for example 7, 14, 30, 90 or 365."
  }
}

variable "tags" {
  description = "Tags of all that is made here, beside the provider's default tags."
  type        = map(string)
  default     = {}
}
