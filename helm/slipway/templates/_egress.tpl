{{- define "slipway.egress" -}}
- ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
{{- with .Values.networkPolicy.https.cidrs }}
- ports:
    {{- range $.Values.networkPolicy.https.ports }}
    - port: {{ . }}
    {{- end }}
  to:
    {{- range . }}
    {{- include "slipway.ipBlock" (list . $.Values.networkPolicy.https.except) | nindent 4 }}
    {{- end }}
{{- end }}
{{- with .Values.networkPolicy.podIdentityCidrs }}
- ports: [{port: 80}]
  {{- include "slipway.ipBlocks" . | nindent 2 }}
{{- end }}
{{- if eq .Values.store "postgresql" }}
- ports: [{port: {{ .Values.database.port }}}]
  {{- include "slipway.ipBlocks" .Values.networkPolicy.databaseCidrs | nindent 2 }}
{{- end }}
{{- if eq .Values.engine.mode "external" }}
{{- $ports := list }}
{{- range $name, $engine := .Values.engine.external.engines }}{{ $ports = append $ports (regexFind "[0-9]+$" $engine.address) }}{{ end }}
- ports:
    {{- range $ports | uniq | sortAlpha }}
    - port: {{ . }}
    {{- end }}
{{- end }}
{{- with .Values.networkPolicy.extraEgress }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "slipway.ipBlocks" -}}
{{- with . -}}
to:
  {{- range . }}
  - ipBlock: {cidr: {{ . | quote }}}
  {{- end }}
{{- end -}}
{{- end }}

{{/* A list: a range, and what is not of it. Only exceptions of its own family are legal. */}}
{{- define "slipway.ipBlock" -}}
{{- $cidr := index . 0 -}}
- ipBlock:
    cidr: {{ $cidr | quote }}
    {{- $except := list -}}
    {{- range index . 1 }}
    {{- if and (eq (contains ":" .) (contains ":" $cidr)) (hasSuffix "/0" $cidr) }}{{ $except = append $except . }}{{ end -}}
    {{- end }}
    {{- with $except }}
    except: {{- toYaml . | nindent 6 }}
    {{- end }}
{{- end }}
