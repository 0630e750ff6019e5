#!/usr/bin/env bats
# bootstrap, provision, secrets, destroy.
# shellcheck disable=SC2154 # helper.bash sets tree and root

load helper

plan_has() { # JSON of resource_changes
    answer "" terraform-plan 2
    answer "{\"resource_changes\": $1}" terraform-show
}

@test "bootstrap makes the bucket, then moves its state there" {
    rm "$tree/terraform/backend.hcl"
    answer "" terraform-plan 2
    answer 'bucket = "made"' terraform-output-backend
    answer "aws_s3_bucket.state" terraform-state-list
    deploy_answering yes bootstrap
    is_status 0
    called_in_order "init -input=false -reconfigure" "plan .*-out=plan.tfplan" "apply -input=false plan.tfplan" "output -raw backend" \
        "init .*-migrate-state -force-copy -backend-config=" "state list" "output -json ci_role_arns"
    [ "$(cat "$tree/terraform/backend.hcl")" = 'bucket = "made"' ]
    [ ! -e "$tree/terraform/bootstrap/backend_override.tf" ]
}

@test "bootstrap repeated changes nothing where nothing is to change" {
    deploy bootstrap
    is_status 0
    says "nothing to change"
    [ -z "$(calls 'apply|migrate-state')" ]
}

@test "bootstrap goes on where it stopped between apply and the move" {
    echo '{"resources": [1]}' >"$tree/terraform/bootstrap/terraform.tfstate"
    answer 'bucket = "made"' terraform-output-backend
    answer "aws_s3_bucket.state" terraform-state-list
    deploy bootstrap
    is_status 0
    [ -z "$(calls apply)" ]
    called_in_order reconfigure migrate-state
    [ ! -e "$tree/terraform/bootstrap/terraform.tfstate" ]
}

@test "bootstrap keeps the state here until the bucket has it" {
    echo '{"resources": [1]}' >"$tree/terraform/bootstrap/terraform.tfstate"
    deploy bootstrap
    is_status 1
    says "the state in the bucket is empty"
    [ -s "$tree/terraform/bootstrap/terraform.tfstate" ]
}

@test "bootstrap without a yes changes nothing" {
    answer "" terraform-plan 2
    deploy_answering no bootstrap
    is_status 1
    says "stopped, nothing was changed"
    [ -z "$(calls apply)" ]
}

@test "provision plans into a file and applies that" {
    plan_has '[{"address": "aws_vpc.this", "type": "aws_vpc", "change": {"actions": ["create"]}}]'
    answer '{"environment": "staging"}' terraform-output
    deploy_answering yes provision staging --outputs "$BATS_TEST_TMPDIR/written.json"
    is_status 0
    called_in_order "-chdir=terraform/environments/staging init -input=false -backend-config=$tree/terraform/backend.hcl" "plan .*-out=plan.tfplan" \
        "show -json plan.tfplan" "apply -input=false plan.tfplan" "output -json deploy"
    [ "$(jq -r .environment "$BATS_TEST_TMPDIR/written.json")" = staging ]
}

@test "provision repeated changes nothing where nothing is to change" {
    answer '{}' terraform-show
    deploy provision staging
    is_status 0
    says "nothing to change"
    [ -z "$(calls apply)" ]
}

@test "provision --plan only plans, and reports" {
    plan_has '[{"type": "a", "change": {"actions": ["create"]}}, {"type": "a", "change": {"actions": ["delete", "create"]}}, {"type": "a", "change": {"actions": ["no-op"]}}]'
    deploy provision staging --plan --report "$BATS_TEST_TMPDIR/report.json"
    is_status 0
    [ "$(jq -c . "$BATS_TEST_TMPDIR/report.json")" = '{"create":2,"update":0,"delete":1}' ]
    [ -z "$(calls apply)" ]
}

@test "provision refuses to lose a database, unless it is named" {
    plan_has '[{"address": "module.database.aws_db_instance.this", "type": "aws_db_instance", "change": {"actions": ["delete", "create"]}}]'
    deploy provision staging --yes
    is_status 1
    says "would be lost" module.database.aws_db_instance.this
    [ -z "$(calls apply)" ]
    deploy provision staging --yes --allow-destroy module.database.aws_db_instance.this
    is_status 0
    called_in_order apply
}

@test "provision ends where Terraform can't plan" {
    answer "Error" terraform-plan 1
    deploy provision staging --yes
    is_status 1
    says "Terraform can't plan"
    [ -z "$(calls apply)" ]
}

@test "provision says which file is missing" {
    rm "$tree/terraform/environments/staging/terraform.tfvars"
    deploy provision staging
    is_status 1
    says "terraform.tfvars is missing: cp"
    cp "$tree/terraform/environments/staging/terraform.tfvars.example" "$tree/terraform/environments/staging/terraform.tfvars"
    deploy provision staging
    says "still has the account of the example"
    rm "$tree/terraform/backend.hcl"
    set_up_environment
    rm "$tree/terraform/backend.hcl"
    deploy provision staging
    says "deploy/bootstrap makes it"
    nothing_called || [ -z "$(calls terraform)" ]
}

@test "secrets fills what is missing, and no value is an argument" {
    answer "An error occurred (ResourceNotFoundException): can't find the specified secret value for staging label: AWSCURRENT" aws-secretsmanager-get-secret-value 254
    echo glpat-clone >"$BATS_TEST_TMPDIR/token"
    deploy secrets staging --outputs "$BATS_TEST_TMPDIR/outputs.json" --clone-token-file "$BATS_TEST_TMPDIR/token"
    is_status 0
    [ "$(jq -r 'keys | join(" ")' "$FAKE/stdin")" = "api-write-token clone-token password rollout-signing-key username webhook-signing-key" ]
    [ "$(jq -r '.["clone-token"], .username' "$FAKE/stdin" | paste -sd ' ')" = "glpat-clone slipway" ]
    [[ $(jq -r '.["rollout-signing-key"]' "$FAKE/stdin") =~ ^whsec_[A-Za-z0-9+/]{43}=$ ]]
    for value in $(jq -r 'del(.username) | .[]' "$FAKE/stdin"); do
        ! grep -qF -- "$value" "$FAKE/calls"
        [[ $output != *"$value"* ]]
    done
}

