# Where a log shipper of CloudWatch sends what pods say. Made here, since the shipper's own would keep everything for ever.
resource "aws_cloudwatch_log_group" "pods" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts with its own key; ours would add a policy that lets all of CloudWatch Logs use it
  #checkov:skip=CKV_AWS_338:How long is the environment's decision, since storage costs
  name              = "/aws/containerinsights/${var.cluster_name}/application"
  retention_in_days = var.retention_days
}
