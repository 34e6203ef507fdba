"""Terraform and berth behind one face: apply, an empty plan, destroy; each in a folder of its own."""
import contextlib
import json
import os
import pathlib
import secrets
import shutil
import subprocess
import sys
import tempfile

from server import local_aws

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SKIP = 77  # meson's exit code for a test that cannot run here
PROVIDER = pathlib.Path("registry.terraform.io", "hashicorp", "aws", "5.100.0")


class Missing(Exception):
    """A program that is not on this machine."""


class Failed(Exception):
    """A program ended with another exit code than it should."""


class Tool:
    """apply(), plan(), destroy() return what meter.py measured; plan() fails unless the plan is empty.

    find() gives the program, or raises Missing.
    """
    name = None

    def __init__(self, aws):
        self.program = self.find()
        self.aws = aws
        self._folder = tempfile.TemporaryDirectory(prefix=f"compare-{self.name}-")
        self.dir = pathlib.Path(self._folder.name)

    def close(self):
        self._folder.cleanup()

    def env(self):
        return {**self.aws.env(), "HOME": str(self.dir), "TERM": "dumb"}

    def _run(self, *command):
        result = self.dir / "meter.json"
        output = self.dir / "output.txt"
        self.aws.forget_calls()
        before = self.aws.cpu()
        with output.open("w") as file:
            done = subprocess.run([sys.executable, "-S", "-E", str(HERE / "meter.py"), str(result), *command],
                                  cwd=self.dir, env=self.env(), stdin=subprocess.DEVNULL, stdout=file,
                                  stderr=subprocess.STDOUT, check=False)
        if done.returncode:
            raise Failed(f"{' '.join(command)}: exit {done.returncode}\n{output.read_text()}")
        calls = self.aws.calls()
        return {**json.loads(result.read_text()), "calls": calls["total"], "refused": calls["errors"],
                "actions": calls["actions"], "server_cpu": round(self.aws.cpu() - before, 3)}


def _mirror():
    path = os.environ.get("TF_PLUGIN_DIR")
    return path if path and (pathlib.Path(path) / PROVIDER).is_dir() else None


def _own_config():
    path = os.environ.get("TF_CLI_CONFIG_FILE")
    return path if path and os.path.isfile(path) else None


class Terraform(Tool):
    name = "terraform"

    @staticmethod
    def find():
        program = shutil.which("terraform")
        if not program:
            raise Missing("terraform is not installed")
        if not _mirror() and not _own_config():
            raise Missing("terraform has no AWS provider here: set TF_PLUGIN_DIR to a mirror of providers with "
                          f"{PROVIDER} in it, or TF_CLI_CONFIG_FILE")
        return program

    def __init__(self, aws):
        super().__init__(aws)
        self.config = self._config()
        self._password = secrets.token_hex(16)
        for path in (HERE / "terraform").glob("*.tf"):
            shutil.copy(path, self.dir)
        done = subprocess.run([self.program, "init", "-input=false", "-no-color"], cwd=self.dir, env=self.env(),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode:
            self.close()
            raise Missing("terraform has no AWS provider here:\n" + done.stderr)

    def _config(self):
        """A CLI configuration that finds the provider: one for the mirror, or the caller's."""
        if not _mirror():
            return _own_config()
        path = self.dir / "terraformrc"
        path.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{_mirror()}"\n  }}\n}}\n')
        return str(path)

    def env(self):
        return {**super().env(), "TF_CLI_CONFIG_FILE": self.config, "TF_VAR_database_password": self._password,
                "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}

    def _terraform(self, *args):
        return self._run(self.program, *args, "-input=false", "-no-color")

    def apply(self):
        return self._terraform("apply", "-auto-approve")

    def plan(self):
        return self._terraform("plan", "-detailed-exitcode")

    def before_destroy(self):
        """Terraform does not take the database's protection away by itself."""
        return self._terraform("apply", "-auto-approve", "-var=protected=false")

    def destroy(self):
        return self._terraform("destroy", "-auto-approve", "-var=protected=false")


class Berth(Tool):
    name = "berth"

    @staticmethod
    def find():
        program = os.environ.get("BERTH", str(ROOT / "build" / "cli" / "berth"))
        if not os.access(program, os.X_OK):
            raise Missing(f"there is no {program}: build it, or name it in BERTH")
        return program

    def __init__(self, aws):
        super().__init__(aws)
        shutil.copy(ROOT / "examples" / "gengar.yaml", self.dir / "berth.yaml")

    def env(self):
        # A leak at exit is other tests' business.
        return {**super().env(), "ASAN_OPTIONS": "detect_leaks=0"}

    def apply(self):
        return self._run(self.program, "apply", "--yes")

    def plan(self):
        return self._run(self.program, "plan", "--detailed-exitcode")

    def before_destroy(self):
        return None

    def destroy(self):
        return self._run(self.program, "destroy", "--yes", "gengar", "--with-data")


TOOLS = {"terraform": Terraform, "berth": Berth}


@contextlib.contextmanager
def tools(names, **knobs):
    """-> (local AWS, [tool]); what is missing is said before anything starts."""
    for name in names:
        TOOLS[name].find()
    with contextlib.ExitStack() as stack:
        aws = stack.enter_context(local_aws(**knobs))
        yield aws, [stack.enter_context(contextlib.closing(TOOLS[name](aws))) for name in names]
