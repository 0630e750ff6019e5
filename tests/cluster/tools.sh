# shellcheck shell=bash disable=SC2154
# The cluster and the engine of `tests/run cluster`. To be sourced by it: root, run, say and start_process are its own.

# The folder of the scripts build, up, load and down; beside it the scripts of engines.
cluster_scripts=${SLIPWAY_CLUSTER:-$root/../shared/cluster}
cluster_state=$root/build/cluster

# Sets KUBECONFIG, DOCKER_HOST and SLIPWAY_CLUSTER_LOAD, or says what is missing.
prepare_cluster() {
    local need
    for need in kubectl docker openssl git; do
        command -v "$need" >/dev/null || { say "the cluster's tests need $need" && return 1; }
    done
    if [ -z "${KUBECONFIG:-}" ] && [ ! -x "$cluster_scripts/up" ]; then
        say "no cluster: KUBECONFIG=… DOCKER_HOST=… SLIPWAY_CLUSTER_LOAD='kind load docker-image' tests/run cluster"
        return 1
    fi
    mkdir -p "$cluster_state"
    use_networked_engine && { [ -n "${KUBECONFIG:-}" ] || start_cluster; }
}

# Builds need packages from the network, which the engine of deploy/common.sh keeps from them.
use_networked_engine() {
    local scripts=$cluster_scripts/../engines
    if ! engine_answers "${DOCKER_HOST:-none}"; then
        [ -x "$scripts/start" ] || { say "the cluster's tests need DOCKER_HOST, an engine whose builds reach the network" && return 1; }
        "$scripts/start" debian "$cluster_state/engine" >"$out/cluster-engine.log" 2>&1 </dev/null || { cat "$out/cluster-engine.log" && return 1; }
        cluster_engine=$cluster_state/engine
        export DOCKER_HOST=unix://$cluster_engine/docker.sock
    fi
    docker image inspect debian:bookworm-slim >/dev/null 2>&1 || docker pull --quiet debian:bookworm-slim >/dev/null 2>&1 ||
        "$scripts/base" "$cluster_state/base" >/dev/null
}

start_cluster() {
    local bin=${SLIPWAY_CLUSTER_BIN:-$cluster_state/bin}
    say "starting a cluster; ten minutes more where its programs must be built first"
    # Charts ask for a version, which Kubernetes' own build would put in.
    GOFLAGS=-ldflags=-X=k8s.io/component-base/version.gitVersion=v1.34.1 \
        "$cluster_scripts/build" "$bin" >"$out/cluster-build.log" 2>&1 || { tail -n 20 "$out/cluster-build.log" && return 1; }
    cluster_started=$cluster_state/state cluster_bin=$bin cluster_links=$(missing_links kube-node cni0)
    "$cluster_scripts/up" "$bin" "$cluster_started" >"$out/cluster-up.log" 2>&1 </dev/null || { tail -n 20 "$out/cluster-up.log" && return 1; }
    forward_pods -I
    export KUBECONFIG=$cluster_started/kubeconfig
    export SLIPWAY_CLUSTER_LOAD="$cluster_scripts/load $bin $cluster_started"
}

# A Docker Engine on the same machine drops what it does not know: also what goes from pod to pod over the cluster's bridge.
forward_pods() { # -I or -D
    local way
    for way in -i -o; do
        iptables -w "$1" FORWARD "$way" cni0 -m comment --comment slipway-cluster -j ACCEPT || return
    done
}

missing_links() { # NAME…
    local link
    for link in "$@"; do
        [ -e "/sys/class/net/$link" ] || echo "$link"
    done
}

# down leaves the links and the rules of kube-proxy that the cluster has made on this machine.
clear_network() {
    local link
    forward_pods -D 2>/dev/null || true
    timeout 60 "$cluster_bin/kube-proxy" --cleanup >"$out/cluster-clear.log" 2>&1 || tail -n 5 "$out/cluster-clear.log"
    clear_kubelet_rules
    for link in $cluster_links; do
        ip link del "$link" 2>/dev/null || true
    done
}

# The kubelet's chains outlive it; one asks for the connection of every packet on loopback.
clear_kubelet_rules() {
    local table chain
    iptables -w -D INPUT -j KUBE-FIREWALL 2>/dev/null
    iptables -w -D OUTPUT -j KUBE-FIREWALL 2>/dev/null
    for table in filter mangle nat; do
        for chain in KUBE-FIREWALL KUBE-KUBELET-CANARY KUBE-IPTABLES-HINT; do
            iptables -w -t "$table" -F "$chain" 2>/dev/null && iptables -w -t "$table" -X "$chain"
        done
    done
    return 0
}

# containerd leaves some behind where a pod's end was slow.
end_shims() { # STATE
    local file pid
    for file in /proc/[0-9]*/cmdline; do
        if { tr '\0' ' ' <"$file"; } 2>/dev/null | grep -qF -- "-address $1/containerd.sock"; then
            pid=${file#/proc/}
            kill -KILL "${pid%/cmdline}" 2>/dev/null || true
        fi
    done
}

# Its data stays, with the images that a next run then need not load.
stop_cluster() {
    local pid pids=
    if [ -n "${cluster_started:-}" ]; then
        pids=$(cat "$cluster_started"/run/*.pid 2>/dev/null || true)
        "$cluster_scripts/down" "$cluster_started"
        # down leaves what does not end within ten seconds.
        for pid in $pids; do
            kill -KILL "$pid" 2>/dev/null || true
        done
        end_shims "$(realpath "$cluster_started")"
        # The kubelet mounts its own folder, and pods' volumes below it.
        unmount_below "$(realpath "$cluster_started")"
        clear_network
    fi
    [ -z "${cluster_engine:-}" ] || "$cluster_scripts/../engines/stop" "$cluster_engine"
    cluster_started='' cluster_engine=''
}
