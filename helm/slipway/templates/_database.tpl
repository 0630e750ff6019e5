{{- define "slipway.databaseJobName" -}}
{{ include "slipway.fullname" . }}-create-database
{{- end }}

{{/* Whether the job's Secret is made from the store, for the time that it runs. */}}
{{- define "slipway.hasDatabaseSecret" -}}
{{- if and .Values.externalSecrets.enabled .Values.externalSecrets.databaseAdmin.remoteKey }}true{{ end -}}
{{- end }}

{{/* Where the job finds the three: the variable, the Secret, its key. */}}
{{- define "slipway.databaseJobEnv" -}}
{{- $admin := .Values.database.create.adminSecret -}}
{{- $user := .Values.database.existingSecret -}}
{{- if include "slipway.hasDatabaseSecret" . -}}
{{- $admin = include "slipway.databaseJobName" . -}}
{{- $user = $admin -}}
{{- end -}}
- name: PGUSER
  valueFrom: {secretKeyRef: {name: {{ $admin }}, key: {{ .Values.database.create.adminUserKey }}}}
- name: PGPASSWORD
  valueFrom: {secretKeyRef: {name: {{ $admin }}, key: {{ .Values.database.create.adminPasswordKey }}}}
- name: NEW_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ $user }}, key: {{ .Values.database.passwordKey }}}}
{{- end }}
