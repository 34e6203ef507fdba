"""Each header compiles on its own, and twice. Arguments: root, compiler and its options."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from sources import PRODUCT, finish, sources

PACKAGES = ("yaml-0.1", "libcurl", "libcrypto", "jansson", "sqlite3", "expat")


def package_flags():
    run = subprocess.run(["pkg-config", "--cflags", *PACKAGES], capture_output=True, text=True, check=True)
    return run.stdout.split()


def check(command, root, path):
    run = subprocess.run(command, cwd=root, input=f'#include "{path}"\n' * 2, capture_output=True, text=True)
    return [f"{path}: {line}" for line in run.stderr.splitlines() if "error" in line] if run.returncode else []


if __name__ == "__main__":
    root, *compiler = sys.argv[1:]
    command = [*compiler, "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Werror", "-I.", *package_flags(), "-fsyntax-only"]
    command += ["-x", "c", "-"]
    with ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda path: check(command, root, path), sources(root, (".h",), PRODUCT))
    finish([problem for result in results for problem in result])
