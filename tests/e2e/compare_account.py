"""Two states of an account held against each other: what there is, how often, and what it holds."""
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "compare"))

import account  # noqa: E402
from describe import describe  # noqa: E402

# Revisions, and the time in the name of a final snapshot.
NUMBERS = re.compile(r"(task-definition/[^:\"]+:|-final-)\d+")


def _plain(value):
    """Without numbers that count or tell the time."""
    return json.loads(NUMBERS.sub(r"\1N", json.dumps(value)))


def contents(client):
    """{what: value} of an account, without ids that AWS made up: how many there are of each kind, and what they are."""
    out = {f"count: {kind}": len(ids) for kind, ids in account.listing(client).items()}
    for part, values in describe(client).items():
        for key, value in values.items():
            # A digest with the stamp of what was made at some time.
            out[_plain(f"{part}: {key}")] = "(some)" if "berth:source" in key else _plain(value)
    return out


def differences(want, have):
    """One line for each difference; [] if there is none."""
    return [f"{key}: {want.get(key, '(absent)')} -> {have.get(key, '(absent)')}"
            for key in sorted({*want, *have}) if want.get(key) != have.get(key)]
