{{- define "slipway.hasDataVolume" -}}
{{- if and (eq .Values.store "sqlite") .Values.persistence.enabled }}true{{ end -}}
{{- end }}

{{- define "slipway.hasEngineVolume" -}}
{{- if and (eq .Values.engine.mode "sidecar") .Values.engine.sidecar.storage.persistent }}true{{ end -}}
{{- end }}

{{/* One folder a Secret, so that a new content reaches the pod: a file mounted by subPath would keep the old one. */}}
{{- define "slipway.secretVolume" -}}
- name: {{ index . 0 }}
  secret:
    secretName: {{ index . 1 }}
    defaultMode: 0440
{{- end }}

{{- define "slipway.volumes" -}}
- name: config
  configMap:
    name: {{ include "slipway.fullname" . }}
    items: [{key: slipway.yml, path: slipway.yml}]
- name: tmp
  emptyDir: {sizeLimit: 1Gi}
{{- if not (include "slipway.hasDataVolume" .) }}
- name: data
  emptyDir: {sizeLimit: {{ .Values.persistence.size }}}
{{- end }}
{{- range $name, $secret := .Values.secrets }}
{{ include "slipway.secretVolume" (list (printf "secret-%s" $name) $secret.existingSecret) }}
{{- end }}
{{- if .Values.registry.existingSecret }}
- name: docker-config
  secret:
    secretName: {{ .Values.registry.existingSecret }}
    defaultMode: 0440
    items: [{key: .dockerconfigjson, path: config.json}]
{{- else if .Values.registry.credHelpers }}
- name: docker-config
  configMap:
    name: {{ include "slipway.fullname" . }}
    items: [{key: docker-config.json, path: config.json}]
{{- end }}
{{- if eq .Values.store "postgresql" }}
- name: store
  secret:
    secretName: {{ .Values.database.existingSecret }}
    defaultMode: 0440
    items: [{key: {{ .Values.database.passwordKey }}, path: {{ .Values.database.passwordKey }}}]
{{- with .Values.database.ca.configMap }}
- name: database-ca
  configMap: {name: {{ . }}}
{{- end }}
{{- end }}
{{- include "slipway.engineVolumes" . }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "slipway.engineVolumes" -}}
{{- if eq .Values.engine.mode "sidecar" }}
- name: engine-socket
  emptyDir: {sizeLimit: 1Mi, medium: Memory}
{{- if not (include "slipway.hasEngineVolume" .) }}
- name: engine
  emptyDir: {sizeLimit: {{ .Values.engine.sidecar.storage.size }}}
{{- end }}
{{- else }}
{{- range $name, $engine := .Values.engine.external.engines }}
{{ include "slipway.secretVolume" (list (printf "engine-%s" $name) $engine.existingSecret) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "slipway.volumeMounts" -}}
- {name: config, mountPath: /etc/slipway/slipway.yml, subPath: slipway.yml, readOnly: true}
- {name: data, mountPath: /var/lib/slipway}
- {name: tmp, mountPath: /tmp}
{{- range $name, $secret := .Values.secrets }}
- {name: secret-{{ $name }}, mountPath: /run/secrets/{{ $name }}, readOnly: true}
{{- end }}
{{- if or .Values.registry.existingSecret .Values.registry.credHelpers }}
- {name: docker-config, mountPath: /etc/slipway/docker, readOnly: true}
{{- end }}
{{- if eq .Values.store "postgresql" }}
- {name: store, mountPath: /etc/slipway/store, readOnly: true}
{{- if .Values.database.ca.configMap }}
- {name: database-ca, mountPath: /etc/slipway/database, readOnly: true}
{{- end }}
{{- end }}
{{- if eq .Values.engine.mode "sidecar" }}
- {name: engine-socket, mountPath: /run/engine, readOnly: true}
{{- else }}
{{- range $name, $engine := .Values.engine.external.engines }}
- {name: engine-{{ $name }}, mountPath: /etc/slipway/engines/{{ $name }}, readOnly: true}
{{- end }}
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "slipway.volumeClaim" -}}
- metadata: {name: {{ .name }}}
  spec:
    accessModes: [ReadWriteOnce]
    {{- with .storageClass }}
    storageClassName: {{ . }}
    {{- end }}
    resources: {requests: {storage: {{ .size }}}}
{{- end }}
