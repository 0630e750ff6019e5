# shellcheck shell=bash disable=SC2034,SC2154
# What the delivery scripts share: their options, `run`, which only prints where --dry-run is given, Terraform's outputs, the cluster.
# To be sourced. The script has a function `usage`, and where it has options of its own a function `option`.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root

dry_run='' yes='' outputs='' kubeconfig='' words=() deploy='' work=''

say() { printf '==> %s\n' "$*"; }

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

misused() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    usage >&2
    exit 2
}

# --- options

# Sets `words` and what the options say.
parse() { # ARGUMENT…
    while (($# > 0)); do
        case $1 in
            --help | -h)
                usage
                exit
                ;;
            --dry-run) dry_run=yes ;;
            --yes) yes=yes ;;
            --outputs | --kubeconfig)
                (($# > 1)) || misused "$1 wants a file"
                printf -v "${1#--}" %s "$2"
                shift
                ;;
            -*) parse_own "$@" || shift ;;
            *) words+=("$1") ;;
        esac
        shift
    done
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    cd "$root"
}

# A script's `option NAME VALUE` says by 0 that it took the name, by 1 that it took the value as well, by 2 that it knows no such name.
parse_own() {
    local code=2
    if declare -F option >/dev/null; then
        code=0
        option "$1" "${2:-}" || code=$?
    fi
    ((code < 2)) || misused "there is no option $1"
    ((code == 0 || $# > 1)) || misused "$1 wants a value"
    return "$code"
}

take_environment() { # sets `environment`
    ((${#words[@]} > 0)) || misused "which environment? There are: $(environments)"
    environment=${words[0]} words=("${words[@]:1}")
    [[ " $(environments) " == *" $environment "* ]] || misused "there is no environment '$environment'; there are: $(environments)"
    folder=terraform/environments/$environment
}

environments() { # as `production staging`
    local place names=()
    for place in "$root"/terraform/environments/*/; do
        names+=("$(basename "$place")")
    done
    echo "${names[*]}"
}

# --- what is run

run() { # COMMAND…
    if [ -n "$dry_run" ]; then
        printf '    %s\n' "$(quoted "$@")"
    else
        "$@"
    fi
}

quoted() {
    local word text=
    for word in "$@"; do
        [[ $word =~ ^[A-Za-z0-9_./:=@,+%-]+$ ]] || word=${word@Q}
        text+=" $word"
    done
    echo "${text# }"
}

need() { # COMMAND…
    local command
    [ -z "$dry_run" ] || return 0
    for command in "$@"; do
        command -v "$command" >/dev/null || die "$command is not in the path; step 1 of deploy/README.md says which tools are wanted"
    done
}

# What a person has to agree to; --yes agrees.
ask() { # QUESTION
    local answer=
    [ -z "$yes$dry_run" ] || return 0
    printf '%s Only yes is taken: ' "$1"
    read -r answer || true
    [ "$answer" = yes ] || die "stopped, nothing was changed"
}

# --- AWS and Terraform

# Version 1 of the CLI reads the one, version 2 and Terraform the other.
[ -z "${AWS_REGION:-}" ] || export AWS_DEFAULT_REGION=${AWS_DEFAULT_REGION:-$AWS_REGION}

# Credentials of another account would make a second environment, or find nothing of this one.
check_account() { # ACCOUNT
    local account
    [ -z "$dry_run" ] || return 0
    account=$(aws sts get-caller-identity --query Account --output text) ||
        die "AWS does not know who you are, see above: sign in (aws sso login), set AWS_PROFILE and AWS_REGION"
    [ "$account" = "$1" ] || die "signed in to account $account, but $1 is wanted: choose another AWS_PROFILE"
}

# Its values are ours, not those of an example.
check_tfvars() { # FOLDER; prints account_id
    local file=$1/terraform.tfvars account
    [ -z "$dry_run" ] || return 0
    [ -f "$file" ] || die "$file is missing: cp $1/terraform.tfvars.example $file, and edit it"
    account=$(sed -nE 's/^account_id *= *"([0-9]{12})".*/\1/p' "$file")
    [ -n "$account" ] || die "$file has no account_id of 12 digits"
    [ "$account" != 111122223333 ] || die "$file still has the account of the example: edit it"
    echo "$account"
}

terraform_in() { # FOLDER ARGUMENT…
    TF_IN_AUTOMATION=1 run terraform "-chdir=$1" "${@:2}"
}

init_terraform() { # FOLDER
    [ -f terraform/backend.hcl ] || [ -n "$dry_run" ] || die "terraform/backend.hcl is missing: deploy/bootstrap makes it; commit it then"
    terraform_in "$1" init -input=false "-backend-config=$root/terraform/backend.hcl"
}

# Terraform's plan of FOLDER in plan.tfplan. Whether it has changes.
plan_terraform() { # FOLDER
    local code=0
    terraform_in "$1" plan -input=false -lock-timeout=5m -detailed-exitcode -out=plan.tfplan || code=$?
    ((code != 1)) || die "Terraform can't plan $1; what it says is above"
    ((code == 2)) || [ -n "$dry_run" ]
}

# Sets `deploy`: what Terraform knows of the environment, from --outputs or from its state. A dry run has an example's.
load_outputs() {
    if [ -n "$outputs" ]; then
        deploy=$(jq -e . "$outputs") || die "$outputs is no JSON; terraform output -json deploy prints what is wanted"
    elif [ -n "$dry_run" ]; then
        say "names of deploy/values/outputs.example.json stand for Terraform's outputs"
        deploy=$(sed "s/staging/$environment/g" deploy/values/outputs.example.json)
    else
        [ -d "$folder/.terraform" ] || init_terraform "$folder" >&2
        deploy=$(terraform_in "$folder" output -json deploy) || die "Terraform has no outputs of $environment: deploy/provision $environment comes first"
    fi
    [ "$(output environment)" = "$environment" ] || die "the outputs are of '$(output environment)', not of $environment"
    # In another region AWS would find nothing, and say that it is gone.
    AWS_REGION=$(output region) AWS_DEFAULT_REGION=$AWS_REGION
    export AWS_REGION AWS_DEFAULT_REGION
}

output() { # KEY, as database.endpoint
    jq -r --arg key "$1" 'getpath($key / ".") // ""' <<<"$deploy"
}

# --- Kubernetes and Helm

# Never the cluster that kubectl happens to know: the environment's, or that of --kubeconfig.
use_cluster() {
    local place
    place="$(output cluster_name) in $(output region)"
    if [ -n "$kubeconfig" ]; then
        [ -f "$kubeconfig" ] || [ -n "$dry_run" ] || die "$kubeconfig is missing"
        export KUBECONFIG=$kubeconfig
        place=$kubeconfig
    else
        check_account "$(output account_id)"
        export KUBECONFIG=$work/kubeconfig
        run aws eks update-kubeconfig --name "$(output cluster_name)" --region "$(output region)" --kubeconfig "$KUBECONFIG"
    fi
    run kubectl get --raw /readyz --request-timeout 20s >"$work/readyz" ||
        die "the cluster $place does not answer: is this machine in public_access_cidrs, and your role in administrators, of $folder/terraform.tfvars?"
    [ -z "$dry_run" ] || cat "$work/readyz"
}

# The flag that takes a failed upgrade back has another name in Helm 4.
atomic() {
    local version=v3
    [ -n "$dry_run" ] || version=$(helm version --short)
    case $version in
        v[0-2].*) die "Helm $version is too old: 3.14 or newer is wanted" ;;
        v3*) echo --atomic ;;
        *) echo --rollback-on-failure ;;
    esac
}

# Objects of Kubernetes that deploy/values/FILE.jq makes of the outputs.
apply_objects() { # FILE
    jq -f "deploy/values/$1.jq" <<<"$deploy" >"$work/objects.json"
    if [ -n "$dry_run" ]; then
        run kubectl apply --server-side --force-conflicts --filename "deploy/values/$1.jq"
        return
    fi
    kubectl apply --server-side --force-conflicts --filename "$work/objects.json"
}

# A ConfigMap of a file, made or brought up to date.
apply_configmap() { # NAMESPACE NAME KEY FILE
    if [ -n "$dry_run" ]; then
        run kubectl --namespace "$1" create configmap "$2" "--from-file=$3=$4"
        return
    fi
    kubectl --namespace "$1" create configmap "$2" "--from-file=$3=$4" --dry-run=client --output json |
        kubectl apply --server-side --force-conflicts --filename -
}

# Prints the file of the values that deploy/values/NAME.jq makes of the outputs.
values_of() { # NAME
    local file=$work/${1//\//-}.json
    jq -f "deploy/values/$1.jq" <<<"$deploy" >"$file" || die "deploy/values/$1.jq does not understand Terraform's outputs"
    echo "$file"
}

namespace_of() { # CHART
    case $1 in
        slipway) output service_accounts.slipway.namespace ;;
        rollout) echo rollout ;;
        *) output service_accounts.backend.namespace ;;
    esac
}

is_known_chart() { [[ " slipway training-backend training-frontend rollout " == *" $1 "* ]]; }

chart_of() { # CHART; prints its folder
    case $1 in
        rollout) echo deploy/rollout/chart ;;
        *) echo "helm/$1" ;;
    esac
}
