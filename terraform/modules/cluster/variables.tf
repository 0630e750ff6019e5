variable "name" {
  description = "Name of the cluster; roles, keys and groups are called after it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,28}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 30 lower-case letters, digits and dashes, and start with a letter."
  }
}

variable "kubernetes_version" {
  description = "Minor version of Kubernetes. When its standard support ends, EKS upgrades by itself: extended support costs six times as much."
  type        = string
  default     = "1.35"

  validation {
    condition     = can(regex("^1\\.[1-9][0-9]$", var.kubernetes_version))
    error_message = "kubernetes_version must be a minor version such as 1.35, without a patch."
  }
}

variable "vpc_id" {
  description = "Id of the VPC of `subnet_ids`."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets of the nodes and of the control plane's interfaces, in two zones at least."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids must be subnets of two zones at least: EKS wants that."
  }
}

variable "public_access_cidrs" {
  description = "Who may reach the Kubernetes API from outside the VPC. Empty: nobody, the endpoint is private."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.public_access_cidrs : can(cidrhost(cidr, 0))])
    error_message = "public_access_cidrs must be IPv4 blocks such as 198.51.100.7/32."
  }

  validation {
    condition     = alltrue([for cidr in var.public_access_cidrs : try(tonumber(split("/", cidr)[1]) >= 8, true)])
    error_message = "public_access_cidrs must not open the Kubernetes API to the world: name the offices' and runners' own blocks."
  }
}

variable "administrators" {
  description = "ARNs of the IAM roles that administer the cluster: nobody else gets in, not even who made it. What runs Helm needs to be among them."
  type        = list(string)

  validation {
    condition     = length(var.administrators) > 0
    error_message = "administrators must name a role at least: without one nobody can reach the Kubernetes API."
  }

  validation {
    condition     = alltrue([for arn in var.administrators : can(regex("^arn:aws:iam::[0-9]{12}:role/", arn))])
    error_message = "administrators must be ARNs of IAM roles, arn:aws:iam::ACCOUNT:role/NAME: people take roles on, and users have lasting keys."
  }
}

variable "log_retention_days" {
  description = "How long CloudWatch keeps the control plane's logs."
  type        = number

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "log_retention_days must be a number of days that CloudWatch knows, for example 7, 14, 30, 90 or 365."
  }
}

variable "application_nodes" {
  description = "Nodes of the applications and of what the cluster itself runs. `desired` counts at creation alone: later the autoscaler decides."
  type = object({
    instance_types = list(string)
    min            = number
    max            = number
    desired        = number
    disk_gib       = number
  })

  validation {
    condition     = length(var.application_nodes.instance_types) > 0
    error_message = "application_nodes.instance_types must name a type at least."
  }

  validation {
    condition     = 1 <= var.application_nodes.min && var.application_nodes.min <= var.application_nodes.desired && var.application_nodes.desired <= var.application_nodes.max
    error_message = "application_nodes must have 1 <= min <= desired <= max: the cluster's own add-ons need a node."
  }

  validation {
    condition     = var.application_nodes.disk_gib >= 20
    error_message = "application_nodes.disk_gib must be 20 at least: the system's image takes that."
  }
}

variable "addon_versions" {
  description = "Versions of add-ons by name, such as { coredns = \"v1.12.4-eksbuild.1\" }. Without one EKS takes its default for the Kubernetes version when it makes the add-on, and keeps it."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for addon in keys(var.addon_versions) : contains(["vpc-cni", "kube-proxy", "eks-pod-identity-agent", "coredns", "aws-ebs-csi-driver", "metrics-server"], addon)])
    error_message = "addon_versions must name add-ons of this module: vpc-cni, kube-proxy, eks-pod-identity-agent, coredns, aws-ebs-csi-driver or metrics-server."
  }
}

variable "deletion_protection" {
  description = "Whether EKS refuses to delete the cluster."
  type        = bool
  default     = true
}
