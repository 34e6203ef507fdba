"""Golden files of `berth cost`: each *.expect holds a command line, and what it says and ends with.

`python3 tests/cost/run.py BERTH --update` writes them anew; review reads the diff.
"""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests/cost"


def said(berth, command):
    """Offline: nothing of the environment but the path."""
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    done = subprocess.run([berth, *command.split()[1:]], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    return f"$ {command}\n{done.stdout}{done.stderr}[{done.returncode}]\n"


def main(berth, update):
    wrong = 0
    cases = sorted(FOLDER.glob("*.expect"))
    print(f"1..{len(cases)}")
    for number, case in enumerate(cases, 1):
        want = case.read_text()
        have = said(berth, want.partition("\n")[0].removeprefix("$ "))
        if update:
            case.write_text(have)
        elif have != want:
            wrong += 1
            print("".join(f"# {line}\n" for line in have.splitlines()), end="")
        print(f"{'ok' if update or have == want else 'not ok'} {number} - {case.stem}")
    return 1 if wrong or not cases else 0


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1]), "--update" in sys.argv[2:]))
