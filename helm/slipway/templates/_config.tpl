{{- define "slipway.databaseUrl" -}}
{{- with .Values.database -}}
postgresql://{{ .user }}@{{ .host }}:{{ .port }}/{{ .name }}?sslmode={{ .sslMode }}
{{- if .ca.configMap }}&sslrootcert=/etc/slipway/database/{{ .ca.key }}{{ end }}
{{- end -}}
{{- end }}

{{/* The engines as slipway's configuration has them, as a YAML list. */}}
{{- define "slipway.engines" -}}
{{- if eq .Values.engine.mode "sidecar" -}}
{{- $ours := dict "name" "local" "address" "unix:///run/engine/docker.sock" -}}
{{- toYaml (list (merge $ours .Values.engine.sidecar.settings)) -}}
{{- else -}}
{{- $engines := list -}}
{{- range $name, $engine := .Values.engine.external.engines -}}
{{- $ours := dict "name" $name "certificates" (printf "/etc/slipway/engines/%s" $name) -}}
{{- $engines = append $engines (merge $ours (omit $engine "existingSecret")) -}}
{{- end -}}
{{- toYaml $engines -}}
{{- end -}}
{{- end }}

{{/* slipway.yml: what the values say, and what the chart knows. */}}
{{- define "slipway.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- $_ := set $config "engines" (include "slipway.engines" . | fromYamlArray) -}}
{{- if eq .Values.store "postgresql" -}}
{{- $_ := set $config "store" (include "slipway.databaseUrl" .) -}}
{{- $_ := set $config "store_password_file" (printf "/etc/slipway/store/%s" .Values.database.passwordKey) -}}
{{- end -}}
{{- if or .Values.registry.existingSecret .Values.registry.credHelpers -}}
{{- $_ := set $config "docker_config" "/etc/slipway/docker" -}}
{{- end -}}
{{- toYaml $config -}}
{{- end }}
