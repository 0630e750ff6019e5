variable "name" {
  description = "Name of the environment; roles are called NAME-ROLE."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,28}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 30 lower-case letters, digits and dashes, and start with a letter."
  }
}

variable "cluster_name" {
  description = "The EKS cluster whose pods take the roles; it needs the add-on eks-pod-identity-agent."
  type        = string
}

variable "repository_arns" {
  description = "The repositories that slipway pushes to and pulls from."
  type        = list(string)

  validation {
    condition     = length(var.repository_arns) > 0
    error_message = "repository_arns must name a repository: a policy without a resource is refused by IAM."
  }
  validation {
    condition     = alltrue([for arn in var.repository_arns : !strcontains(arn, "*")])
    error_message = "repository_arns must be whole ARNs: a '*' would let slipway push to repositories that nobody has named."
  }
}

variable "secret_arns" {
  description = "Secrets of Secrets Manager: one for slipway and one for the backend, and the database's master secret that the migration job of the charts wants."
  type = object({
    slipway = string
    backend = string
    master  = optional(string)
  })

  validation {
    condition     = alltrue([for arn in values(var.secret_arns) : arn == null || !strcontains(coalesce(arn, "-"), "*")])
    error_message = "secret_arns must be whole ARNs, without '*'."
  }
}

variable "secret_key_arns" {
  description = "The KMS keys that these secrets are encrypted with. Not needed for those under AWS's own key."
  type        = list(string)
  default     = []
}

variable "service_accounts" {
  description = "The Kubernetes service account that takes each role. The charts must use the same names."
  type = object({
    slipway                  = optional(object({ namespace = string, name = string }), { namespace = "slipway", name = "slipway" })
    backend                  = optional(object({ namespace = string, name = string }), { namespace = "training", name = "training-backend" })
    load_balancer_controller = optional(object({ namespace = string, name = string }), { namespace = "kube-system", name = "aws-load-balancer-controller" })
    external_secrets         = optional(object({ namespace = string, name = string }), { namespace = "external-secrets", name = "external-secrets" })
    cluster_autoscaler       = optional(object({ namespace = string, name = string }), { namespace = "kube-system", name = "cluster-autoscaler" })
  })
  default = {}

  validation {
    condition = alltrue([for account in values(var.service_accounts) :
      can(regex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", account.namespace)) && can(regex("^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$", account.name))
    ])
    error_message = "service_accounts must be names that Kubernetes takes: no '*', a role belongs to one account."
  }
}
