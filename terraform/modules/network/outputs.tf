output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "vpc_cidr" {
  description = "Addresses of the VPC."
  value       = aws_vpc.this.cidr_block
}

output "private_subnet_ids" {
  description = "Subnets of nodes and pods, in the order of `zones`."
  value       = [for zone in var.zones : aws_subnet.private[zone].id]
}

output "public_subnet_ids" {
  description = "Subnets of public load balancers and NAT gateways, in the order of `zones`."
  value       = [for zone in var.zones : aws_subnet.public[zone].id]
}

output "database_subnet_ids" {
  description = "Subnets without a way out, in the order of `zones`."
  value       = [for zone in var.zones : aws_subnet.database[zone].id]
}

output "nat_public_ips" {
  description = "Addresses that others see: for the allow lists of GitLab and of outside registries."
  value       = [for zone in local.nat_zones : aws_eip.nat[zone].public_ip]
}
