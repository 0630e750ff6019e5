variable "name" {
  description = "Name of the environment; role, template and group are called after it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,28}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 30 lower-case letters, digits and dashes, and start with a letter."
  }
}

variable "cluster_name" {
  description = "Name of the cluster to join."
  type        = string
}

variable "kubernetes_version" {
  description = "Version of the control plane, which the builders follow."
  type        = string

  validation {
    condition     = can(regex("^1\\.[1-9][0-9]$", var.kubernetes_version))
    error_message = "kubernetes_version must be a minor version such as 1.35, without a patch."
  }
}

variable "subnet_ids" {
  description = "Private subnets of the builders."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) > 0
    error_message = "subnet_ids must name a subnet at least."
  }
}

variable "security_group_ids" {
  description = "Security groups of the builders: the cluster's own, and the one that marks its nodes."
  type        = list(string)

  validation {
    condition     = length(var.security_group_ids) > 0
    error_message = "security_group_ids must hold the cluster's security group at least: a node outside it can't join."
  }
}

variable "instance_types" {
  description = "Instance types with x86-64 processors; several of one size where `capacity_type` is SPOT."
  type        = list(string)

  validation {
    condition     = length(var.instance_types) > 0
    error_message = "instance_types must name a type at least."
  }
}

variable "capacity_type" {
  description = "ON_DEMAND, or SPOT: about a third of the price, and AWS may take a builder away with two minutes' notice; slipway builds again."
  type        = string

  validation {
    condition     = contains(["ON_DEMAND", "SPOT"], var.capacity_type)
    error_message = "capacity_type must be ON_DEMAND or SPOT."
  }

  validation {
    condition     = var.capacity_type == "ON_DEMAND" || length(var.instance_types) > 1
    error_message = "capacity_type SPOT wants several instance_types: one type's spare machines run out."
  }
}

variable "max" {
  description = "Most builders at a time; there are none while nothing wants one."
  type        = number

  validation {
    condition     = 1 <= var.max && var.max <= 50 && floor(var.max) == var.max
    error_message = "max must be a whole number from 1 to 50."
  }
}

variable "disk_gib" {
  description = "Root volume of a builder, where the engine keeps images and build cache; about 0.08 USD a GiB and month while the builder is there."
  type        = number

  validation {
    condition     = var.disk_gib >= 50
    error_message = "disk_gib must be 50 at least: images and their build cache fill less within a day."
  }
}

variable "kms" {
  description = "Key of the root volumes; null takes the account's EBS key. The policy of a key of one's own must let the service-linked role of Auto Scaling use it, else no builder starts."
  type        = object({ key_arn = string })
  default     = null

  validation {
    condition     = var.kms == null || can(regex("^arn:aws:kms:", var.kms.key_arn))
    error_message = "kms.key_arn must be the ARN of a KMS key."
  }
}
