# The releases that slipway's pushes roll out. The database's administrator is needed by deploy/release alone.
.service_accounts.backend.namespace as $namespace
| (.repository_urls["slipway-rollout"] | split("/")) as $image
| {
  image: {registry: $image[0], repository: ($image[1:] | join("/"))},
  slipwayNamespace: .service_accounts.slipway.namespace,
  releases: {
    "training-backend": {$namespace, image: .repository_urls["training-backend"], ref: "main", set: {"database.create.enabled": "false"}},
    "training-frontend": {$namespace, image: .repository_urls["training-frontend"], ref: "main"}
  },
  metrics: {enabled: true, labels: {release: "monitoring"}}
}
