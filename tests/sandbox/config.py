"""Every knob of the sandbox, with its default.

A knob is set by the environment (BERTH_SANDBOX_<NAME>, read at start) or while
running by POST /_sandbox/config with a JSON object.  Durations are seconds and are
multiplied by `scale`; real AWS is two orders of magnitude slower.
"""
import json
import os

DEFAULTS = {
    "latency_ms": 0,            # added to every call, outside the lock
    "page_size": 5,             # largest page any paginated call returns; 0: AWS's own limits
    "strict": True,             # refuse members that the service model does not know
    "verify_signatures": True,
    "clock_skew_s": 300,        # by how much a signature's time may be off
    "server_clock_s": 0,        # by how much the services' clock is ahead of this machine's; may be negative
    "global_region": True,      # IAM and the other global services must be signed for us-east-1
    "scale": 1.0,               # multiplies every duration below
    "rules_per_group": 60,      # of a security group, in each direction
    "broken_image": "broken",   # a task whose image contains this text never becomes healthy
    "missing_image_check": False,   # a task whose image is not in ECR cannot start
    "run_task_exit_code": 0,    # of a one-off task whose image is not broken
    # A container's versionConsistency is returned although it was not given.  Terraform 5.100 would
    # replace every task definition if AWS did that, so AWS does not; a client may still be tried with it.
    "fill_version_consistency": False,
    "enforce_iam": False,       # keys that IAM or STS gave out may only do what policies allow (authz.py)
    "faults": [],               # rules of faults.py
    "fault_seed": 1,
    "buckets": False,           # throttle as AWS does, see buckets.py
    "bucket_share": 1.0,        # of each bucket: what others leave over
    "read_lag_jitter": 0.0,     # share of read_lag_s that is left to chance
    "use_lag": 0.0,             # share of EC2's writes that do not see it either; see lag.py
    "apigw_conflicts": False,   # refuse a second write to one API within apigw_conflict_s
}
SIGNED = {"server_clock_s"}
DURATIONS = {
    "rds_create_s": 1.0, "rds_backup_s": 0.5,
    "rds_modify_notice_s": 0.2, "rds_modify_s": 0.6, "rds_reboot_s": 0.4,
    "rds_delete_s": 1.0, "rds_snapshot_s": 0.5,
    "vpc_link_create_s": 0.8, "vpc_link_delete_s": 0.5,
    "apigw_deploy_s": 0.2, "apigw_conflict_s": 0.2,
    "cloudmap_op_s": 0.5, "cloudmap_instance_s": 0.2,
    "ecs_cluster_s": 0.2, "ecs_task_start_s": 0.3, "ecs_rollout_s": 0.8,
    "ecs_task_stop_s": 0.3, "ecs_fail_s": 0.3, "ecs_run_task_s": 0.6,
    "ecs_inactive_visible_s": 30.0,
    "eni_release_s": 0.2,
    "read_lag_s": 0.0,          # until EC2, IAM, API Gateway and the tagging API show what was just made
    "tag_value_lag_s": 0.0,     # until the tagging API shows the tags that a thing has now
}


class Knobs:
    def __init__(self):
        self._values = {**DEFAULTS, **DURATIONS}
        for name in self._values:
            text = os.environ.get("BERTH_SANDBOX_" + name.upper())
            if text is not None:
                self._set(name, _from_text(text))
        self._start = dict(self._values)

    def __getattr__(self, name):
        try:
            return self.__dict__["_values"][name]
        except KeyError:
            raise AttributeError(name) from None

    def _set(self, name, value):
        if name not in self._values:
            raise ValueError(f"unknown knob {name!r}")
        wanted = type(self._values[name])
        if wanted is bool and not isinstance(value, bool):
            raise ValueError(f"knob {name} wants true or false")
        if wanted in (int, float):
            if isinstance(value, bool) or not isinstance(value, (int, float)) or (value < 0 and name not in SIGNED):
                raise ValueError(f"knob {name} wants a number that is not negative")
        elif not isinstance(value, wanted):
            raise ValueError(f"knob {name} wants a {wanted.__name__}")
        self._values[name] = value

    def update(self, values):
        for name, value in values.items():
            self._set(name, value)

    def restore(self):
        self._values.clear()
        self._values.update(self._start)

    def duration(self, name):
        return self._values[name] * self._values["scale"]

    def as_dict(self):
        return dict(self._values)


def _from_text(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


knobs = Knobs()
