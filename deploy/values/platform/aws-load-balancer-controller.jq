# Its role can't ask for WAF and Shield, and pods can't ask the instance for VPC and region.
{
  clusterName: .cluster_name,
  region,
  vpcId: .network.vpc_id,
  serviceAccount: {name: .service_accounts.load_balancer_controller.name},
  enableShield: false,
  enableWaf: false,
  enableWafv2: false,
  enableServiceMutatorWebhook: false,
  keepTLSSecret: true  # else each upgrade makes another certificate, and for a moment its webhook is refused
}
