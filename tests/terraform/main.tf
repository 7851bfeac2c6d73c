# What `run` applies: state machines of both types, with and without the optional blocks, an activity, an alias, and all data sources.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100"
    }
  }
}

variable "endpoint" {
  type = string
}

# Changes definition and role.
variable "revision" {
  type    = number
  default = 1
}

variable "log_level" {
  type    = string
  default = "ALL"
}

variable "tracing" {
  type    = bool
  default = true
}

variable "publish" {
  type    = bool
  default = false
}

variable "tags" {
  type    = map(string)
  default = { team = "blue", stage = "test" }
}

# Weights by version; without any there is no alias.
variable "routes" {
  type    = map(number)
  default = {}
}

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "000000000000"
  secret_key                  = "any"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true

  endpoints {
    sfn = var.endpoint
  }
}

locals {
  machines = {
    standard      = { type = "STANDARD", blocks = [] }
    express       = { type = "EXPRESS", blocks = [] }
    full-standard = { type = "STANDARD", blocks = [1] }
    full-express  = { type = "EXPRESS", blocks = [1] }
  }
}

resource "aws_sfn_activity" "work" {
  name = "work"
  tags = var.tags
}

resource "aws_sfn_state_machine" "all" {
  for_each = local.machines

  name     = each.key
  type     = each.value.type
  role_arn = "arn:aws:iam::000000000000:role/role-${var.revision}"
  publish  = var.publish
  tags     = var.tags

  definition = jsonencode({
    Comment = "revision ${var.revision}"
    StartAt = "Pass"
    States  = { Pass = { Type = "Pass", End = true } }
  })

  dynamic "logging_configuration" {
    for_each = each.value.blocks
    content {
      level                  = var.log_level
      include_execution_data = var.tracing
      log_destination        = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/vendedlogs/states/all:*"
    }
  }

  dynamic "tracing_configuration" {
    for_each = each.value.blocks
    content {
      enabled = var.tracing
    }
  }

  dynamic "encryption_configuration" {
    for_each = each.value.blocks
    content {
      type = "AWS_OWNED_KEY"
    }
  }
}

resource "aws_sfn_alias" "prod" {
  count = length(var.routes) > 0 ? 1 : 0

  name        = "PROD"
  description = "live"

  dynamic "routing_configuration" {
    for_each = var.routes
    content {
      state_machine_version_arn = "${aws_sfn_state_machine.all["standard"].arn}:${routing_configuration.key}"
      weight                    = routing_configuration.value
    }
  }
}

data "aws_sfn_activity" "work" {
  name = aws_sfn_activity.work.name
}

data "aws_sfn_state_machine" "standard" {
  name = aws_sfn_state_machine.all["standard"].name
}

data "aws_sfn_state_machine_versions" "standard" {
  statemachine_arn = aws_sfn_state_machine.all["standard"].arn
}

data "aws_sfn_alias" "prod" {
  count = length(var.routes) > 0 ? 1 : 0

  name             = aws_sfn_alias.prod[0].name
  statemachine_arn = aws_sfn_state_machine.all["standard"].arn
}
