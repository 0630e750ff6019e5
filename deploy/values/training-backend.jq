# What Terraform knows of the backend's place. Its database is made and filled by the chart's job.
(.repository_urls["training-backend"] | split("/")) as $image
| {
  image: {registry: $image[0], repository: ($image[1:] | join("/"))},
  autoscaling: {enabled: true},
  serviceAccount: {name: .service_accounts.backend.name},
  database: {
    host: .database.endpoint,
    port: .database.port,
    name: .database.names.backend,
    existingSecret: "training-database",
    userKey: "username",
    sslMode: "verify-full",
    ca: {configMap: "rds-ca", key: "global-bundle.pem"},
    create: {enabled: true, existingSecret: "database-administrator"}
  },
  networkPolicy: {
    from: [{ipBlock: {cidr: .network.cidr}}, {namespaceSelector: {matchLabels: {"kubernetes.io/metadata.name": "monitoring"}}}],
    database: [{ipBlock: {cidr: .network.cidr}}]
  },
  serviceMonitor: {enabled: true, labels: {release: "monitoring"}},
  prometheusRule: {enabled: true, labels: {release: "monitoring"}},
  dashboard: {enabled: true, annotations: {grafana_folder: "training"}}
}
