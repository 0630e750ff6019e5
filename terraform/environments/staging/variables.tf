# What is not the same for everyone who uses this: terraform.tfvars.example. The rest is in main.tf.

variable "account_id" {
  description = "The AWS account. With credentials of another one nothing is changed."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id must be the account's 12 digits; aws sts get-caller-identity prints them."
  }
}

variable "administrators" {
  description = "ARNs of the IAM roles that administer the cluster: people's, and that of the pipeline that runs Helm."
  type        = list(string)
}

variable "public_access_cidrs" {
  description = "Who may reach the Kubernetes API from outside the VPC; empty: nobody."
  type        = list(string)
  default     = []
}

variable "pull_account_ids" {
  description = "Other accounts that pull images from here."
  type        = list(string)
  default     = []
}

variable "alarm_email" {
  description = "Who gets alarms and budget alerts."
  type        = string
}
