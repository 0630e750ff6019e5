locals {
  gib = 1024 * 1024 * 1024

  # One line an alarm: what a person would get up for, or look at in the morning. A metric that no one sends is no alarm: a database
  # that is not burstable has no credit, a group without nodes no health.
  alarms = merge(local.database_alarms, local.node_alarms, local.cluster_alarms)

  database_alarms = { for key, alarm in {
    storage = {
      text   = "The database has less than ${var.database_free_storage_gib} GiB free, and its storage did not grow. At zero it stops."
      metric = "FreeStorageSpace", statistic = "Minimum", below = var.database_free_storage_gib * local.gib, minutes = 5, times = 2
    }
    credit = {
      text   = "The database's CPU credit is nearly used up: it becomes slow, or costs more. Find the query, or take a larger class."
      metric = "CPUCreditBalance", statistic = "Minimum", below = 20, minutes = 5, times = 3
    }
    cpu = {
      text   = "The database's CPU has been above 90% for half an hour."
      metric = "CPUUtilization", statistic = "Average", above = 90, minutes = 5, times = 6
    }
    memory = {
      text   = "The database has less than 100 MiB of memory free: too many connections, or too small a class."
      metric = "FreeableMemory", statistic = "Minimum", below = 100 * 1024 * 1024, minutes = 5, times = 3
    }
    } : "database-${key}" => merge({ below = null, above = null }, alarm, {
      namespace                            = "AWS/RDS"
      dimensions                           = { DBInstanceIdentifier = var.database_identifier }
  }) }

  node_alarms = { for key, group in var.node_group_asg_names : "nodes-${key}" => {
    text       = "A node of ${key} fails EC2's status checks. EKS replaces it; if this stays, the group can't."
    namespace  = "AWS/EC2"
    metric     = "StatusCheckFailed"
    dimensions = { AutoScalingGroupName = group }
    statistic  = "Maximum"
    below      = null
    above      = 0
    minutes    = 5
    times      = 3
  } }

  cluster_alarms = {
    "cluster-pending" = {
      text       = "Pods have found no node for a quarter of an hour: the autoscaler is stuck, a group is at its maximum, or a zone is short."
      namespace  = "AWS/EKS"
      metric     = "scheduler_pending_pods_UNSCHEDULABLE"
      dimensions = { ClusterName = var.cluster_name }
      statistic  = "Sum" # the one that AWS calls valid for it
      below      = null
      above      = 0
      minutes    = 5
      times      = 3
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.text
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = each.value.above == null ? "LessThanThreshold" : "GreaterThanThreshold"
  threshold           = each.value.above == null ? each.value.below : each.value.above
  period              = each.value.minutes * 60
  evaluation_periods  = each.value.times
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# What no metric tells: it failed over, it was restored, it has no storage left, its backup failed.
resource "aws_db_event_subscription" "this" {
  name             = "${var.name}-database"
  sns_topic        = aws_sns_topic.alarms.arn
  source_type      = "db-instance"
  source_ids       = [var.database_identifier]
  event_categories = ["availability", "failover", "failure", "low storage", "recovery"]

  depends_on = [aws_sns_topic_policy.alarms]
}
