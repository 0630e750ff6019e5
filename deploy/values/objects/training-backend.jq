# The administrator's password is in the cluster only while deploy/release runs.
.service_accounts.backend.namespace as $namespace | .database as $database
| def secret($name; $arn): {
    apiVersion: "external-secrets.io/v1", kind: "ExternalSecret",
    metadata: {name: $name, namespace: $namespace},
    spec: {
      refreshInterval: "1h",
      secretStoreRef: {kind: "ClusterSecretStore", name: "aws"},
      target: {name: $name},
      data: ["username", "password" | {secretKey: ., remoteRef: {key: $arn, property: .}}]
    }
  };
{
  apiVersion: "v1", kind: "List",
  items: [secret("training-database"; $database.secret_arns.backend), secret("database-administrator"; $database.master_secret_arn)]
}
