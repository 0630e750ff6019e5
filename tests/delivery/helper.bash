# shellcheck shell=bash
# What the tests of the delivery scripts share: a copy of the tree's parts that these read, and fakes in the path that write down what they are asked.

setup() {
    here=$(cd "$(dirname "$BATS_TEST_FILENAME")" && pwd)
    root=$(cd "$here/../.." && pwd)
    tree=$BATS_TEST_TMPDIR/tree
    export FAKE=$BATS_TEST_TMPDIR/fake SLIPWAY_POLL=0.01 PATH=$here/fakes:$PATH
    unset KUBECONFIG RDS_CA_BUNDLE
    mkdir -p "$tree/helm" "$FAKE/answers"
    touch "$FAKE/calls"
    cp -r "$root/deploy" "$tree/"
    (cd "$root" && find terraform -name '*.example' -exec cp --parents -t "$tree" {} +)
    set_up_environment
}

# As after an owner's edits, of an account that is theirs.
set_up_environment() {
    local folder
    for folder in bootstrap environments/staging environments/production; do
        sed 's/111122223333/123456789012/' "$tree/terraform/$folder/terraform.tfvars.example" >"$tree/terraform/$folder/terraform.tfvars"
    done
    echo 'bucket = "states"' >"$tree/terraform/backend.hcl"
    mkdir -p "$tree/deploy/values/staging"
    for folder in "$tree"/deploy/values/example/*; do
        sed 's/example\.com/slipway.test/; s/111122223333/123456789012/' "$folder" >"$tree/deploy/values/staging/${folder##*/}"
    done
    sed 's/111122223333/123456789012/' "$tree/deploy/values/outputs.example.json" >"$BATS_TEST_TMPDIR/outputs.json"
    answer 123456789012 aws-sts-get-caller-identity
    answer v3.22.0 helm-version
    answer '{"image": {"digest": "sha256:'"$(printf 'b%.0s' {1..64})"'"}}' helm-get-values
}

answer() { # TEXT NAME [CODE]
    printf '%s\n' "$1" >"$FAKE/answers/$2"
    [ -z "${3:-}" ] || echo "$3" >"$FAKE/answers/$2.code"
}

# Bats's `run` with the script's standard input from a text.
deploy() { # SCRIPT ARGUMENT…
    run "$tree/deploy/$1" "${@:2}" </dev/null
}

deploy_answering() { # TEXT SCRIPT ARGUMENT…
    run bash -c 'printf "%s\n" "$1" | "${@:2}"' - "$1" "$tree/deploy/$2" "${@:3}"
}

calls() { # [PATTERN]
    grep -E -- "${1:-.}" "$FAKE/calls" || true
}

is_status() { # CODE
    # shellcheck disable=SC2154 # bats sets them
    [ "$status" = "$1" ] || {
        printf 'exit code %s instead of %s\n%s\n' "$status" "$1" "$output"
        return 1
    }
}

says() { # TEXT…
    local text
    for text in "$@"; do
        [[ $output == *"$text"* ]] || {
            printf 'it does not say: %s\nbut: %s\n' "$text" "$output"
            return 1
        }
    done
}

# Each pattern is called, in this order.
called_in_order() { # PATTERN…
    local pattern line=0 found
    for pattern in "$@"; do
        found=$(awk -v from="$line" 'NR > from' "$FAKE/calls" | grep -nE -m 1 -- "$pattern" | cut -d: -f1) || true
        [ -n "$found" ] || {
            printf 'not called, or not after line %s: %s\n' "$line" "$pattern"
            cat "$FAKE/calls"
            return 1
        }
        line=$((line + found))
    done
}

nothing_called() {
    [ ! -s "$FAKE/calls" ] || {
        cat "$FAKE/calls"
        return 1
    }
}
