#!/usr/bin/env bats
# platform, release, status, rollback.
# shellcheck disable=SC2154 # helper.bash sets tree and root

load helper

digest=sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa

with_outputs() { # SCRIPT ARGUMENT…
    deploy "$1" staging --outputs "$BATS_TEST_TMPDIR/outputs.json" "${@:2}"
}

bundle() {
    printf -- '-----BEGIN CERTIFICATE-----\n' >"$BATS_TEST_TMPDIR/bundle.pem"
    export RDS_CA_BUNDLE=$BATS_TEST_TMPDIR/bundle.pem
}

@test "platform installs each chart in its pinned version, rolled back where it fails" {
    bundle
    with_outputs platform
    is_status 0
    while read -r name chart version namespace repository; do
        calls "^helm upgrade --install $name $chart --repo $repository --version $version --namespace $namespace .* --atomic --wait"
    done < <(grep -E '^[a-z]' "$root/deploy/charts" | head -n 4) >"$BATS_TEST_TMPDIR/found"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/found")" = 4 ]
    called_in_order "kubectl apply" "helm upgrade --install external-secrets" "kubectl apply" "kubectl --namespace slipway create configmap rds-ca" \
        "kubectl --namespace training create configmap rds-ca"
    [ -z "$(calls 'install (keda|metrics-server)')" ]
}

@test "platform takes and leaves charts" {
    bundle
    with_outputs platform --with keda --without cluster-autoscaler --without external-secrets
    is_status 0
    called_in_order "install keda keda"
    [ -z "$(calls 'install (cluster-autoscaler|external-secrets)')" ]
    with_outputs platform --with nginx
    is_status 2
    says "--with knows keda fluent-bit metrics-server"
}

@test "Helm 4 has another name for the flag; one that is too old is refused" {
    bundle
    answer v4.1.0 helm-version
    with_outputs platform
    [ -z "$(calls ' --atomic')" ]
    called_in_order "install external-secrets .* --rollback-on-failure"
    answer v2.17.0 helm-version
    with_outputs platform
    is_status 1
    says "Helm v2.17.0 is too old"
}

@test "platform ends at the first chart that fails, in words" {
    bundle
    answer "Error: timed out" helm-upgrade-external-secrets 1
    with_outputs platform
    is_status 1
    says "external-secrets was not installed" "kubectl --namespace external-secrets get events"
    [ -z "$(calls 'install monitoring')" ]
}

@test "platform tells which Secrets monitoring wants, before it waits for nothing" {
    mkdir -p "$tree/deploy/monitoring"
    touch "$tree/deploy/monitoring/kube-prometheus-stack.values.yaml"
    answer "not found" kubectl-get-secret 1
    with_outputs platform
    is_status 1
    says "deploy/monitoring/README.md says what is in them"
    [ -z "$(calls 'install monitoring')" ]
}

@test "platform takes nothing for authorities that is none" {
    echo "<html>" >"$BATS_TEST_TMPDIR/bundle.pem"
    RDS_CA_BUNDLE=$BATS_TEST_TMPDIR/bundle.pem with_outputs platform
    is_status 1
    says "holds no certificate"
    answer "could not resolve" curl 6
    with_outputs platform
    says "name the file by RDS_CA_BUNDLE"
}

@test "release goes in order, with the values of both, and hands the charts to the receiver" {
    with_outputs release --image "training-backend=$digest"
    is_status 0
    called_in_order "kubectl apply" "kubectl --namespace training wait .*externalsecret/training-database externalsecret/database-administrator" \
        "helm upgrade --install training-backend helm/training-backend --namespace training --reset-values --atomic --wait --timeout 600s .*training-backend.json --values deploy/values/staging/training-backend.yaml --set-string image.digest=$digest" \
        "helm package helm/training-backend" "kubectl --namespace rollout create configmap rollout-chart-training-backend --from-file=chart.tgz=.*chart-1.tgz" \
        "kubectl --namespace training delete externalsecret database-administrator" "helm test training-backend" \
        "helm upgrade --install training-frontend .*image.digest=sha256:bbb" "helm upgrade --install slipway helm/slipway --namespace slipway " \
        "helm upgrade --install rollout deploy/rollout/chart --namespace rollout "
}

