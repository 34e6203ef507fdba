resource "aws_db_subnet_group" "main" {
  name        = var.app
  description = "${var.app}: database"
  subnet_ids  = local.subnets
}

resource "aws_db_instance" "main" {
  identifier                = var.app
  engine                    = "postgres"
  engine_version            = "16"
  instance_class            = "db.t4g.micro"
  allocated_storage         = 20
  storage_type              = "gp3"
  storage_encrypted         = true
  username                  = "app"
  password                  = var.database_password
  db_name                   = replace(var.app, "-", "_")
  port                      = 5432
  db_subnet_group_name      = aws_db_subnet_group.main.name
  vpc_security_group_ids    = [aws_security_group.database.id]
  publicly_accessible       = false
  multi_az                  = false
  backup_retention_period   = 7
  deletion_protection       = var.protected
  copy_tags_to_snapshot     = true
  apply_immediately         = true
  final_snapshot_identifier = "${var.app}-final"
}

resource "aws_ssm_parameter" "database_password" {
  name  = "/berth/${var.app}/DATABASE_PASSWORD"
  type  = "SecureString"
  value = var.database_password
}

resource "aws_ssm_parameter" "database_url" {
  name = "/${var.app}/DATABASE_URL"
  type = "SecureString"
  value = join("", ["postgres://app:", var.database_password, "@", aws_db_instance.main.address, ":5432/",
  aws_db_instance.main.db_name, "?sslmode=require"])
}

resource "aws_ecr_repository" "main" {
  name                 = var.app
  image_tag_mutability = "MUTABLE"
  image_scanning_configuration {
    scan_on_push = true
  }
}

resource "aws_ecr_lifecycle_policy" "main" {
  repository = aws_ecr_repository.main.name
  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Keep the newest 5 images"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 5 }
      action       = { type = "expire" }
    }]
  })
}

resource "aws_cloudwatch_log_group" "services" {
  name              = "/ecs/${var.app}"
  retention_in_days = 14
}

resource "aws_cloudwatch_log_group" "api" {
  name              = "/aws/vendedlogs/apis/${var.app}"
  retention_in_days = 14
}
