variable "repositories" {
  description = "Repositories by their name. moving_tags: tags, or patterns with *, that a push may move; every other tag is immutable. keep: how many tagged images stay."
  type = map(object({
    moving_tags = optional(list(string), [])
    keep        = optional(number, 50)
  }))

  validation {
    condition     = length(var.repositories) > 0
    error_message = "repositories must name at least one: there is nothing to push to otherwise."
  }
  validation {
    condition     = alltrue([for name in keys(var.repositories) : can(regex("^[a-z0-9]+([._/-][a-z0-9]+)*$", name)) && length(name) >= 2 && length(name) <= 256])
    error_message = "repositories must have names of 2 to 256 lower-case letters and digits, separated by single '.', '_', '-' or '/'."
  }
  validation {
    condition     = alltrue([for repository in values(var.repositories) : length(repository.moving_tags) <= 5])
    error_message = "moving_tags must be at most 5 tags or patterns: ECR takes no more."
  }
  validation {
    condition = alltrue(flatten([for repository in values(var.repositories) : [
      for tag in repository.moving_tags : can(regex("^[A-Za-z0-9._*-]{1,128}$", tag)) && length(split("*", tag)) <= 3 && tag != "*"
    ]]))
    error_message = "moving_tags must have 1 to 128 letters, digits, '.', '_', '-' and at most two '*', and not be '*' alone: then no tag would be immutable."
  }
  validation {
    condition     = alltrue([for repository in values(var.repositories) : repository.keep >= 10 && floor(repository.keep) == repository.keep])
    error_message = "keep must be a whole number of at least 10: a rollback needs the images before the last one."
  }
}

variable "pull_account_ids" {
  description = "AWS accounts, beside this one, that may pull from all of these repositories: the other environments' accounts."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.pull_account_ids : can(regex("^[0-9]{12}$", id))])
    error_message = "pull_account_ids must be ids of AWS accounts, which have 12 digits."
  }
}

variable "kms" {
  description = "The key that encrypts the images; null makes one for these repositories (1 USD a month). An object, since a key that is made in the same run has no ARN yet when Terraform counts. Can't be changed later: ECR would make the repositories anew."
  type        = object({ key_arn = string })
  default     = null
}