@test "release keeps what runs, and wants to be told what never ran" {
    answer "Error: release: not found" helm-get-values 1
    with_outputs release slipway training-frontend --image "slipway=$digest"
    is_status 1
    says "training-frontend is not installed yet: name its image by --image training-frontend=sha256:"
    [ -z "$(calls 'upgrade')" ]
}

@test "release says what is missing or still an example before it changes anything" {
    rm "$tree/deploy/values/staging/slipway.yaml"
    with_outputs release
    is_status 1
    says "deploy/values/staging/slipway.yaml is missing: cp -r deploy/values/example"
    cp "$tree/deploy/values/example/slipway.yaml" "$tree/deploy/values/staging/"
    with_outputs release
    says "still has a name of the example"
    nothing_called
}

@test "release refuses what is no digest and no chart" {
    with_outputs release --image slipway=latest
    is_status 2
    says "'latest' is no digest"
    with_outputs release --image "nginx=$digest"
    is_status 2
    with_outputs release nginx
    is_status 2
    says "there is no chart 'nginx'"
    nothing_called
}

@test "release ends at the first chart that fails" {
    answer "Error: UPGRADE FAILED" helm-upgrade-training-frontend 1
    with_outputs release
    is_status 1
    says "training-frontend was not released, and what ran before runs"
    [ -z "$(calls 'install slipway')" ]
}

@test "release tells of a test that fails, and how to go back" {
    answer "Error: pod failed" helm-test 1
    with_outputs release slipway
    is_status 1
    says "deploy/rollback staging slipway"
    with_outputs release slipway --no-test
    is_status 0
}

@test "release tells of secrets that nobody filled" {
    answer "timed out" kubectl-wait 1
    with_outputs release training-backend
    is_status 1
    says "has deploy/secrets staging run?"
    [ -z "$(calls 'install training-backend')" ]
}

history='[{"revision": 3, "status": "superseded", "description": "Upgrade complete"}, {"revision": 4, "status": "superseded", "description": "Upgrade complete"},
    {"revision": 5, "status": "failed", "description": "Upgrade failed"}, {"revision": 6, "status": "deployed", "description": "Upgrade complete"}]'

@test "rollback goes to what ran before, and repeated one more" {
    answer "$history" helm-history
    with_outputs rollback slipway --yes
    is_status 0
    called_in_order "helm rollback slipway 4 --namespace slipway --wait --timeout 10m"
    answer "$(jq '.[3].status = "superseded" | . + [{revision: 7, status: "deployed", description: "Rollback to 4"}]' <<<"$history")" helm-history
    with_outputs rollback slipway --yes
    called_in_order "helm rollback slipway 3 "
}

@test "rollback takes a revision that there is, and asks" {
    answer "$history" helm-history
    deploy_answering no rollback staging slipway 3 --outputs "$BATS_TEST_TMPDIR/outputs.json"
    is_status 1
    with_outputs rollback slipway 9 --yes
    is_status 1
    says "has no revision to go back to"
    [ -z "$(calls 'helm rollback')" ]
    with_outputs rollback slipway 3 --yes
    called_in_order "helm rollback slipway 3 "
}

@test "rollback refuses what is not installed, no chart, no revision" {
    answer "Error: release: not found" helm-history 1
    with_outputs rollback slipway --yes
    is_status 1
    says "slipway is not installed in staging"
    with_outputs rollback
    is_status 2
    with_outputs rollback slipway latest
    is_status 2
}

