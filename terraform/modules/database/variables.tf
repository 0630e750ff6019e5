variable "name" {
  description = "Name of the environment; the instance and what belongs to it are called after it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,28}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 30 lower-case letters, digits and dashes, and start with a letter."
  }
}

variable "vpc_id" {
  description = "The VPC of the database."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets without a way to or from the internet, in at least two zones."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids must be at least two, in different zones: RDS wants them even for one instance."
  }
}

variable "allowed_security_group_ids" {
  description = "Who may connect: the security groups of the nodes. Nobody else can."
  type        = list(string)
}

variable "engine_version" {
  description = "Version of PostgreSQL: with the major version alone AWS chooses the newest minor one."
  type        = string
  default     = "17"

  validation {
    condition     = can(regex("^(1[5-9]|[2-9][0-9])([.][0-9]+)?$", var.engine_version))
    error_message = "engine_version must be 15 or later, such as 17 or 17.6."
  }
}

variable "instance_class" {
  description = "What it runs on, for example db.t4g.small (24 USD a month in us-east-1, twice that with multi_az)."
  type        = string

  validation {
    condition     = can(regex("^db[.][a-z0-9-]+[.][a-z0-9]+$", var.instance_class))
    error_message = "instance_class must be a class of RDS, such as db.t4g.small."
  }
}

variable "storage_gib" {
  description = "Storage to begin with: 0.115 USD a GiB and month in us-east-1, twice that with multi_az. It never shrinks."
  type        = number

  validation {
    condition     = var.storage_gib >= 20 && floor(var.storage_gib) == var.storage_gib
    error_message = "storage_gib must be a whole number of at least 20."
  }
}

variable "max_storage_gib" {
  description = "How far AWS may grow the storage by itself."
  type        = number

  validation {
    condition     = var.max_storage_gib >= var.storage_gib * 1.26
    error_message = "max_storage_gib must be at least 26% above storage_gib: RDS advises it for growth that happens in time."
  }
}

variable "multi_az" {
  description = "A standby in another zone that takes over within two minutes. Doubles what instance and storage cost."
  type        = bool
}

variable "backup_days" {
  description = "How many days back it can be restored to any second."
  type        = number

  validation {
    condition     = var.backup_days >= 7 && var.backup_days <= 35
    error_message = "backup_days must be 7 to 35."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the instance. With or without, a final snapshot is taken."
  type        = bool
}

variable "databases" {
  description = "The names of the databases. A job of the charts makes them and their users; here they only get their secrets."
  type        = object({ slipway = string, backend = string })
  default     = { slipway = "slipway", backend = "training" }

  validation {
    condition     = alltrue([for name in values(var.databases) : can(regex("^[a-z][a-z0-9_]{0,62}$", name))]) && var.databases.slipway != var.databases.backend
    error_message = "databases must be two different names of lower-case letters, digits and '_'."
  }
}

variable "log_retention_days" {
  description = "How long CloudWatch keeps PostgreSQL's log."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "log_retention_days must be a number of days that CloudWatch knows, for example 7, 14, 30, 90 or 365."
  }
}

variable "kms" {
  description = "The key of storage, snapshots and secrets; null makes one (1 USD a month). An object, since a key that is made in the same run has no ARN yet when Terraform counts. A change makes the database anew: don't."
  type        = object({ key_arn = string })
  default     = null
}
