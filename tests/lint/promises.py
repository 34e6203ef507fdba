"""Each test that docs/reliability.md names exists."""

import pathlib
import re
import sys

from sources import finish


def known(root):
    """What may be named: suites, and the tests of each kind."""
    meson = "".join(path.read_text() for path in root.glob("tests/**/meson.build"))
    return {
        "suite": set(re.findall(r"suite: '(\w+)'", meson)),
        "unit": {path.stem for path in root.glob("tests/unit/*.c")},
        "fuzz": {path.stem for path in root.glob("tests/fuzz/*.c")},
        "e2e": {path.stem.removeprefix("test_") for path in root.glob("tests/e2e/test_*.py")}
               | set(re.findall(r"test\('([\w-]+)'", meson)),
    }


def named(text):
    """(kind, name) of all that the table's last column names: a kind holds until another one is said."""
    for row in re.findall(r"^\| \*\*.*\|$", text, flags=re.M):
        kind = "e2e"
        for word, name in re.findall(r"(suite|unit|fuzz)? ?`([^`]+)`", row.rsplit("|", 2)[1]):
            kind = word or ("e2e" if kind == "suite" else kind)
            yield kind, name


def main():
    root = pathlib.Path(sys.argv[1])
    path = root / "docs" / "reliability.md"
    names = list(named(path.read_text()))
    have = known(root)
    faults = [f"{path}: there is no {kind} test {name}" for kind, name in names if name not in have[kind]]
    if len(names) < 30:
        faults.append(f"{path}: names only {len(names)} tests")
    finish(faults)


if __name__ == "__main__":
    main()
