{{/*
A Docker Engine beside slipway: a native sidecar, which is up before slipway and ends after it. Privileged, for there is no
engine without. Its arguments name the only place where it listens: without any the image's entrypoint opens a TCP port.
It has no liveness probe: an engine that is slow under load would be killed with all that it builds, and slipway waits for
one that does not answer.
*/}}
{{- define "slipway.engine" -}}
{{- $engine := .Values.engine.sidecar -}}
- name: engine
  image: {{ include "slipway.image" (list $engine.image "29-dind") }}
  imagePullPolicy: {{ $engine.image.pullPolicy }}
  restartPolicy: Always
  {{- with $engine.command }}
  command: {{- toYaml . | nindent 4 }}
  {{- end }}
  args:
    - dockerd
    - --host=unix:///run/engine/docker.sock
    - --group=2375
    {{- with int $engine.mtu }}
    - --mtu={{ . }}
    - --default-network-opt=bridge=com.docker.network.driver.mtu={{ . }}
    {{- end }}
    {{- with $engine.extraArgs }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  env:
    - {name: DOCKER_HOST, value: "unix:///run/engine/docker.sock"}
  securityContext:
    privileged: true
    runAsUser: 0
    runAsGroup: 0
    runAsNonRoot: false
  startupProbe:
    exec: {command: [docker, info]}
    periodSeconds: 2
    timeoutSeconds: 10
    failureThreshold: {{ max 1 (div (int $engine.startupSeconds) 2) }}
  resources: {{- toYaml $engine.resources | nindent 4 }}
  volumeMounts:
    - {name: engine-socket, mountPath: /run/engine}
    - {name: engine, mountPath: /var/lib/docker}
{{- end }}
