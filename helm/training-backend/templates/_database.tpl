{{/* Where the application's user and password are: in a Secret that is there, or in the chart's own. */}}
{{- define "training-backend.databaseSecret" -}}
{{- default (printf "%s-database" (include "training-backend.prefix" .)) .Values.database.existingSecret -}}
{{- end -}}

{{/* Entries of env. Called with root, the names of both variables and the Secret. */}}
{{- define "training-backend.databaseUser" -}}
{{- $database := .root.Values.database -}}
- name: {{ .user }}
  {{- if and $database.existingSecret $database.userKey }}
  valueFrom: {secretKeyRef: {name: {{ .secret }}, key: {{ $database.userKey }}}}
  {{- else }}
  value: {{ $database.user | quote }}
  {{- end }}
- name: {{ .password }}
  valueFrom: {secretKeyRef: {name: {{ .secret }}, key: {{ ternary $database.passwordKey "password" (ne $database.existingSecret "") }}}}
{{- end -}}

{{/* libpq reads them, in the application and in psql. */}}
{{- define "training-backend.databaseTls" -}}
- name: PGSSLMODE
  value: {{ .Values.database.sslMode }}
{{- if .Values.database.ca.configMap }}
- name: PGSSLROOTCERT
  value: /etc/database/ca.pem
{{- end }}
{{- end -}}

{{- define "training-backend.databaseTlsMount" -}}
{{- if .Values.database.ca.configMap }}
- {name: ca, mountPath: /etc/database, readOnly: true}
{{- end }}
{{- end -}}

{{- define "training-backend.databaseTlsVolume" -}}
{{- with .Values.database.ca }}
{{- if .configMap -}}
- name: ca
  configMap:
    name: {{ .configMap }}
    items: [{key: {{ .key }}, path: ca.pem}]
{{- end }}
{{- end }}
{{- end -}}

{{- define "training-backend.loads" -}}
{{- if and (eq .Values.database.type "postgres") .Values.database.load.enabled }}yes{{ end -}}
{{- end -}}

{{/* Only what a schema can't say: how values fit together. */}}
{{- define "training-backend.check" -}}
{{- $database := .Values.database -}}
{{- if eq $database.type "postgres" -}}
{{- if not $database.host }}{{ fail "database.host is empty: name the host of PostgreSQL (--set database.host=…), or set database.type to sqlite for a look without one" }}{{ end -}}
{{- if not (or $database.existingSecret $database.password) }}{{ fail "the database's password is missing: make a Secret with it and name it in database.existingSecret (database.password is for a try)" }}{{ end -}}
{{- if and $database.existingSecret $database.password }}{{ fail "database.existingSecret and database.password are both set: leave one empty" }}{{ end -}}
{{- else if or .Values.autoscaling.enabled (gt (int .Values.replicas) 1) -}}
{{- fail "database.type is sqlite, and each pod would have data of its own: set replicas to 1 and autoscaling.enabled to false, or use postgres" -}}
{{- end -}}
{{- if and $database.create.enabled (not $database.create.existingSecret) }}{{ fail "database.create.enabled wants an administrator: name the Secret with the name and password in database.create.existingSecret" }}{{ end -}}
{{- if and $database.create.enabled (not (include "training-backend.loads" .)) }}{{ fail "database.create.enabled is the work of the job: set database.load.enabled to true and database.type to postgres" }}{{ end -}}
{{- if and $database.load.enabled (not $database.load.existingConfigMap) -}}
{{- range $database.load.files }}{{ if not ($.Files.Get (printf "files/database/%s" .)) }}{{ fail (printf "database.load.files names %s, which the chart does not have: put it into a ConfigMap and name that in database.load.existingConfigMap" .) }}{{ end }}{{ end -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) }}{{ fail "autoscaling.minReplicas is more than autoscaling.maxReplicas" }}{{ end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) }}{{ fail "ingress.host is empty: set the API's public name" }}{{ end -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) }}{{ fail "httpRoute.parentRefs is empty: name the gateway, for example [{name: public, namespace: gateways}]" }}{{ end -}}
{{- end -}}