@test "secrets repeated leaves what is there" {
    known='{"username": "u", "password": "p", "webhook-signing-key": "w", "api-write-token": "t", "rollout-signing-key": "r", "clone-token": "c"}'
    answer "$known" aws-secretsmanager-get-secret-value
    deploy secrets staging --outputs "$BATS_TEST_TMPDIR/outputs.json"
    is_status 0
    says "staging/backend has all it needs" "staging/slipway has all it needs"
    [ -z "$(calls put-secret-value)" ]
    deploy secrets staging --outputs "$BATS_TEST_TMPDIR/outputs.json" --renew slipway.api-write-token
    [ "$(calls put-secret-value | wc -l)" = 1 ]
    [ "$(jq -c 'del(.["api-write-token"])' "$FAKE/stdin")" = "$(jq -c 'del(.["api-write-token"])' <<<"$known")" ]
    [ "$(jq -r '.["api-write-token"]' "$FAKE/stdin")" != t ]
}

@test "secrets never takes a refusal for an empty secret" {
    answer "An error occurred (AccessDeniedException)" aws-secretsmanager-get-secret-value 254
    deploy secrets staging --outputs "$BATS_TEST_TMPDIR/outputs.json"
    is_status 1
    says "can't be read" AccessDeniedException
    [ -z "$(calls put-secret-value)" ]
}

gone() { # NAME
    answer "An error occurred (ResourceNotFoundException)" "$1" 254
}

@test "destroy goes in the order that leaves nothing behind" {
    answer ACTIVE aws-eks-describe-cluster
    gone aws-rds-describe-db-snapshots
    deploy_answering staging destroy staging --outputs "$BATS_TEST_TMPDIR/outputs.json" --images
    is_status 0
    called_in_order "helm uninstall rollout" "helm uninstall training-frontend" "helm uninstall training-backend" "helm uninstall slipway" \
        "helm uninstall monitoring" "helm uninstall external-secrets" "aws elbv2 describe-load-balancers" \
        "helm uninstall aws-load-balancer-controller" "terraform .*plan -destroy .*-out=destroy.tfplan" "terraform .*apply .*destroy.tfplan"
}

@test "destroy asks in the region of the environment, whatever the person has set" {
    gone aws-eks-describe-cluster
    AWS_REGION=eu-central-1 AWS_DEFAULT_REGION=eu-central-1 deploy_answering staging destroy staging --outputs "$BATS_TEST_TMPDIR/outputs.json"
    is_status 0
    [ "$(sort -u "$FAKE/regions")" = us-east-1 ]
}

@test "destroy wants the name typed" {
    for answer in yes production ""; do
        deploy_answering "$answer" destroy staging --outputs "$BATS_TEST_TMPDIR/outputs.json"
        is_status 1
        says "stopped, nothing was changed"
    done
    deploy destroy staging --outputs "$BATS_TEST_TMPDIR/outputs.json" --yes
    is_status 1
    [ -z "$(calls 'uninstall|destroy|delete')" ]
}

@test "destroy refuses what is protected, what has images, and a snapshot that would be in the way" {
    answer True aws-rds-describe-db-instances
    answer True aws-eks-describe-cluster
    deploy_answering staging destroy staging --outputs "$BATS_TEST_TMPDIR/outputs.json"
    is_status 1
    says "database cluster of staging may not be deleted" "deletion_protection = false"
    answer False aws-rds-describe-db-instances
    answer staging-final aws-rds-describe-db-snapshots
    answer False aws-eks-describe-cluster
    deploy_answering staging destroy staging --outputs "$BATS_TEST_TMPDIR/outputs.json"
    says "the snapshot staging-final is there already"
    gone aws-rds-describe-db-snapshots
    answer "sha256:00" aws-ecr-list-images
    deploy_answering staging destroy staging --outputs "$BATS_TEST_TMPDIR/outputs.json"
    says "staging/slipway staging/slipway-rollout staging/training-backend staging/training-frontend hold images"
    [ -z "$(calls 'uninstall|-destroy|delete-')" ]
}

@test "destroy goes on where the cluster and the database are gone" {
    gone aws-eks-describe-cluster
    gone aws-rds-describe-db-instances
    answer staging-final aws-rds-describe-db-snapshots
    deploy_answering staging destroy staging --outputs "$BATS_TEST_TMPDIR/outputs.json"
    is_status 0
    [ -z "$(calls 'helm|kubectl')" ]
    called_in_order "plan -destroy"
}

@test "destroy ends where AWS says no" {
    answer "An error occurred (AccessDenied)" aws-rds-describe-db-instances 254
    deploy_answering staging destroy staging --outputs "$BATS_TEST_TMPDIR/outputs.json"
    is_status 1
    says AccessDenied
    [ -z "$(calls 'uninstall|-destroy')" ]
    gone aws-rds-describe-db-instances
    gone aws-rds-describe-db-snapshots
    answer ACTIVE aws-eks-describe-cluster
    answer "An error occurred (Throttling)" aws-elbv2-describe-load-balancers 254
    deploy_answering staging destroy staging --outputs "$BATS_TEST_TMPDIR/outputs.json"
    is_status 1
    [ -z "$(calls '-destroy|uninstall aws-load')" ]
}
