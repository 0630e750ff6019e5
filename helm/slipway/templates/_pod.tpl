{{/* slipway's own container: no privileges, whatever the engine beside it has. */}}
{{- define "slipway.container" -}}
- name: slipway
  image: {{ include "slipway.image" (list .Values.image .Chart.AppVersion) }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  args: [serve, --config, /etc/slipway/slipway.yml]
  env:
    - {name: SLIPWAY_LISTEN, value: "{{ .Values.listenAddress }}:8080"}
    - {name: SLIPWAY_DATA, value: /var/lib/slipway}
    - name: SLIPWAY_REPLICA
      valueFrom: {fieldRef: {fieldPath: metadata.name}}
    - {name: HOME, value: /tmp}  # where credential helpers remember
    {{- with .Values.extraEnv }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    - {name: http, containerPort: 8080}
  securityContext: {{- include "slipway.containerSecurityContext" . | nindent 4 }}
  {{- include "slipway.probes" . | nindent 2 }}
  {{- with int .Values.preStopSeconds }}
  lifecycle: {preStop: {sleep: {seconds: {{ . }}}}}
  {{- end }}
  resources: {{- toYaml .Values.resources | nindent 4 }}
  volumeMounts:
    {{- include "slipway.volumeMounts" . | nindent 4 }}
{{- end }}

{{/* Ready means that a delivery can be stored; a daemon that drains is not. An engine that is away only makes builds wait. */}}
{{- define "slipway.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: http}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
{{- end }}

{{/* Where the pods go. */}}
{{- define "slipway.placement" -}}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- if and .Values.topologySpread (eq .Values.store "postgresql") }}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: {{ $.Values.topologySpread }}
    labelSelector:
      matchLabels: {{- include "slipway.selectorLabels" $ | nindent 8 }}
  {{- end }}
{{- end }}
{{- end }}
