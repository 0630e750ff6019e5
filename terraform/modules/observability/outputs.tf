output "topic_arn" {
  description = "The topic of alarms and alerts, for further subscribers."
  value       = aws_sns_topic.alarms.arn
}

output "alarm_names" {
  description = "Names of the alarms, sorted."
  value       = sort([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name])
}

output "log_group_name" {
  description = "The log group of the pods, for a log shipper."
  value       = aws_cloudwatch_log_group.pods.name
}
