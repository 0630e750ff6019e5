# external-secrets takes its role by Pod Identity: no credentials here.
{
  apiVersion: "external-secrets.io/v1", kind: "ClusterSecretStore",
  metadata: {name: "aws"},
  spec: {provider: {aws: {service: "SecretsManager", region}}}
}
