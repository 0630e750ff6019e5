# Made empty, filled by the deploy scripts: a value that Terraform writes would lie in its state.
resource "aws_secretsmanager_secret" "application" {
  for_each = var.databases

  #checkov:skip=CKV2_AWS_57:These hold tokens of GitLab and the like beside a password; the runbook tells how each is changed
  name                    = "${var.name}/${each.key}"
  description             = "What ${each.key} needs: its user in the database ${each.value}, its tokens"
  kms_key_id              = local.key_arn
  recovery_window_in_days = 7
}
