resource "aws_apigatewayv2_vpc_link" "main" {
  name               = var.app
  subnet_ids         = local.subnets
  security_group_ids = [aws_security_group.link.id]
}

resource "aws_apigatewayv2_api" "main" {
  name          = var.app
  protocol_type = "HTTP"
  cors_configuration {
    allow_origins = ["https://gengar.example.com"]
    allow_methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    allow_headers = ["authorization", "content-type"]
  }
}

resource "aws_apigatewayv2_integration" "web" {
  api_id                 = aws_apigatewayv2_api.main.id
  integration_type       = "HTTP_PROXY"
  integration_method     = "ANY"
  connection_type        = "VPC_LINK"
  connection_id          = aws_apigatewayv2_vpc_link.main.id
  integration_uri        = aws_service_discovery_service.web.arn
  payload_format_version = "1.0"
  timeout_milliseconds   = 30000
  request_parameters     = { "overwrite:header.x-client-ip" = "$context.identity.sourceIp" }
}

resource "aws_apigatewayv2_route" "default" {
  api_id    = aws_apigatewayv2_api.main.id
  route_key = "$default"
  target    = "integrations/${aws_apigatewayv2_integration.web.id}"
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.main.id
  name        = "$default"
  auto_deploy = true
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.api.arn
    format = jsonencode({
      requestId = "$context.requestId", time = "$context.requestTime", ip = "$context.identity.sourceIp",
      method    = "$context.httpMethod", path = "$context.path", routeKey = "$context.routeKey",
      status    = "$context.status", bytes = "$context.responseLength", latency = "$context.responseLatency",

      integrationStatus  = "$context.integration.status",
      integrationLatency = "$context.integration.latency",
      integrationError   = "$context.integrationErrorMessage",
      userAgent          = "$context.identity.userAgent",
    })
  }
  default_route_settings {
    throttling_rate_limit  = 50
    throttling_burst_limit = 100
  }
  depends_on = [aws_apigatewayv2_route.default]
}
