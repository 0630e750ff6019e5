locals {
  name   = "staging"
  region = "us-east-1"
  zones  = [for letter in ["a", "b", "c"] : "${local.region}${letter}"]

  # One repository an image.
  repositories = {
    slipway           = { moving_tags = ["latest"] }
    slipway-rollout   = { moving_tags = ["latest"] }
    training-backend  = { moving_tags = ["latest"] }
    training-frontend = { moving_tags = ["latest"] }
  }
}

module "network" {
  source = "../../modules/network"

  name                    = local.name
  cidr                    = "10.20.0.0/16"
  zones                   = local.zones
  nat                     = "single"
  interface_endpoints     = ["ecr.api", "ecr.dkr", "sts"]
  flow_log_retention_days = 14
}

module "cluster" {
  source = "../../modules/cluster"

  name                = local.name
  kubernetes_version  = "1.35"
  vpc_id              = module.network.vpc_id
  subnet_ids          = module.network.private_subnet_ids
  public_access_cidrs = var.public_access_cidrs
  administrators      = var.administrators
  log_retention_days  = 14
  deletion_protection = false

  application_nodes = {
    instance_types = ["t3.large"]
    min            = 2
    desired        = 2
    max            = 4
    disk_gib       = 40
  }
}

module "builders" {
  source = "../../modules/builders"

  name               = local.name
  cluster_name       = module.cluster.cluster_name
  kubernetes_version = module.cluster.kubernetes_version
  subnet_ids         = module.network.private_subnet_ids
  security_group_ids = [module.cluster.security_group_id, module.cluster.node_security_group_id]
  instance_types     = ["m6i.xlarge", "m5.xlarge", "m6a.xlarge", "m5a.xlarge"]
  capacity_type      = "SPOT"
  max                = 2
  disk_gib           = 100
}

module "database" {
  source = "../../modules/database"

  name                       = local.name
  vpc_id                     = module.network.vpc_id
  subnet_ids                 = module.network.database_subnet_ids
  allowed_security_group_ids = [module.cluster.node_security_group_id]
  engine_version             = "17"
  instance_class             = "db.t4g.small"
  storage_gib                = 20
  max_storage_gib            = 100
  multi_az                   = false
  backup_days                = 7
  log_retention_days         = 14
  deletion_protection        = false
}

module "registry" {
  source = "../../modules/registry"

  repositories     = { for image, settings in local.repositories : "${local.name}/${image}" => settings }
  pull_account_ids = var.pull_account_ids
}

module "identity" {
  source = "../../modules/identity"

  name            = local.name
  cluster_name    = module.cluster.cluster_name
  repository_arns = module.registry.repository_arns
  secret_arns     = merge(module.database.secret_arns, { master = module.database.master_secret_arn })
  secret_key_arns = [module.database.key_arn]
}

module "observability" {
  source = "../../modules/observability"

  name                 = local.name
  cluster_name         = module.cluster.cluster_name
  database_identifier  = module.database.instance_identifier
  node_group_asg_names = { applications = module.cluster.autoscaling_group_name, builders = module.builders.autoscaling_group_name }
  alarm_email          = var.alarm_email
  monthly_budget_usd   = 600
  retention_days       = 14
}
