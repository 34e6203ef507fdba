"""apply, an update and destroy in bad weather; the end must be what it is in good weather.

    storm.py --seeds 1-200            all of them
    storm.py --seed 17 --verbose      one, with all that berth said

A seed draws the weather: 5 % of the calls fail with a 500 or 503 in the service's own words or as a page of its front
end (some of them after the deed), 3 % of the connections are reset before the call is done and 3 % after, 1 % of the
answers are cut off, empty, malformed, HTML, binary or far too large, now and then one never comes; AWS's token buckets
throttle, of which others take a share; what was just made shows seconds later, and writes may not see it either; the
credentials end in the middle; the services' clock is off by ten minutes.

berth may give a run up (exit 1, and it says why); then it is run again, at most RUNS times. Then the weather clears: the
account must be that of an undisturbed run, the plan empty, nothing twice, nothing left over.
"""
import argparse
import collections
import json
import multiprocessing
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
for _folder in ("e2e", "sandbox"):
    sys.path.insert(0, str(ROOT / "tests" / _folder))

import config  # noqa: E402
import control  # noqa: E402
import faults  # noqa: E402
import harness  # noqa: E402
import lag  # noqa: E402
import registry  # noqa: E402
import upstream  # noqa: E402
from app import LOCK  # noqa: E402
from compare_account import contents, differences  # noqa: E402
from keys import Keeper  # noqa: E402

BERTH = os.environ.get("BERTH", str(ROOT / "build" / "cli" / "berth"))
SAN = {"ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1", "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}
RUNS = 5
LIMIT_S = 900
SCALE = 0.1
APPLY = ("apply", "--yes", "--lock-timeout", "5m")
DESTROY = ("destroy", "--yes", "gengar", "--with-data", "--lock-timeout", "5m")


class Failed(Exception):
    """What was promised is not so."""


def weather(seed, long):
    """-> (knobs, how credentials are had). `long` weather has what takes a minute: answers that never come."""
    dice = random.Random(seed)
    rules = [{"kind": "fail", "rate": 0.05, "done": 0.3}, {"kind": "reset", "rate": 0.03},
             {"kind": dice.choice(("drop", "reset")), "rate": 0.03, "done": 1}, {"kind": "garble", "rate": 0.01}]
    if long and dice.random() < 0.15:
        rules.insert(0, {"kind": "stall", "ms": 90000, "rate": 0.01, "times": 2,
                         "action": dice.choice(("Create*", "Describe*", "*"))})
    lag = dice.uniform(0.5, 4 if long else 1.5)
    knobs = {"faults": rules, "fault_seed": seed, "buckets": True, "bucket_share": dice.uniform(0.2, 1),
             "read_lag_s": lag / SCALE, "read_lag_jitter": 0.7, "use_lag": dice.choice((0.0, 0.3, 0.7)),
             "server_clock_s": dice.choice((0, 600, -600, 720, -720)), "page_size": dice.choice((0, 5))}
    keys = {"source": dice.choice(("static", "container", "process")),
            "life_s": dice.uniform(10, 60 if long else 20), "honest": dice.random() < 0.5}
    return knobs, keys


class Stage:
    """An empty account and a folder with a spec."""

    def __init__(self, keys=None, trace=False):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="berth-storm-"))
        shutil.copy(ROOT / "examples" / "gengar.yaml", self.dir / "berth.yaml")
        self.trace = self.dir / "trace" if trace else None
        self.keeper, self.said = None, []
        self.clear_knobs()
        with LOCK:
            control.reset()
        self.identity = {"AWS_ACCESS_KEY_ID": harness.AKID, "AWS_SECRET_ACCESS_KEY": harness.SECRET}
        if keys and keys["source"] != "static":
            self.storm_life_s = keys["life_s"]
            self.keeper = Keeper(3600, keys["honest"])
            self.identity = self._by_process() if keys["source"] == "process" else \
                {"AWS_CONTAINER_CREDENTIALS_FULL_URI": self.keeper.url + "/keys"}

    def _by_process(self):
        path = self.dir / "aws-config"
        path.write_text(f"[default]\ncredential_process = curl -sS {self.keeper.url}/process\n")
        return {"AWS_CONFIG_FILE": str(path)}

    def close(self):
        if self.keeper:
            self.keeper.close()
        shutil.rmtree(self.dir, True)

    @staticmethod
    def clear_knobs():
        """Good weather; what was just made shows at once."""
        with LOCK:
            lag._shown_at.clear()
            config.knobs.restore()
            config.knobs.update({"page_size": 0, "scale": SCALE})

    @staticmethod
    def set_knobs(knobs):
        with LOCK:
            config.knobs.update(knobs)

    def run(self, *args):
        """berth as a user runs it; its exit code."""
        env = {"PATH": os.environ["PATH"], "HOME": str(self.dir), "AWS_ENDPOINT_URL": harness.endpoint(),
               "AWS_EC2_METADATA_DISABLED": "true", "TERM": "dumb", **self.identity, **SAN}
        if self.trace:
            env["BERTH_TRACE"] = str(self.trace)
        begun = time.monotonic()
        try:
            done = subprocess.run([BERTH, *args], cwd=self.dir, env=env, text=True, timeout=LIMIT_S, check=False,
                                  stdin=subprocess.DEVNULL, capture_output=True)
        except subprocess.TimeoutExpired as late:
            raise Failed(f"berth {' '.join(args)} has not ended after {LIMIT_S} s\n"
                         f"{(late.stderr or b'').decode(errors='replace')[-3000:]}") from None
        self.last = done
        self.said.append(f"$ berth {' '.join(args)}\n{done.stdout}{done.stderr}"
                         f"[exit {done.returncode} after {time.monotonic() - begun:.1f} s]")
        for sign in ("runtime error", "Sanitizer", "BUG"):
            if sign in done.stderr:
                raise Failed(f"berth {' '.join(args)}: {sign}")
        return done.returncode

    def must(self, *args):
        got = self.run(*args)
        if got:
            raise Failed(f"berth {' '.join(args)}: exit {got} in good weather\n{self.last.stdout}{self.last.stderr}")

    def edit_for_update(self):
        """A security group's description replaces it and the VPC link behind it; an env value the task definition."""
        path = self.dir / "berth.yaml"
        text = path.read_text()
        text = text.replace("https://gengar.example.com\n", "https://www.gengar.example.com\n", 1)
        path.write_text(text + "override:\n  ec2.security_group.link: {description: Another text}\n")

    def retries(self):
        """Counted in the trace, which is emptied."""
        if not self.trace or not self.trace.exists():
            return 0
        with self.trace.open(encoding="utf-8") as lines:
            count = sum('"retry"' in line for line in lines)
        self.trace.unlink()
        return count


