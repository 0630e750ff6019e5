variable "name" {
  description = "Name of the project; the bucket and the roles of CI begin with it."
  type        = string
  default     = "slipway"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 20 lower-case letters, digits and dashes, and start with a letter."
  }
}

variable "account_id" {
  description = "The AWS account, so that credentials of another one change nothing."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id must be the account's 12 digits; aws sts get-caller-identity prints them."
  }
}

variable "region" {
  description = "Region of the state and of the environments."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be a region's name, such as us-east-1."
  }
}

variable "gitlab" {
  description = "Where the pipelines run. url: of GitLab, reachable by AWS over HTTPS. project: path of this repository there. audience: what jobs ask for in id_tokens, the url where it is left out."
  type = object({
    url      = string
    project  = string
    audience = optional(string)
  })

  validation {
    condition     = can(regex("^https://[^/]+$", var.gitlab.url))
    error_message = "gitlab.url must be https://HOST, without a path or a '/' at its end: AWS compares it with the token's issuer."
  }
  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$", var.gitlab.project))
    error_message = "gitlab.project must be a whole path such as group/project, without '*': it decides who gets these roles."
  }
}

variable "environments" {
  description = "The environments by name, each with the protected branch whose pipelines may change it."
  type        = map(object({ branch = string }))

  validation {
    condition     = length(var.environments) > 0 && alltrue([for name in keys(var.environments) : can(regex("^[a-z][a-z0-9-]{1,28}[a-z0-9]$", name))])
    error_message = "environments must be named with 3 to 30 lower-case letters, digits and dashes, and start with a letter."
  }
  validation {
    condition     = alltrue([for environment in values(var.environments) : can(regex("^[A-Za-z0-9_./-]+$", environment.branch))])
    error_message = "branch must be one branch's whole name, without '*': whoever can push to it can change the environment."
  }
}
