#!/usr/bin/env bats
# What holds for all delivery scripts.
# shellcheck disable=SC2154 # helper.bash sets tree and root

load helper

scripts=(bootstrap provision platform release secrets status rollback destroy)

arguments_of() { # SCRIPT
    case $1 in
        bootstrap) ;;
        rollback) echo staging slipway ;;
        *) echo staging ;;
    esac
}

@test "each has --help" {
    for script in "${scripts[@]}"; do
        deploy "$script" --help
        is_status 0
        says "Usage: deploy/$script" --dry-run
    done
    nothing_called
}

@test "a dry run calls nothing, asks nothing and changes no file" {
    (cd "$tree" && find . -type f -exec sha256sum {} + | sort) >"$BATS_TEST_TMPDIR/before"
    for script in "${scripts[@]}"; do
        # shellcheck disable=SC2046 # words
        deploy "$script" $(arguments_of "$script") --dry-run
        is_status 0
    done
    nothing_called
    (cd "$tree" && find . -type f -exec sha256sum {} + | sort) | diff "$BATS_TEST_TMPDIR/before" -
}

@test "a dry run needs no file of the owner and no tool" {
    rm -rf "$tree"/terraform/*/*/terraform.tfvars "$tree/terraform/bootstrap/terraform.tfvars" "$tree/terraform/backend.hcl" "$tree/deploy/values/staging"
    PATH=/usr/bin:/bin
    for script in "${scripts[@]}"; do
        # shellcheck disable=SC2046 # words
        deploy "$script" $(arguments_of "$script") --dry-run
        is_status 0
    done
}

@test "what they don't know is refused with the usage" {
    for script in "${scripts[@]}"; do
        # shellcheck disable=SC2046 # words
        deploy "$script" $(arguments_of "$script") --force
        is_status 2
        says "there is no option --force" "Usage: deploy/$script"
    done
    for script in provision platform release secrets status destroy; do
        deploy "$script" prod
        is_status 2
        says "there is no environment 'prod'; there are: production staging"
        deploy "$script"
        is_status 2
        says "which environment?"
    done
    nothing_called
}

@test "credentials of another account change nothing" {
    answer 999999999999 aws-sts-get-caller-identity
    for script in bootstrap provision platform release secrets status rollback destroy; do
        # shellcheck disable=SC2046 # words
        deploy "$script" $(arguments_of "$script") $([[ $script == bootstrap || $script == provision ]] || echo --outputs "$BATS_TEST_TMPDIR/outputs.json")
        is_status 1
        says "signed in to account 999999999999, but 123456789012 is wanted"
    done
    [ -z "$(calls 'apply|upgrade|uninstall|rollback|put-secret|delete')" ]
}

@test "a cluster that does not answer is told in words" {
    answer "Unable to connect" kubectl-get 1
    for script in platform release status rollback; do
        # shellcheck disable=SC2046 # words
        deploy "$script" $(arguments_of "$script") --outputs "$BATS_TEST_TMPDIR/outputs.json"
        is_status 1
        says "the cluster staging in us-east-1 does not answer" public_access_cidrs
    done
}

@test "outputs of another environment are refused" {
    deploy release production --outputs "$BATS_TEST_TMPDIR/outputs.json" --dry-run
    is_status 1
    says "the outputs are of 'staging', not of production"
}

@test "the cluster is the environment's, or the one that is named" {
    export KUBECONFIG=/somebody/elses
    deploy status staging --outputs "$BATS_TEST_TMPDIR/outputs.json"
    called_in_order "^aws eks update-kubeconfig --name staging --region us-east-1 --kubeconfig $BATS_TEST_TMPDIR|^aws eks update-kubeconfig --name staging --region us-east-1 --kubeconfig /tmp"
    : >"$FAKE/calls"
    touch "$BATS_TEST_TMPDIR/mine"
    deploy status staging --outputs "$BATS_TEST_TMPDIR/outputs.json" --kubeconfig "$BATS_TEST_TMPDIR/mine"
    [ -z "$(calls ^aws)" ]
}

@test "the example of Terraform's outputs has the keys that Terraform has" {
    wanted=$(sed -n '/^  value = {/,/^  }/ s/^    \([a-z_]*\) *=.*/\1/p' "$root/terraform/environments/staging/outputs.tf" | sort)
    [ -n "$wanted" ]
    diff <(echo "$wanted") <(jq -r 'keys[]' "$root/deploy/values/outputs.example.json")
    images=$(sed -n '/^  repositories = {/,/^  }/ s/^    \([a-z-]*\) *=.*/\1/p' "$root/terraform/environments/staging/main.tf" | sort)
    diff <(echo "$images") <(jq -r '.repository_urls | keys[]' "$root/deploy/values/outputs.example.json")
}