# ---- phases


def check_password():
    """The database, the parameter and the URL know the same one."""
    instances = upstream.backend("rds", "123456789012", "us-east-1").databases.values()
    ssm = harness.client("ssm")
    for instance in instances:
        password = instance.master_user_password
        value = {p["Name"].rpartition("/")[2]: ssm.get_parameter(Name=p["Name"], WithDecryption=True)
                 ["Parameter"]["Value"] for p in ssm.describe_parameters()["Parameters"]}
        if value["DATABASE_PASSWORD"] != password:
            raise Failed("the password of the database is not the one in the parameter")
        if password not in value["DATABASE_URL"]:
            raise Failed("DATABASE_URL has another password")


def undisturbed():
    """-> {phase: contents} of an account in good weather."""
    stage, out = Stage(), {}
    try:
        out["empty"] = contents(harness.client)
        stage.must(*APPLY)
        check_password()
        out["apply"] = contents(harness.client)
        stage.edit_for_update()
        stage.must(*APPLY)
        out["update"] = contents(harness.client)
        for kind in ("ec2.security_group.link", "apigateway.vpc_link.main", "ecs.task_definition.web"):
            if kind not in stage.last.stderr + stage.last.stdout:
                raise Failed(f"the update does not touch {kind}:\n{stage.last.stdout}{stage.last.stderr}")
        stage.must(*DESTROY)
        out["destroy"] = contents(harness.client)
        left = [k for k in out["destroy"] if k not in out["empty"] and "snapshot" not in k]
        if left or out["destroy"].get("count: db_snapshot") != 1:
            raise Failed(f"destroy leaves more than one snapshot: {left}")
    finally:
        stage.close()
    return out


def honest(done):
    """A run that was given up says what could not be done, and that it may be run again."""
    if done.returncode != 1 and not lost_lease(done):
        raise Failed(f"exit {done.returncode}, where 1 is a run that was given up\n{done.stdout}{done.stderr}")
    if not re.search(r"(?m)^(berth: |error: |Failed: )", done.stderr):
        raise Failed(f"exit 1, and nothing says why\n{done.stdout}{done.stderr}")


def lost_lease(done):
    """Exit 3, as AWS has not answered within the minute of a lease."""
    return done.returncode == 3 and "lost its lease" in done.stderr


def persist(stage, args, tally):
    """Runs it until it is done; how often that took."""
    for runs in range(1, RUNS + 1):
        if stage.run(*args) == 0:
            return runs
        honest(stage.last)
        tally["leases lost"] += lost_lease(stage.last)
    raise Failed(f"berth {' '.join(args)} is not done after {RUNS} runs\n{stage.last.stdout}{stage.last.stderr}")


def forgive_lease(stage, tally):
    """A lease that could not be given back ends by itself, if the run has said so."""
    if "The lease ends by itself" in stage.last.stderr:
        names = [p["Name"] for p in harness.client("ssm").describe_parameters()["Parameters"]]
        if "/berth/gengar/lease" in names:
            harness.client("ssm").delete_parameter(Name="/berth/gengar/lease")
            tally["leases left"] += 1


