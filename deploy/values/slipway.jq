# What Terraform knows of slipway's place: builder nodes, RDS, ECR by Pod Identity, Secrets Manager, and the receiver of its notifications.
.database.secret_arns.slipway as $secret
| (.repository_urls.slipway | split("/")) as $image
| {
  image: {registry: $image[0], repository: ($image[1:] | join("/"))},
  store: "postgresql",
  replicas: 2,
  serviceAccount: {name: .service_accounts.slipway.name},
  nodeSelector: {(.builders.label.key): .builders.label.value},
  tolerations: [.builders.taint],
  registry: {credHelpers: {(.registry): "ecr-login"}},
  database: {
    host: .database.endpoint,
    port: .database.port,
    name: .database.names.slipway,
    user: "slipway",
    existingSecret: "slipway-database",
    passwordKey: "password",
    sslMode: "verify-full",
    ca: {configMap: "rds-ca", key: "global-bundle.pem"},
    create: {enabled: true}
  },
  externalSecrets: {
    enabled: true,
    store: {name: "aws"},
    databaseAdmin: {remoteKey: .database.master_secret_arn},
    secrets: {
      "slipway-database": {remoteKey: $secret, keys: {password: "password"}},
      "slipway-gitlab": {remoteKey: $secret, keys: {clone: "clone-token", signing: "webhook-signing-key"}},
      "slipway-api": {remoteKey: $secret, keys: {write: "api-write-token"}},
      "slipway-rollout": {remoteKey: $secret, keys: {signing: "rollout-signing-key"}}
    }
  },
  secrets: {
    gitlab: {existingSecret: "slipway-gitlab"},
    api: {existingSecret: "slipway-api"},
    rollout: {existingSecret: "slipway-rollout"}
  },
  config: {
    tokens: [{name: "people", role: "write", token_file: "/run/secrets/api/write"}],
    notifications: [{
      url: "http://rollout.rollout.svc.cluster.local:8080/hooks/slipway",
      signing_key_file: "/run/secrets/rollout/signing",
      events: ["image.pushed"]
    }]
  },
  networkPolicy: {
    databaseCidrs: [.network.cidr],
    extraEgress: [{
      to: [{namespaceSelector: {matchLabels: {"kubernetes.io/metadata.name": "rollout"}}}],
      ports: [{port: 8080, protocol: "TCP"}]
    }]
  },
  metrics: {
    serviceMonitor: {enabled: true, labels: {release: "monitoring"}},
    prometheusRule: {enabled: true, labels: {release: "monitoring"}},
    dashboard: {enabled: true, annotations: {grafana_folder: "slipway"}}
  }
}
