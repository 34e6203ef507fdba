"""State that the sandbox keeps itself, one box per account and region, cleared by a reset."""
import registry


class Store:
    """boxes = Store(dict): boxes.of(call) is the dict of the call's account and region."""

    def __init__(self, make):
        self._make, self._boxes = make, {}
        registry.on_reset(self._boxes.clear)

    def of(self, call):
        return self.at(call.account, call.region)

    def at(self, account, region):
        key = account, region
        if key not in self._boxes:
            self._boxes[key] = self._make()
        return self._boxes[key]

    def all(self):
        return list(self._boxes.items())
