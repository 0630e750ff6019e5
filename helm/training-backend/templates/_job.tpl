{{/* Before install, not after: with --wait Helm waits until pods are ready first, and they are when the tables are there. */}}
{{- define "training-backend.hook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}

{{- define "training-backend.jobName" -}}
{{- printf "%s-load" (include "training-backend.prefix" .) -}}
{{- end -}}

{{/* The job comes before the chart's own Secret, so it has a copy of that. */}}
{{- define "training-backend.jobSecret" -}}
{{- default (include "training-backend.jobName" .) .Values.database.existingSecret -}}
{{- end -}}

{{/* Where psql connects to. Called with root and the database. */}}
{{- define "training-backend.psqlEnv" -}}
- name: PGHOST
  value: {{ .root.Values.database.host | quote }}
- name: PGPORT
  value: {{ .root.Values.database.port | quote }}
- name: PGDATABASE
  value: {{ .database | quote }}
- name: PGCONNECT_TIMEOUT
  value: "5"
{{ include "training-backend.databaseTls" .root }}
{{- end -}}