def compare(want, what):
    lines = differences(want, contents(harness.client))
    if lines:
        raise Failed("\n  ".join([f"after {what} the account is not that of an undisturbed run", *lines]))


def phase(stage, name, args, knobs, want, tally):
    with LOCK:
        control.log.clear()
    stage.set_knobs(knobs)
    if stage.keeper:
        stage.keeper.life_s = stage.storm_life_s
    begun = time.monotonic()
    runs = persist(stage, args, tally)
    with LOCK:
        tally[f"{name} runs"] += runs
        tally[f"{name} runs {runs}"] += 1
        tally["calls"] += control.log.total
        tally.update({f"fault {k}": n for k, n in faults.acted.items()})
    if stage.keeper:
        stage.keeper.life_s = 3600
    tally["retries"] += stage.retries()
    tally["seconds"] += time.monotonic() - begun
    stage.clear_knobs()
    forgive_lease(stage, tally)
    compare(want, name)
    if name == "destroy":       # but for the final snapshot, see undisturbed()
        stage.must(*DESTROY)
        if "Nothing to destroy" not in stage.last.stdout + stage.last.stderr:
            raise Failed(f"a second destroy finds more:\n{stage.last.stdout}{stage.last.stderr}")
        return
    check_password()
    stage.must("plan", "--detailed-exitcode")
    stage.must("drift")


def storm(seed, long, want, verbose=False):
    """-> {"seed", "fault": text or None, "tally"}"""
    tally, fault = collections.Counter(), None
    knobs, keys = weather(seed, long)
    keep = os.environ.get("STORM_KEEP")     # a folder for what berth said
    stage = Stage(keys, trace=True)
    try:
        phase(stage, "apply", APPLY, knobs, want["apply"], tally)
        stage.edit_for_update()
        phase(stage, "update", APPLY, knobs, want["update"], tally)
        phase(stage, "destroy", DESTROY, knobs, want["destroy"], tally)
    except Exception as problem:
        fault = str(problem) if isinstance(problem, Failed) else traceback.format_exc()
    if keep:
        pathlib.Path(keep, f"seed-{seed}.txt").write_text("\n".join([*stage.said, fault or ""]), encoding="utf-8")
    if stage.keeper:
        tally["keys given"] += stage.keeper.given
    if verbose:
        print("\n".join(stage.said), flush=True)
    stage.close()
    return {"seed": seed, "fault": fault, "tally": tally, "weather": [knobs, keys]}


# ---- all of them

_want = {}


def _work(job):
    return storm(*job, _want)


def storms(seeds, long, workers):
    """Tries the seeds in several processes; yields what each came to."""
    global _want
    registry.warm()
    with multiprocessing.Pool(1) as pool:      # a server of its own, so that the workers do not inherit it
        _want = pool.apply(undisturbed)
    with multiprocessing.Pool(workers, maxtasksperchild=10) as pool:
        yield from pool.imap_unordered(_work, [(seed, long) for seed in seeds])


def report(tally, seeds, faulty):
    print(f"{seeds} seeds, {faulty} failed; " + ", ".join(
        f"{name}: {tally[f'{name} runs']} runs ({'/'.join(str(tally[f'{name} runs {n}']) for n in range(1, RUNS + 1))} "
        "needed 1/2/3/4/5)" for name in ("apply", "update", "destroy")))
    print(f"{tally['calls']} calls, {tally['retries']} retries, {tally['keys given']} keys given, "
          f"{tally['leases lost']} leases lost, {tally['leases left']} left, "
          f"{tally['seconds'] / max(1, seeds):.0f} s of storm a seed; faults: "
          + ", ".join(f"{k[6:]} {n}" for k, n in sorted(tally.items()) if k.startswith("fault ")), flush=True)


def numbers(text):
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", "--seed", type=numbers, default=numbers("1-200"))
    parser.add_argument("--short", action="store_true", help="no answers that never come, shorter lags")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--verbose", action="store_true", help="all that berth said")
    o = parser.parse_args()
    if o.verbose:
        want = undisturbed()
        results = (storm(seed, not o.short, want, True) for seed in o.seeds)
    else:
        results = storms(o.seeds, not o.short, o.workers)
    total, done, faulty = collections.Counter(), 0, 0
    for got in results:
        done += 1
        total.update(got["tally"])
        if got["fault"]:
            faulty += 1
            print(f"FAILED: storm.py --seed {got['seed']}{' --short' if o.short else ''} --verbose\n"
                  f"  {json.dumps(got['weather'])}\n{got['fault']}", flush=True)
        if done % 10 == 0 and done < len(o.seeds):
            report(total, done, faulty)
    report(total, done, faulty)
    return 1 if faulty else 0


if __name__ == "__main__":
    sys.exit(main())