@test "status is 0 where all is well, and changes nothing" {
    answer '{"status": "deployed", "revision": 3}' helm-get-metadata
    answer '{"items": []}' kubectl-get-pods
    answer '{"releases": {"training-backend": {"wish": {"state": "done", "digest": "sha256:b", "message": "runs"}}, "training-frontend": {"wish": null}}}' \
        kubectl-get-_api_v1_namespaces_rollout_services_rollout:8080_proxy_status
    with_outputs status
    is_status 0
    says "training-backend done sha256:b" "revision 3"
    [ -z "$(calls 'apply|upgrade|delete')" ]
}

@test "status counts what is not well" {
    answer '{"status": "failed", "revision": 3}' helm-get-metadata
    answer '{"items": [{"metadata": {"name": "p", "namespace": "slipway"}, "status": {"phase": "Pending"}},
        {"metadata": {"name": "job", "namespace": "slipway"}, "status": {"phase": "Succeeded"}},
        {"metadata": {"name": "fine", "namespace": "slipway"}, "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}]}' kubectl-get-pods
    answer '{"releases": {"a": {"wish": {"state": "failed"}}}}' kubectl-get-_api_v1_namespaces_rollout_services_rollout:8080_proxy_status
    with_outputs status
    is_status 1
    says "8 of these are not as they should be" "slipway/p Pending"
    [[ $output != *slipway/fine* && $output != *slipway/job* ]]
}

@test "the values of both fit the charts, with a Helm that is one" {
    [ -n "${HELM:-}" ] || skip "HELM names no Helm"
    for chart in slipway training-backend training-frontend rollout; do
        folder=$root/helm/$chart own=()
        [ "$chart" != rollout ] || folder=$root/deploy/rollout/chart
        [ "$chart" = rollout ] || own=(--values "$root/deploy/values/example/$chart.yaml")
        jq -f "$root/deploy/values/$chart.jq" "$root/deploy/values/outputs.example.json" >"$BATS_TEST_TMPDIR/values.json"
        "$HELM" lint --strict --quiet "$folder" --values "$BATS_TEST_TMPDIR/values.json" "${own[@]}" --set-string "image.digest=$digest"
        "$HELM" template "$chart" "$folder" --namespace "$chart" --kube-version 1.35.0 --values "$BATS_TEST_TMPDIR/values.json" "${own[@]}" \
            --set-string "image.digest=$digest" >"$BATS_TEST_TMPDIR/objects.yaml"
        grep -q "@$digest" "$BATS_TEST_TMPDIR/objects.yaml"
        for schemas in ${KUBERNETES_SCHEMAS//:/ }; do
            "$KUBECONFORM" -strict -schema-location "$schemas/{{.ResourceKind}}{{.KindSuffix}}.json" -skip ExternalSecret "$BATS_TEST_TMPDIR/objects.yaml"
        done
    done
}

@test "the receiver takes the configuration that its chart writes" {
    [ -n "${HELM:-}" ] || skip "HELM names no Helm"
    jq -f "$root/deploy/values/rollout.jq" "$root/deploy/values/outputs.example.json" >"$BATS_TEST_TMPDIR/values.json"
    "$HELM" template rollout "$root/deploy/rollout/chart" --kube-version 1.35.0 --values "$BATS_TEST_TMPDIR/values.json" --show-only templates/configmap.yaml |
        /usr/bin/python3 -c 'import sys, yaml; print(yaml.safe_load(sys.stdin)["data"]["rollout.json"])' |
        sed "s|/run/secrets/rollout/signing|$BATS_TEST_TMPDIR/key|" >"$BATS_TEST_TMPDIR/rollout.json"
    echo "whsec_$(openssl rand -base64 32)" >"$BATS_TEST_TMPDIR/key"
    cd "$root/deploy/rollout"
    /usr/bin/python3 -m rollout --check "$BATS_TEST_TMPDIR/rollout.json"
    [ "$(jq '.releases | length' "$BATS_TEST_TMPDIR/rollout.json")" = 2 ]
}
