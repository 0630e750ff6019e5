# Nothing is copied by hand between Terraform and Helm: the deploy scripts read `terraform output -json deploy`.
output "deploy" {
  description = "What the deploy scripts need to know of the environment. No secret is in it, only where secrets are."
  value = {
    environment  = local.name
    account_id   = var.account_id
    region       = local.region
    zones        = local.zones
    cluster_name = module.cluster.cluster_name

    network = {
      vpc_id             = module.network.vpc_id
      cidr               = module.network.vpc_cidr
      public_subnet_ids  = module.network.public_subnet_ids
      private_subnet_ids = module.network.private_subnet_ids
      nat_public_ips     = module.network.nat_public_ips
    }

    registry         = module.registry.registry
    repository_urls  = { for name, url in module.registry.repository_urls : trimprefix(name, "${local.name}/") => url }
    role_arns        = module.identity.role_arns
    service_accounts = module.identity.service_accounts

    builders = {
      label = module.builders.label
      taint = module.builders.taint
    }

    database = {
      endpoint          = module.database.endpoint
      port              = module.database.port
      names             = module.database.database_names
      master_secret_arn = module.database.master_secret_arn
      secret_arns       = module.database.secret_arns
    }

    log_group_name  = module.observability.log_group_name
    alarm_topic_arn = module.observability.topic_arn
  }
}
