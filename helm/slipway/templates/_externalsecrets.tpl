{{- define "slipway.secretStore" -}}
refreshInterval: {{ .Values.externalSecrets.refreshInterval }}
secretStoreRef:
  name: {{ .Values.externalSecrets.store.name }}
  kind: {{ .Values.externalSecrets.store.kind }}
{{- end }}

{{/* A list: the key in the Secret, the secret's name in the store, the property there. */}}
{{- define "slipway.secretKey" -}}
- secretKey: {{ index . 0 }}
  remoteRef: {key: {{ index . 1 | quote }}, property: {{ index . 2 | quote }}}
{{- end }}
