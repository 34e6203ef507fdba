"""Includes are written from the root, exist, and point one way: base <- state, providers <- spec <- engine <- cli."""

import pathlib
import re
import sys

from sources import PRODUCT, finish, sources

BELOW = {
    "base": {"base"},
    "state": {"base", "state"},
    "providers": {"base", "providers"},
    "spec": {"base", "providers", "spec"},
    "engine": {"base", "state", "providers", "spec", "engine"},
    "cli": set(PRODUCT),
    "tests": set(PRODUCT) | {"tests"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def problems_of(root, path):
    text = (pathlib.Path(root) / path).read_text()
    for number, line in enumerate(text.splitlines(), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        name = found.group(1)
        where = f"{path}:{number}: "
        if name.split("/")[0] not in BELOW:
            yield where + f'"{name}" is not written from the root of the project'
        elif name.split("/")[0] not in BELOW[path.parts[0]]:
            yield where + f"{path.parts[0]}/ may not include {name}"
        elif not (pathlib.Path(root) / name).exists():
            yield where + f'there is no "{name}"'


if __name__ == "__main__":
    finish([p for path in sources(sys.argv[1]) for p in problems_of(sys.argv[1], path)])
