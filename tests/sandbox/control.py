"""The request log and the control endpoints under /_sandbox/."""
import collections
import json
import os
import time

import config
import faults
import registry
import upstream
from auth import keys
from clock import clock
from shapes import mask


class Log:
    def __init__(self):
        path = os.environ.get("BERTH_SANDBOX_LOG")
        self._file = open(path, "a", buffering=1, encoding="utf-8") if path else None
        self.clear()

    def clear(self):
        self.total, self.errors = 0, 0
        self.by_action = collections.Counter()
        faults.acted.clear()
        self.by_name = collections.Counter()  # (action, the Name that it is about)

    def add(self, started, service, operation, params, status, code):
        action = f"{service}.{operation.name if operation else '-'}"
        self.total += 1
        self.errors += status >= 400
        self.by_action[action] += 1
        if isinstance(params, dict) and isinstance(params.get("Name"), str):
            self.by_name[action, params["Name"]] += 1
        if self._file:
            self._file.write(json.dumps({
                "time": round(started, 3), "service": service, "action": operation.name if operation else None,
                "params": mask(operation, params), "status": status, "error": code,
                "ms": round((time.time() - started) * 1000, 2)}, default=str) + "\n")


log = Log()


def reset():
    clock.clear()
    registry.reset()
    upstream.reset()
    keys.clear()
    log.clear()


def answer(method, path, body):
    """-> (status, object) of a control request; the caller holds the lock."""
    what = path.partition("?")[0][len("/_sandbox/"):].strip("/")
    if method == "GET" and what == "health":
        return 200, {"status": "ok"}
    if method == "GET" and what == "calls":
        return 200, {"total": log.total, "errors": log.errors, "actions": dict(sorted(log.by_action.items())),
                     "faults": dict(sorted(faults.acted.items()))}
    if method == "GET" and what == "config":
        return 200, config.knobs.as_dict()
    if method == "POST" and what == "reset":
        if json.loads(body or b"{}").get("config"):
            config.knobs.restore()
        reset()
        return 200, {"status": "reset"}
    if method == "POST" and what == "calls/reset":
        log.clear()
        return 200, {"status": "reset"}
    if method == "POST" and what == "config":
        try:
            wanted = json.loads(body or b"{}")
            faults.check(wanted.get("faults", []))
            config.knobs.update(wanted)
        except (ValueError, AttributeError, TypeError) as problem:
            return 400, {"error": str(problem)}
        return 200, config.knobs.as_dict()
    return 404, {"error": f"no control endpoint {method} {path}"}
