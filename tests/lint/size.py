"""A function fits a screen (80 lines, complexity 15), a file has one subject (600 lines). Needs pmccabe for functions."""

import pathlib
import shutil
import subprocess
import sys

from sources import finish, skip, sources

FILE_LINES = 600
FUNCTION_LINES = 80
COMPLEXITY = 15


def long_files(root):
    for path in sources(root, (".c", ".h", ".py")):
        lines = len((pathlib.Path(root) / path).read_text().splitlines())
        if lines > FILE_LINES:
            yield f"{path}: {lines} lines, at most {FILE_LINES}"


def fat_functions(root):
    """pmccabe's columns: modified and traditional complexity, statements, first line, lines, file(line): name."""
    paths = [str(p) for p in sources(root, (".c",))]
    report = subprocess.run(["pmccabe", *paths], cwd=root, capture_output=True, text=True, check=True).stdout
    for row in report.splitlines():
        complexity, _, _, _, lines, name = row.split("\t")
        if int(lines) > FUNCTION_LINES:
            yield f"{name}: {lines} lines, at most {FUNCTION_LINES}"
        if int(complexity) > COMPLEXITY:
            yield f"{name}: complexity {complexity}, at most {COMPLEXITY}"


if __name__ == "__main__":
    problems = list(long_files(sys.argv[1]))
    if shutil.which("pmccabe"):
        problems += fat_functions(sys.argv[1])
    elif not problems:
        skip("pmccabe is not installed; files are short enough")
    finish(problems)
