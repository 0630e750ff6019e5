{{/* What the schema can't say: what excludes or needs what. Each tells what to do. */}}
{{- define "slipway.checks" -}}
{{- include "slipway.checkStore" . -}}
{{- include "slipway.checkConfig" . -}}
{{- include "slipway.checkSecrets" . -}}
{{- include "slipway.checkEngine" . -}}
{{- end }}

{{- define "slipway.checkStore" -}}
{{- if eq .Values.store "sqlite" -}}
{{- if gt (int .Values.replicas) 1 -}}
{{- fail "replicas: SQLite is a file of one pod; set store=postgresql (and database.*) for more than one" -}}
{{- end -}}
{{- if .Values.autoscaling.enabled -}}
{{- fail "autoscaling.enabled: the queue is counted in PostgreSQL; set store=postgresql, or turn autoscaling off" -}}
{{- end -}}
{{- if .Values.database.create.enabled -}}
{{- fail "database.create.enabled: SQLite needs no database; set store=postgresql, or turn it off" -}}
{{- end -}}
{{- else -}}
{{- $_ := required "database.host: name the PostgreSQL server, or set store=sqlite" .Values.database.host -}}
{{- $_ := required "database.existingSecret: name the Secret that holds the password of database.user (key: database.passwordKey)" .Values.database.existingSecret -}}
{{- if and (hasPrefix "verify-" .Values.database.sslMode) (not .Values.database.ca.configMap) -}}
{{- fail (printf "database.sslMode=%s needs the server's authorities: put them into a ConfigMap and name it as database.ca.configMap; or set database.sslMode=require, which trusts any server" .Values.database.sslMode) -}}
{{- end -}}
{{- include "slipway.checkDatabaseCreate" . -}}
{{- if and .Values.autoscaling.enabled (gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- fail "autoscaling.minReplicas is more than autoscaling.maxReplicas" -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "slipway.checkDatabaseCreate" -}}
{{- if .Values.database.create.enabled -}}
{{- $external := and .Values.externalSecrets.enabled .Values.externalSecrets.databaseAdmin.remoteKey -}}
{{- if not (or $external .Values.database.create.adminSecret) -}}
{{- fail "database.create.enabled: name the administrator's Secret as database.create.adminSecret, or its secret in the store as externalSecrets.databaseAdmin.remoteKey" -}}
{{- end -}}
{{- if and $external (not (hasKey .Values.externalSecrets.secrets .Values.database.existingSecret)) -}}
{{- fail (printf "database.create.enabled with externalSecrets.databaseAdmin: externalSecrets.secrets must have %s (database.existingSecret), for the job runs before that Secret is there" .Values.database.existingSecret) -}}
{{- end -}}
{{- if and .Values.externalSecrets.enabled (not $external) (hasKey .Values.externalSecrets.secrets .Values.database.existingSecret) -}}
{{- fail (printf "database.create.enabled: the job runs before %s is made by externalSecrets.secrets; set externalSecrets.databaseAdmin.remoteKey, with which it gets its own" .Values.database.existingSecret) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "slipway.checkConfig" -}}
{{- $ours := dict
      "listen" "listenAddress" "data" "persistence" "store" "store and database" "store_password" "database.existingSecret"
      "store_password_file" "database.existingSecret" "replica" "nothing: it is the pod's name"
      "engines" "engine" "docker_config" "registry" -}}
{{- range $key, $value := $ours -}}
{{- if hasKey $.Values.config $key -}}
{{- fail (printf "config.%s is set by the chart; use %s instead" $key $value) -}}
{{- end -}}
{{- end -}}
{{- $inline := regexFind `(?m)^[ -]*(([a-z]+_)*(token|signing_key|password|secret)|value): *[^ ].*$` (toYaml .Values.config) -}}
{{- if $inline -}}
{{- $key := regexFind `[a-z_]+` $inline -}}
{{- fail (printf "config holds a secret (%s): anyone who may read ConfigMaps would have it. Put it into a Secret, name that under secrets, and write %s_file: /run/secrets/NAME/KEY" $key $key) -}}
{{- end -}}
{{- end }}

{{- define "slipway.checkSecrets" -}}
{{- range regexFindAll `/run/secrets/[^/\s"']+` (toYaml .Values.config) -1 -}}
{{- $name := base . -}}
{{- if not (hasKey $.Values.secrets $name) -}}
{{- fail (printf "config names a file in %s, but secrets has no %s; add secrets.%s.existingSecret" . $name $name) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.registry.existingSecret .Values.registry.credHelpers -}}
{{- fail "registry.existingSecret and registry.credHelpers exclude each other: the Secret's config.json may hold credHelpers itself" -}}
{{- end -}}
{{- if .Values.externalSecrets.enabled -}}
{{- $_ := required "externalSecrets.store.name: name the SecretStore or ClusterSecretStore to ask" .Values.externalSecrets.store.name -}}
{{- end -}}
{{- end }}

{{- define "slipway.checkEngine" -}}
{{- if eq .Values.engine.mode "external" -}}
{{- if not .Values.engine.external.engines -}}
{{- fail "engine.mode=external: name an engine under engine.external.engines, for example large: {address: tcp://engine.example.com:2376, existingSecret: slipway-engine}" -}}
{{- end -}}
{{- range $name, $engine := .Values.engine.external.engines -}}
{{- if not $engine.existingSecret -}}
{{- fail (printf "engine.external.engines.%s.existingSecret: name the Secret with ca.pem, cert.pem and key.pem; without TLS on both sides whoever reaches the port is root there" $name) -}}
{{- end -}}
{{- end -}}
{{- else -}}
{{- range list "name" "address" "certificates" -}}
{{- if hasKey $.Values.engine.sidecar.settings . -}}
{{- fail (printf "engine.sidecar.settings.%s is set by the chart: it is the engine of the pod; for another one set engine.mode=external" .) -}}
{{- end -}}
{{- end -}}
{{- range .Values.engine.sidecar.extraArgs -}}
{{- if regexMatch `^(--host|-H)` . -}}
{{- fail "engine.sidecar.extraArgs: no --host, whoever reaches a port of the engine is root on the node" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if lt (int .Values.terminationGracePeriodSeconds) (add (int .Values.preStopSeconds) 35) -}}
{{- fail "terminationGracePeriodSeconds must be at least preStopSeconds and 35 more: 20 s for running steps, 3 s for the last answers, the rest for what is cancelled and for the engine's end" -}}
{{- end -}}
{{- end }}
