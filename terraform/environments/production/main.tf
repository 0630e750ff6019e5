locals {
  name   = "production"
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
  cidr                    = "10.30.0.0/16"
  zones                   = local.zones
  nat                     = "per_zone"
  interface_endpoints     = ["ecr.api", "ecr.dkr", "sts"]
  flow_log_retention_days = 90
}

module "cluster" {
  source = "../../modules/cluster"

  name                = local.name
  kubernetes_version  = "1.35"
  vpc_id              = module.network.vpc_id
  subnet_ids          = module.network.private_subnet_ids
  public_access_cidrs = var.public_access_cidrs
  administrators      = var.administrators
  log_retention_days  = 90
  deletion_protection = true

  application_nodes = {
    instance_types = ["m6i.large"]
    min            = 3
    desired        = 3
    max            = 9
    disk_gib       = 60
  }
}

module "builders" {
  source = "../../modules/builders"

  name               = local.name
  cluster_name       = module.cluster.cluster_name
  kubernetes_version = module.cluster.kubernetes_version
  subnet_ids         = module.network.private_subnet_ids
  security_group_ids = [module.cluster.security_group_id, module.cluster.node_security_group_id]
  instance_types     = ["m6i.2xlarge"]
  capacity_type      = "ON_DEMAND"
  max                = 6
  disk_gib           = 300
}

module "database" {
  source = "../../modules/database"

  name                       = local.name
  vpc_id                     = module.network.vpc_id
  subnet_ids                 = module.network.database_subnet_ids
  allowed_security_group_ids = [module.cluster.node_security_group_id]
  engine_version             = "17"
  instance_class             = "db.t4g.medium"
  storage_gib                = 50
  max_storage_gib            = 500
  multi_az                   = true
  backup_days                = 30
  log_retention_days         = 90
  deletion_protection        = true
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
  monthly_budget_usd   = 1500
  retention_days       = 90
}
