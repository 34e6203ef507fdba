resource "aws_ecs_cluster" "main" {
  name = var.app
}

resource "aws_ecs_cluster_capacity_providers" "main" {
  cluster_name       = aws_ecs_cluster.main.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}

resource "aws_service_discovery_private_dns_namespace" "main" {
  name = "${var.app}.internal"
  vpc  = aws_vpc.main.id
}

resource "aws_service_discovery_service" "web" {
  name = "web"
  dns_config {
    namespace_id   = aws_service_discovery_private_dns_namespace.main.id
    routing_policy = "MULTIVALUE"
    dns_records {
      type = "SRV"
      ttl  = 10
    }
  }
}

resource "aws_ecs_task_definition" "web" {
  family                   = "${var.app}-web"
  cpu                      = 256
  memory                   = 512
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.web_task.arn
  runtime_platform {
    cpu_architecture        = "ARM64"
    operating_system_family = "LINUX"
  }
  container_definitions = jsonencode([{
    name         = "web"
    image        = "${aws_ecr_repository.main.repository_url}:unreleased"
    essential    = true
    portMappings = [{ containerPort = local.port, protocol = "tcp" }]
    environment = [
      { name = "FRONTEND_URL", value = "https://gengar.example.com" },
      { name = "NODE_ENV", value = "production" },
    ]
    secrets     = [for name in local.secrets : { name = name, valueFrom = "${local.parameter}/${name}" }]
    stopTimeout = 120
    linuxParameters = {
      initProcessEnabled = true
    }
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.services.name
        awslogs-region        = local.region
        awslogs-stream-prefix = "web"
      }
    }
  }])
}

# Without a release there is nothing to run.
resource "aws_ecs_service" "web" {
  name                               = "web"
  cluster                            = aws_ecs_cluster.main.id
  task_definition                    = aws_ecs_task_definition.web.arn
  desired_count                      = 0
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  availability_zone_rebalancing      = "DISABLED"
  propagate_tags                     = "SERVICE"

  capacity_provider_strategy {
    capacity_provider = "FARGATE_SPOT"
    weight            = 1
  }
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
  network_configuration {
    subnets          = local.subnets
    security_groups  = [aws_security_group.web.id]
    assign_public_ip = true
  }
  service_registries {
    registry_arn   = aws_service_discovery_service.web.arn
    container_name = "web"
    container_port = local.port
  }
  depends_on = [
    aws_ecs_cluster_capacity_providers.main, aws_route.default, aws_route_table_association.public,
    aws_vpc_security_group_ingress_rule.web_from_link, aws_vpc_security_group_egress_rule.web_to_database,
    aws_vpc_security_group_ingress_rule.database_from_web, aws_vpc_security_group_egress_rule.web_to_internet,
    aws_iam_role_policy_attachment.execution, aws_iam_role_policy.execution_secrets,
    aws_iam_role_policy.web_buckets, aws_ssm_parameter.database_url,
  ]
}
