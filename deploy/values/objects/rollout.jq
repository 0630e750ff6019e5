{
  apiVersion: "external-secrets.io/v1", kind: "ExternalSecret",
  metadata: {name: "rollout-signing", namespace: "rollout"},
  spec: {
    refreshInterval: "1h",
    secretStoreRef: {kind: "ClusterSecretStore", name: "aws"},
    target: {name: "rollout-signing"},
    data: [{secretKey: "signing", remoteRef: {key: .database.secret_arns.slipway, property: "rollout-signing-key"}}]
  }
}
