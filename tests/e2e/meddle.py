"""Somebody else at work in the same account while berth runs: calls made right before one of berth's."""
import fnmatch

import app

READS = ("Describe", "List", "Get", "BatchGet")


class Meddler:
    """A layer of the local AWS that runs a function before a matching call goes on; each rule once."""

    def __init__(self, case):
        self.rules, self.done = [], []
        app.MIDDLEWARE.insert(0, self._layer)
        case.addCleanup(app.MIDDLEWARE.remove, self._layer)

    def before(self, action, function, skip=0):
        """`action` is a pattern of "service.Action"; "write" stands for any call that changes something."""
        self.rules.append([action, function, skip])

    def _layer(self, call, proceed):
        name = f"{call.service.service_name}.{call.operation.name if call.operation else ''}"
        with app.LOCK:
            functions = [rule[1] for rule in self.rules if self._matches(rule, name)]
            self.rules = [rule for rule in self.rules if rule[1] not in functions]
        for function in functions:
            function()
            self.done.append(name)
        return proceed()

    @staticmethod
    def _matches(rule, name):
        is_write = not name.partition(".")[2].startswith(READS)
        if not (is_write if rule[0] == "write" else fnmatch.fnmatchcase(name, rule[0])):
            return False
        rule[2] -= 1
        return rule[2] < 0
