# It finds its groups by the tags that EKS puts on them. A builder may go although DaemonSets' pods are on it.
{
  cloudProvider: "aws",
  awsRegion: .region,
  autoDiscovery: {clusterName: .cluster_name},
  rbac: {serviceAccount: {name: .service_accounts.cluster_autoscaler.name}},
  extraArgs: {"balance-similar-node-groups": true, "skip-nodes-with-system-pods": false, expander: "least-waste"}
}
