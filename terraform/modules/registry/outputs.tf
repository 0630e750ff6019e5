output "repository_urls" {
  description = "A repository's name → the reference to push to, without a tag."
  value       = { for name, repository in aws_ecr_repository.this : name => repository.repository_url }
}

output "repository_arns" {
  description = "ARNs of the repositories, in the order of their names."
  value       = [for name in sort(keys(var.repositories)) : aws_ecr_repository.this[name].arn]
}

output "registry" {
  description = "The registry's host: ACCOUNT.dkr.ecr.REGION.amazonaws.com."
  value       = split("/", values(aws_ecr_repository.this)[0].repository_url)[0]
}
