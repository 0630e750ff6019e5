{
  env: [
    {name: "LOG_GROUP", value: .log_group_name},
    {name: "AWS_REGION", value: .region},
    {name: "NODE_NAME", valueFrom: {fieldRef: {fieldPath: "spec.nodeName"}}}
  ]
}
