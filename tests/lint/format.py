"""C files are as clang-format with .clang-format writes them; others have no tabs or trailing blanks where none belong."""

import pathlib
import shutil
import subprocess
import sys

from sources import finish, skip, sources


def unformatted(root):
    paths = [str(p) for p in sources(root)]
    run = subprocess.run(["clang-format", "--dry-run", *paths], cwd=root, capture_output=True, text=True, check=True)
    warnings = [line for line in run.stderr.splitlines() if " warning: " in line]
    return sorted({line.split(":")[0] + ": run clang-format -i" for line in warnings})


def untidy(root):
    for path in sources(root, (".py", ".c", ".h")):
        text = (pathlib.Path(root) / path).read_text()
        if not text.endswith("\n") or text.endswith("\n\n"):
            yield f"{path}: ends with one line break"
        for number, line in enumerate(text.splitlines(), 1):
            if line != line.rstrip():
                yield f"{path}:{number}: blanks at the end of the line"
            if path.suffix == ".py" and "\t" in line:
                yield f"{path}:{number}: a tab"


if __name__ == "__main__":
    problems = list(untidy(sys.argv[1]))
    if shutil.which("clang-format"):
        problems += unformatted(sys.argv[1])
    elif not problems:
        skip("clang-format is not installed")
    finish(problems)
