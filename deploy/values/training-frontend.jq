(.repository_urls["training-frontend"] | split("/")) as $image
| {
  image: {registry: $image[0], repository: ($image[1:] | join("/"))},
  autoscaling: {enabled: true},
  networkPolicy: {from: [{ipBlock: {cidr: .network.cidr}}]}
}
