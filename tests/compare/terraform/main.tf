# The stack of examples/gengar.yaml as people write it by hand: what compare.py and measure.py hold berth against.
terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

# Endpoint, region and keys come from the environment.
provider "aws" {
  default_tags {
    tags = { team = "core" }
  }
}

variable "app" {
  type    = string
  default = "gengar"
}

variable "database_password" {
  type      = string
  sensitive = true
}

# AWS refuses to delete a protected database: destroy needs an apply with false before it.
variable "protected" {
  type    = bool
  default = true
}

data "aws_caller_identity" "me" {}
data "aws_partition" "here" {}
data "aws_region" "here" {}

data "aws_availability_zones" "all" {
  state = "available"
}

locals {
  partition = data.aws_partition.here.partition
  account   = data.aws_caller_identity.me.account_id
  region    = data.aws_region.here.name
  port      = 3000
  subnets   = [aws_subnet.public["a"].id, aws_subnet.public["b"].id]
  secrets   = ["DATABASE_URL", "OPENAI_API_KEY", "ROLLBAR_TOKEN", "STRIPE_SECRET_KEY"]
  parameter = "arn:${local.partition}:ssm:${local.region}:${local.account}:parameter/${var.app}"
  ecs       = "arn:${local.partition}:ecs:${local.region}:${local.account}"
}

output "url" {
  value = aws_apigatewayv2_api.main.api_endpoint
}
