"""Kills berth at every point of a run, runs it again, and holds the account against that of an undisturbed run.

    sweep.py                                        all points of all scenarios
    sweep.py --sample 16 --seed 7                   some of them, drawn from all scenarios
    sweep.py --scenario apply --at 173 --seed 1     one

A try is made on a fork of the prepared process, local AWS included, so it costs no set-up. The seed decides what else
befalls a try: in a third the database is deleted before the second run, in a third AWS takes some time for each write
(so that the killed run's last request is still under way when the second begins), in a third new objects show late.
"""
import argparse
import json
import os
import random
import sys
import time
import traceback

import stage
from stage import Failed, Stage

LAG_S = 0.5
DESTROY = ("destroy", "--yes", "gengar", "--with-data")


def replacements(s):
    """A third zone replaces the VPC link; a description its security group; memory the task definition."""
    s.edit("zones: 2 ", "zones: 3 ")
    s.edit("memory: 512", "memory: 1024")
    s.edit(r"\Z", "override:\n  ec2.security_group.link: {description: Another text}\n")


class Scenario:
    def __init__(self, name, args, applied=False, edit=None):
        self.name, self.args, self.applied, self.edit = name, args, applied, edit

    def prepare(self, s):
        self.empty = s.account()
        if self.applied:
            s.must("apply", "--yes")
        if self.edit:
            self.edit(s)

    def undisturbed(self, s):
        """-> points of the run, and what the account holds then; checked as every try is."""
        points = s.points(*self.args)
        end = s.account()
        self.check(s, end)
        return points, end

    def check(self, s, end):
        """After the last run."""
        compare(end, s.account(), "the account is not that of an undisturbed run")
        if self.args != DESTROY:
            s.must("plan", "--detailed-exitcode")
            s.must("drift")
            s.must(*DESTROY)
        left = s.account()
        if left.pop("count: db_snapshot", 0) != 1:
            raise Failed("there is not one final snapshot")
        compare(self.empty, left, "after destroy the account is not empty")
        s.must(*DESTROY)
        if "Nothing to destroy" not in s.said:
            raise Failed(f"a second destroy finds more:\n{s.said}")


SCENARIOS = {x.name: x for x in (
    Scenario("apply", ("apply", "--yes")),
    Scenario("update", ("apply", "--yes"), applied=True, edit=replacements),
    Scenario("destroy", DESTROY, applied=True),
)}


def compare(want, have, what):
    lines = [f"  {key}: {want.get(key, '(absent)')} -> {have.get(key, '(absent)')}"
             for key in sorted({*want, *have}) if want.get(key) != have.get(key)]
    if lines:
        raise Failed("\n".join([what, *lines]))


# ---- one try


def fate(seed, name, at):
    """What else befalls this try."""
    dice = random.Random(f"{seed} {name} {at}")
    return {"forget": dice.random() < 1 / 3, "slow": dice.random() < 1 / 3, "lag": dice.random() < 1 / 3}


def attempt(s, scenario, at, seed, end):
    """-> {"at", "line", "fault", "seconds"} as JSON; the line is None if the run ended before the point."""
    s.move()
    begun, line, fault = time.monotonic(), None, None
    luck = fate(seed, scenario.name, at)
    try:
        knobs = {"faults": [{"action": word + "*", "kind": "delay", "ms": 300} for word in
                            ("Create", "Put", "Register", "Delete", "Authorize", "Update", "Modify")]} \
            if luck["slow"] else {}
        if luck["lag"]:
            knobs.update(scale=0.001, read_lag_s=LAG_S * 1000)
        s.knobs(**knobs)
        line = s.killed(at, *scenario.args)
        if luck["forget"]:
            s.forget()
        s.knobs(faults=[])
        s.must(*scenario.args)
        s.knobs(scale=0)
        if luck["lag"]:
            time.sleep(LAG_S)       # who lists the account does not see the youngest either
        scenario.check(s, end)
    except Exception as problem:
        fault = str(problem) if isinstance(problem, Failed) else traceback.format_exc()
    s.close()
    return json.dumps({"at": at, "line": line, "fault": fault, "fate": [k for k, v in luck.items() if v],
                       "seconds": time.monotonic() - begun}).encode()


# ---- all of them


def prepared(scenario):
    """A stage where each try can begin, and what the undisturbed run says."""
    s = Stage()
    scenario.prepare(s)
    pid, out = stage.forked(lambda: _undisturbed(s, scenario))
    text = out.read()
    os.waitpid(pid, 0)
    if not text:
        raise SystemExit(f"{scenario.name}: the undisturbed run fails")
    points, end = json.loads(text)
    return s, points, end


def _undisturbed(s, scenario):
    s.move()
    try:
        return json.dumps(scenario.undisturbed(s)).encode()
    finally:
        s.close()


def sweep(scenario, choose, seed, workers):
    """Tries the points that choose(points) names; the faults found."""
    s, points, end = prepared(scenario)
    todo, running, faults, done, early = choose(points), {}, 0, 0, 0
    print(f"{scenario.name}: N = {len(points)}, trying {len(todo)}", flush=True)
    todo = list(reversed(todo))
    while todo or running:
        while todo and len(running) < workers:
            at = todo.pop()
            pid, out = stage.forked(attempt, s, scenario, at, seed, end)
            running[pid] = at, out
        pid, _ = os.wait()
        at, out = running.pop(pid)
        text = out.read()
        out.close()
        got = json.loads(text) if text else {"at": at, "line": None, "fate": [], "fault": "the try itself failed"}
        done += 1
        early += got["line"] is None and not got["fault"]
        if got["fault"]:
            faults += 1
            print(f"FAILED: sweep.py --scenario {scenario.name} --at {at} --seed {seed}\n"
                  f"  killed at: {got['line']}; {', '.join(got['fate']) or 'plain'}\n{got['fault']}", flush=True)
        elif done % 50 == 0:
            print(f"{scenario.name}: {done} done, {faults} failed", flush=True)
    s.close()
    print(f"{scenario.name}: N = {len(points)}, {done} tried, {early} ended before their point, {faults} failed",
          flush=True)
    return faults


def everything(points):
    return list(range(1, len(points) + 1))


def sampled(number, seed):
    def choose(points):
        return sorted(random.Random(seed).sample(everything(points), min(number, len(points))))
    return choose


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", choices=SCENARIOS, action="append")
    parser.add_argument("--at", type=int, action="append", help="only this point; may be repeated")
    parser.add_argument("--step", type=int, default=1, help="every so many points")
    parser.add_argument("--sample", type=int, help="so many points, over all scenarios")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=3)
    o = parser.parse_args()
    names = o.scenario or list(SCENARIOS)
    faults = 0
    for n, name in enumerate(names):
        choose = everything
        if o.at:
            def choose(points):
                return o.at
        elif o.sample:
            choose = sampled((o.sample + n) // len(names), o.seed)
        elif o.step > 1:
            def choose(points):
                return everything(points)[o.seed % o.step::o.step]
        faults += sweep(SCENARIOS[name], choose, o.seed, o.workers)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
