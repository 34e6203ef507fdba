"""What all lints share: the project's files, and the way a lint ends."""

import pathlib
import sys

FOLDERS = ("base", "state", "providers", "spec", "engine", "cli", "tests")
PRODUCT = FOLDERS[:-1]
SKIP = 77  # meson's exit code for a test that cannot run here


def sources(root, suffixes=(".c", ".h"), folders=FOLDERS):
    """Paths below root, relative, sorted."""
    root = pathlib.Path(root)
    found = (p for f in folders for p in (root / f).rglob("*") if p.suffix in suffixes and p.is_file())
    return sorted(p.relative_to(root) for p in found)


def finish(problems):
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


def skip(why):
    print("skipped:", why)
    sys.exit(SKIP)
