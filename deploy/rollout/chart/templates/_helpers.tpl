{{- define "rollout.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "rollout.labels" -}}
{{ include "rollout.selector" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "rollout.image" -}}
{{- with .Values.image -}}
{{- with .registry }}{{ . }}/{{ end }}{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}

{{/* rollout.json, as ../../README.md describes it. */}}
{{- define "rollout.config" -}}
{{- $releases := list -}}
{{- range $name, $release := .Values.releases -}}
{{- $releases = append $releases (merge (dict "name" $name "chart" (printf "/charts/%s.tgz" $name)) $release) -}}
{{- end -}}
{{- dict "listen" "0.0.0.0:8080" "state" "/var/lib/rollout/wishes.db" "signing_key_files" (list "/run/secrets/rollout/signing") "releases" $releases | toPrettyJson -}}
{{- end }}

{{/* The namespaces of the releases, each once. */}}
{{- define "rollout.namespaces" -}}
{{- $namespaces := list -}}
{{- range .Values.releases -}}
{{- $namespaces = append $namespaces .namespace -}}
{{- end -}}
{{- $namespaces | uniq | toJson -}}
{{- end }}
