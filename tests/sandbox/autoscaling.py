"""Application Auto Scaling asks moto's ECS for the service; here it asks the sandbox's."""
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
from moto.applicationautoscaling.exceptions import AWSValidationException

import ecs_cluster


def _service_exists(backend, resource_id):
    _, cluster, name = resource_id.split("/", 2)
    box = ecs_cluster.boxes.at(backend.account_id, backend.region_name)
    found = box.services.get((cluster, name))
    if found is None or found.status != "ACTIVE":
        raise AWSValidationException(f"ECS service doesn't exist: {resource_id}")
    return True


ApplicationAutoscalingBackend._ecs_service_exists_for_target = _service_exists
