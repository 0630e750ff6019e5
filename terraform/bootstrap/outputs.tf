output "state_bucket" {
  description = "The bucket of all states."
  value       = aws_s3_bucket.state.id
}

output "backend" {
  description = "Settings of the backend for every root module: terraform output -raw backend >../backend.hcl, then init -backend-config."
  value       = <<-END
    bucket       = "${aws_s3_bucket.state.id}"
    region       = "${var.region}"
    kms_key_id   = "${aws_kms_key.state.arn}"
    encrypt      = true
    use_lockfile = true
  END
}

output "ci_role_arns" {
  description = "Roles of GitLab CI by environment: plan, apply, release."
  value = { for environment, _ in var.environments : environment => {
    for kind in ["plan", "apply", "release"] : kind => aws_iam_role.ci["${environment}-${kind}"].arn
  } }
}

output "gitlab_audience" {
  description = "What a job's id_tokens must name as aud."
  value       = local.audience
}
