# shellcheck shell=bash disable=SC2154
# What deploy/quickstart and tests/run share: packages, processes that end by their id, an engine, a registry and a
# PostgreSQL of one's own.
# To be sourced. The caller sets `run`, the folder that remembers what was started.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root

say() { printf '==> %s\n' "$*"; }

die() {
    reason=$*
    printf '%s: %s\n' "${0##*/}" "$reason" >&2
    exit 1
}

wait_until() { # SECONDS COMMAND…
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 0.1
    done
}

free_port() { # PREFERRED
    local port
    for port in "$1" $(shuf -i 20000-32000 -n 50); do
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
    return 1
}

# --- packages

packages_of() { # SECTION…
    awk -v wanted=" $* " '/^\[/ { use = index(wanted, " " substr($0, 2, length($0) - 2) " ") } /^[a-z]/ && use' \
        "$root/deploy/packages"
}

# Node from elsewhere often brings its npm along, and then conflicts with Debian's.
has_command_of() { # PACKAGE
    case $1 in
        nodejs) command -v node >/dev/null ;;
        npm) command -v npm >/dev/null ;;
        *) return 1 ;;
    esac
}

missing_packages() { # SECTION…
    local package
    for package in $(packages_of "$@"); do
        if has_command_of "$package"; then
            continue
        fi
        # shellcheck disable=SC2016 # the braces are dpkg-query's
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
    done
}

install_packages() { # SECTION…
    local missing
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]} > 0)) || return 0
    [ "$(id -u)" = 0 ] || die "only root can install the missing packages: apt-get install ${missing[*]}"
    say "installing ${missing[*]}"
    apt_install "${missing[@]}"
}

# Of the services that come with packages only Docker's is wanted, and only where systemd keeps it.
apt_install() {
    local policy=/usr/sbin/policy-rc.d log unit made=
    log=$(mktemp)
    if [ ! -e $policy ]; then
        made=yes
        # shellcheck disable=SC2016 # for the other shell
        printf '#!/bin/sh\n[ -d /run/systemd/system ] && case $1 in docker*|containerd*) exit 0 ;; esac\nexit 101\n' >$policy
        chmod 755 $policy
    fi
    local code=0
    { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "$@"; } \
        >"$log" 2>&1 </dev/null || code=$?
    [ -z "$made" ] || rm -f $policy
    ((code == 0)) || tail -n 20 "$log" >&2
    rm -f "$log"
    ((code == 0)) || die "apt-get failed"
    for unit in docker-registry:docker-registry openssh-server:ssh postgresql:postgresql prometheus:prometheus; do
        if [[ " $* " == *" ${unit%:*} "* ]] && command -v systemctl >/dev/null; then
            systemctl --quiet disable "${unit#*:}" 2>/dev/null || true
        fi
    done
}

# --- processes

# With the time of its start, since after a while a process id is given to another one.
started_at() { # PID
    sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'
}

is_running() { # NAME
    local pid start
    read -r pid start 2>/dev/null <"$run/$1.pid" && [ "$(started_at "$pid")" = "$start" ]
}

has_ended() { ! is_running "$1"; }

start_process() { # NAME COMMAND…; its own session, so that a terminal's end or Ctrl-C does not reach it
    local name=$1
    shift
    setsid "$@" >"$run/$name.log" 2>&1 </dev/null &
    echo "$! $(started_at $!)" >"$run/$name.pid"
}

is_up() { # NAME COMMAND…; ends the script where the process has ended
    is_running "$1" || {
        tail -n 10 "$run/$1.log" >&2
        die "$1 ended at once"
    }
    "${@:2}"
}

stop_process() { # NAME
    if is_running "$1"; then
        local pid
        read -r pid _ <"$run/$1.pid"
        kill "$pid"
        wait_until 40 has_ended "$1" || kill -KILL "$pid"
    fi
    rm -f "$run/$1.pid"
}

# --- a Docker Engine

