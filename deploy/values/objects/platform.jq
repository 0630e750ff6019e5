# Namespaces with the least that their pods need, and where external-secrets asks.
def namespace($name; $level): {
  apiVersion: "v1", kind: "Namespace",
  metadata: {name: $name, labels: {"pod-security.kubernetes.io/enforce": $level, "pod-security.kubernetes.io/warn": $level}}
};
{
  apiVersion: "v1", kind: "List", items: [
    namespace(.service_accounts.slipway.namespace; "privileged"),  # the engine in its pod
    namespace(.service_accounts.backend.namespace; "restricted"),
    namespace("rollout"; "restricted"),
    namespace("monitoring"; "privileged")                          # the node exporter sees the node
  ]
}
