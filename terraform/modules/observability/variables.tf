variable "name" {
  description = "Name of the environment; topic, alarms and budget are called after it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,28}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 30 lower-case letters, digits and dashes, and start with a letter."
  }
}

variable "cluster_name" {
  description = "The EKS cluster."
  type        = string
}

variable "database_identifier" {
  description = "The RDS instance."
  type        = string
}

variable "node_group_asg_names" {
  description = "The Auto Scaling groups of the node groups, by the name that an alarm shall have."
  type        = map(string)
}

variable "alarm_email" {
  description = "Who gets the alarms and the budget's alerts. AWS asks them once by mail whether they want to: until they say yes nobody hears anything."
  type        = string

  validation {
    condition     = can(regex("^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:]]+$", var.alarm_email))
    error_message = "alarm_email must be an address, best one of a team."
  }
}

variable "monthly_budget_usd" {
  description = "What the whole account is meant to cost a month; at 80% spent, and when 100% is foreseen, an alert is sent. It stops nothing."
  type        = number

  validation {
    condition     = var.monthly_budget_usd > 0
    error_message = "monthly_budget_usd must be more than nothing."
  }
}

variable "retention_days" {
  description = "How long CloudWatch keeps the logs of the pods, which cost 0.50 USD a GB taken in and 0.03 USD a GB and month kept."
  type        = number

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.retention_days)
    error_message = "retention_days must be a number of days that CloudWatch knows, for example 7, 14, 30, 90 or 365."
  }
}

variable "database_free_storage_gib" {
  description = "The alarm for a database that runs full. RDS grows the storage at a tenth free: below this, that did not happen."
  type        = number
  default     = 2
}
