mock_provider "aws" {
  override_during = plan

  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:111122223333:staging-alarms" }
  }
  mock_resource "aws_kms_key" {
    defaults = { id = "key-alarms", key_id = "key-alarms" }
  }
}

variables {
  name                 = "staging"
  cluster_name         = "staging"
  database_identifier  = "staging"
  node_group_asg_names = { applications = "eks-applications-1", builders = "eks-builders-1" }
  alarm_email          = "platform@example.com"
  monthly_budget_usd   = 400
  retention_days       = 30
}

run "alarms" {
  command = plan

  assert {
    condition = output.alarm_names == tolist([
      "staging-cluster-pending", "staging-database-cpu", "staging-database-credit", "staging-database-memory", "staging-database-storage",
      "staging-nodes-applications", "staging-nodes-builders",
    ])
    error_message = "An alarm came or went: test it here."
  }
  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset(["arn:aws:sns:us-east-1:111122223333:staging-alarms"]) && alarm.ok_actions == alarm.alarm_actions])
    error_message = "Each tells the topic that it began, and that it ended."
  }
  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.treat_missing_data == "notBreaching" && length(alarm.alarm_description) > 40])
    error_message = "No data is no alarm, and each says what to do."
  }
}

run "database" {
  command = plan

  assert {
    condition = [for alarm in [aws_cloudwatch_metric_alarm.this["database-storage"]] : [alarm.namespace, alarm.metric_name, alarm.comparison_operator, alarm.threshold, alarm.dimensions.DBInstanceIdentifier]] == [
      ["AWS/RDS", "FreeStorageSpace", "LessThanThreshold", 2 * 1024 * 1024 * 1024, "staging"],
    ]
    error_message = "Free storage is in bytes."
  }
  assert {
    condition = [for alarm in [aws_cloudwatch_metric_alarm.this["database-cpu"]] : [alarm.metric_name, alarm.comparison_operator, alarm.threshold, alarm.period * alarm.evaluation_periods]] == [
      ["CPUUtilization", "GreaterThanThreshold", 90, 1800],
    ]
    error_message = "A busy half hour."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["database-credit"].metric_name == "CPUCreditBalance" && aws_cloudwatch_metric_alarm.this["database-credit"].comparison_operator == "LessThanThreshold"
    error_message = "Credit that runs out."
  }
  assert {
    condition     = contains(aws_db_event_subscription.this.event_categories, "failover") && aws_db_event_subscription.this.source_ids == toset(["staging"])
    error_message = "A failover is told."
  }
}

run "nodes" {
  command = plan

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["nodes-builders"].dimensions == tomap({ AutoScalingGroupName = "eks-builders-1" })
    error_message = "Each group has its alarm."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["nodes-builders"].threshold == 0 && aws_cloudwatch_metric_alarm.this["nodes-builders"].comparison_operator == "GreaterThanThreshold"
    error_message = "One failed check is enough."
  }
}

run "topic" {
  command = plan

  assert {
    condition = jsondecode(aws_sns_topic_policy.alarms.policy).Statement == [{
      Sid       = "Publish"
      Effect    = "Allow"
      Principal = { Service = ["budgets.amazonaws.com", "cloudwatch.amazonaws.com", "events.rds.amazonaws.com"] }
      Action    = ["sns:Publish"]
      Resource  = "arn:aws:sns:us-east-1:111122223333:staging-alarms"
      Condition = { StringEquals = { "aws:SourceAccount" = "111122223333" } }
    }]
    error_message = "Three services publish, for this account alone."
  }
  assert {
    condition = jsondecode(aws_kms_key.alarms.policy).Statement[1] == {
      Sid       = "Publish"
      Effect    = "Allow"
      Principal = { Service = ["budgets.amazonaws.com", "cloudwatch.amazonaws.com", "events.rds.amazonaws.com"] }
      Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
      Resource  = "*"
    }
    error_message = "Who publishes may encrypt."
  }
  assert {
    condition     = aws_sns_topic.alarms.kms_master_key_id == "key-alarms" && aws_kms_key.alarms.enable_key_rotation
    error_message = "Alarms are encrypted."
  }
  assert {
    condition     = aws_sns_topic_subscription.email.endpoint == "platform@example.com"
    error_message = "The team gets them."
  }
}

run "budget" {
  command = plan

  assert {
    condition     = aws_budgets_budget.monthly.limit_amount == "400" && aws_budgets_budget.monthly.time_unit == "MONTHLY"
    error_message = "The budget is a month's."
  }
  assert {
    condition     = toset([for alert in aws_budgets_budget.monthly.notification : "${alert.notification_type} ${alert.threshold}"]) == toset(["ACTUAL 80", "FORECASTED 100"])
    error_message = "Warned before it is spent."
  }
}

run "logs" {
  command = plan

  assert {
    condition     = aws_cloudwatch_log_group.pods.name == "/aws/containerinsights/staging/application" && aws_cloudwatch_log_group.pods.retention_in_days == 30
    error_message = "Logs of pods are forgotten in time."
  }
}

run "refuses_a_name_without_an_address" {
  command = plan

  variables {
    alarm_email = "platform"
  }
  expect_failures = [var.alarm_email]
}

run "refuses_a_budget_of_nothing" {
  command = plan

  variables {
    monthly_budget_usd = 0
  }
  expect_failures = [var.monthly_budget_usd]
}

run "refuses_a_retention_that_cloudwatch_lacks" {
  command = plan

  variables {
    retention_days = 31
  }
  expect_failures = [var.retention_days]
}

run "refuses_a_name_with_an_underscore" {
  command = plan

  variables {
    name = "my_staging"
  }
  expect_failures = [var.name]
}
