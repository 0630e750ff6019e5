# shellcheck shell=bash disable=SC2154
# How tests/run comes by Terraform and its providers. To be sourced; uses that script's get_go.

prepare_terraform() {
    local log=$out/terraform.log
    { find_terraform && find_providers; } >"$log" 2>&1 && return
    say "Terraform's code is not tested: $(tail -n 1 "$log")"
    return 1
}

# The caller's where its version is right, else one that is built from Go modules.
find_terraform() {
    local version=v1.11.4 folder=$root/build/terraform go
    export TERRAFORM=${TERRAFORM:-terraform} CHECKPOINT_DISABLE=1
    if "$TERRAFORM" version -json 2>/dev/null | jq -re .terraform_version | grep -qE '^1\.(1[1-9]|[2-9][0-9])\.[0-9]+$'; then
        return
    fi
    export TERRAFORM=$folder/terraform
    [[ "$("$TERRAFORM" version 2>/dev/null | head -n 1)" == "Terraform $version" ]] && return
    go=$(get_go) && tests/terraform/build "$go" $version "$folder"
}

# Those that the caller's configuration names; a mirror of schemas that lies beside this folder; or the registry's.
find_providers() {
    local mirror=$root/../shared/terraform-providers/setup folder=$root/build/terraform/providers go
    [ ! -f "${TF_CLI_CONFIG_FILE:-}" ] || return 0
    unset TF_CLI_CONFIG_FILE
    if [ -x "$mirror" ]; then
        go=$(get_go) || return
        [ -f "$folder/terraformrc" ] || PATH=$(dirname "$(command -v "$go")"):$PATH "$mirror" "$folder" || return
        export TF_CLI_CONFIG_FILE=$folder/terraformrc
    elif ! curl -fsS --max-time 20 -o /dev/null https://registry.terraform.io/.well-known/terraform.json; then
        echo "neither TF_CLI_CONFIG_FILE nor registry.terraform.io has its providers"
        return 1
    fi
}
