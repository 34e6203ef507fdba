"""Each lint refuses what it is there for and accepts what is right. Arguments: compiler and its options. TAP output."""

import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
GOOD = "#include <stddef.h>\n\nsize_t one(void);\n"
BRANCHES = "".join(f"\tif (x == {i})\n\t\treturn {i};\n" for i in range(16))

# lint, file, its text, a part of the complaint (None: accepted), program without which there is none
CASES = [
    ("includes", "base/a.h", GOOD, None, None),
    ("includes", "base/a.c", '#include "state/b.h"\n', "base/ may not include state/b.h", None),
    ("includes", "providers/a.c", '#include "state/b.h"\n', "providers/ may not include", None),
    ("includes", "spec/a.c", '#  include "engine/b.h"\n', "spec/ may not include", None),
    ("includes", "engine/a.c", '#include "b.h"\n', "not written from the root", None),
    ("includes", "cli/a.c", '#include "engine/missing.h"\n', 'there is no "engine/missing.h"', None),
    ("size", "base/a.c", "int x;\n" * 600, None, None),
    ("size", "base/a.c", "int x;\n" * 601, "601 lines", None),
    ("size", "base/a.c", "int f(void)\n{\n" + "\tg();\n" * 80 + "}\n", "at most 80", "pmccabe"),
    ("size", "base/a.c", f"int f(int x)\n{{\n{BRANCHES}\treturn 0;\n}}\n", "complexity 17", "pmccabe"),
    ("format", "base/a.c", "int f(void)\n{\n\treturn 1;\n}\n", None, None),
    ("format", "base/a.c", "int f(void) {\n  return 1;\n}\n", "run clang-format", "clang-format"),
    ("format", "base/a.c", "int x; \n", "blanks at the end", None),
    ("format", "tests/a.py", "x = 1", "ends with one line break", None),
    ("headers", "base/a.h", "#pragma once\n#include <stddef.h>\n\nstruct s {\n\tsize_t n;\n};\n", None, "pkg-config"),
    ("headers", "base/a.h", "#pragma once\n\nstruct s {\n\tsize_t n;\n};\n", "size_t", "pkg-config"),
    ("promises", "docs/reliability.md", "| **A.** | b | `nosuch` |\n", "there is no e2e test nosuch", None),
    ("promises", "docs/reliability.md", "| **A.** | b | unit `nosuch` |\n", "there is no unit test nosuch", None),
    ("headers", "base/a.h", "struct s {\n\tint n;\n};\n", "redefinition", "pkg-config"),
]


def run(lint, name, text, compiler):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / name
        path.parent.mkdir()
        path.write_text(text)
        shutil.copy(ROOT / ".clang-format", folder)
        arguments = compiler if lint == "headers" else []
        command = [sys.executable, str(HERE / f"{lint}.py"), folder, *arguments]
        return subprocess.run(command, capture_output=True, text=True)


def verdict(case, compiler):
    lint, name, text, complaint, program = case
    if program and not shutil.which(program):
        return f"# SKIP without {program}"
    result = run(lint, name, text, compiler)
    if complaint is None:
        return "" if result.returncode in (0, 77) else None
    return "" if result.returncode == 1 and complaint in result.stdout else None


if __name__ == "__main__":
    print(f"1..{len(CASES)}")
    for number, case in enumerate(CASES, 1):
        outcome = verdict(case, sys.argv[1:])
        print("not ok" if outcome is None else "ok", number, "-", case[0], case[3] or "accepts", outcome or "")