engine_answers() { # ADDRESS
    [[ $1 == unix://* ]] && curl -fs --max-time 5 --unix-socket "${1#unix://}" http://engine/_ping >/dev/null
}

# Sets DOCKER_HOST to an engine that answers: the caller's, the machine's, or one that was started in FOLDER, or is now.
use_engine() { # FOLDER
    local usual=unix:///var/run/docker.sock address
    for address in "${DOCKER_HOST:-$usual}" "$usual" "unix://$1/docker.sock"; do
        if engine_answers "$address"; then
            export DOCKER_HOST=$address
            say "using the Docker Engine at $DOCKER_HOST"
            return
        fi
    done
    install_packages engine
    export DOCKER_HOST=$usual
    if [ -d /run/systemd/system ] && wait_until 20 engine_answers "$usual"; then
        say "using the Docker Engine that the package docker.io started"
        return
    fi
    start_engine "$1"
}

# No iptables and no forwarding: nothing of the machine's network is changed but for one bridge, and its containers stay inside.
start_engine() { # FOLDER [NAME [FOLDER_OF_ITS_PROGRAMS]]
    local name=${2:-engine} path=${3:+$3:}$PATH
    [ "$(id -u)" = 0 ] || die "no Docker Engine answers at DOCKER_HOST or /var/run/docker.sock, and only root can start one"
    export DOCKER_HOST=unix://$1/docker.sock
    say "starting a Docker Engine in $1"
    mkdir -p "$1"
    echo "$1" >"$run/$name.folder"
    make_bridge >"$run/$name.bridge"
    start_process "$name" env PATH="$path" dockerd --data-root "$1/data" --exec-root "$1/exec" --pidfile "$1/pid" --host "$DOCKER_HOST" \
        --bridge "$(cat "$run/$name.bridge")" --iptables=false --ip-forward=false --ip-masq=false \
        --containerd-namespace "slipway-$name" --containerd-plugins-namespace "slipway-$name-plugins"
    wait_until 60 is_up "$name" engine_answers "$DOCKER_HOST" || die "dockerd did not start"
}

make_bridge() { # prints its name
    local number
    for number in $(seq 20 250); do
        if ! ip -4 route | grep -q "^10\.213\.$number\." && ip link add "slipway-$number" type bridge 2>/dev/null; then
            ip addr add "10.213.$number.1/24" dev "slipway-$number"
            ip link set "slipway-$number" up
            echo "slipway-$number"
            return
        fi
    done
    die "no bridge can be made; dockerd needs CAP_NET_ADMIN"
}

stop_engine() { # NAME
    local name=$1
    stop_process "$name"
    if [ -f "$run/$name.bridge" ]; then
        ip link del "$(cat "$run/$name.bridge")" 2>/dev/null || true
    fi
    if [ -f "$run/$name.folder" ]; then
        unmount_below "$(cat "$run/$name.folder")"
    fi
    rm -f "$run/$name.bridge" "$run/$name.folder"
}

# An engine leaves its network namespaces mounted.
unmount_below() { # FOLDER
    local place
    while read -r place; do
        umount "$place" || umount -l "$place" || true
    done < <(awk -v folder="$1/" 'index($5, folder) == 1 { print $5 }' /proc/self/mountinfo | sort -r)
}

# --- a registry

# The engine takes registries on 127.0.0.0/8 without TLS.
start_registry() { # NAME PORT [HTPASSWD_FILE]
    local config=$run/$1.yml
    cat >"$config" <<END
version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $run/$1}, delete: {enabled: true}}
http: {addr: "127.0.0.1:$2"}
END
    if [ -n "${3:-}" ]; then
        echo "auth: {htpasswd: {realm: slipway, path: $3}}" >>"$config"
    fi
    start_process "$1" docker-registry serve "$config"
    wait_until 20 is_up "$1" registry_answers "$2" || die "docker-registry did not start"
}

registry_answers() { # PORT
    [[ $(curl -s --noproxy '*' -o /dev/null -w '%{http_code}' "http://127.0.0.1:$1/v2/") =~ ^(200|401)$ ]]
}

# --- a PostgreSQL

# The database is postgresql://slipway:secret@127.0.0.1:PORT/slipway. Its owner may do no more than a managed service lets one do, and
# texts are sorted by a language's rules, as most servers do, not by their bytes. PostgreSQL does not run as root.
start_postgres() { # NAME PORT [OPTION…]
    local folder=$run/$1 password=$run/$1.password as=() programs
    programs=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    mkdir -p "$folder"
    echo secret >"$password"
    if [ "$(id -u)" = 0 ]; then
        as=(setpriv --reuid=postgres --regid=postgres --init-groups)
        chmod 711 "$run"
        chown postgres: "$folder" "$password"
    fi
    "${as[@]}" "$programs/initdb" --pgdata "$folder" --username postgres --pwfile "$password" --auth scram-sha-256 --encoding UTF8 \
        --locale C.UTF-8 --locale-provider icu --icu-locale en-US >"$run/$1.log" 2>&1 || die "initdb failed: $(tail -n 3 "$run/$1.log")"
    start_process "$1" "${as[@]}" "$programs/postgres" -D "$folder" -p "$2" -c listen_addresses=127.0.0.1 -c unix_socket_directories= "${@:3}"
    wait_until 30 is_up "$1" "$programs/pg_isready" --quiet --host 127.0.0.1 --port "$2" || die "PostgreSQL did not start"
    "$programs/psql" --quiet --no-psqlrc --set ON_ERROR_STOP=1 "postgresql://postgres:secret@127.0.0.1:$2/postgres" \
        -c "CREATE ROLE slipway LOGIN PASSWORD 'secret'" -c "CREATE DATABASE slipway OWNER slipway" || die "PostgreSQL has no database"
}

# At SIGTERM alone it would wait for its clients to leave.
stop_postgres() { # NAME
    local pid
    if is_running "$1"; then
        read -r pid _ <"$run/$1.pid"
        kill -INT "$pid"
    fi
    stop_process "$1"
}
