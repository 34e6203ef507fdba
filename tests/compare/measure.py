"""Terraform and berth on the same local AWS: first apply, empty plan, destroy; time, CPU, memory, calls.

CPU is that of the whole process tree. "largest" is the largest process, "memory" the peak of all processes together.
The server runs one call at a time, so its own CPU time is a floor too. Exit code 77: a program is not here.
"""
import argparse
import json
import statistics
import sys

from describe import describe
from ideal import critical_path
from tool import SKIP, TOOLS, Failed, Missing, tools

COLUMNS = (("wall", "s", 1), ("cpu", "s", 1), ("largest", "MiB", 1 << 20), ("together", "MiB", 1 << 20),
           ("calls", "", 1))
LABELS = {"together": "memory"}


def middle(runs):
    """The median of each number; calls and the like as in the last run."""
    return {**runs[-1], **{k: statistics.median(r[k] for r in runs)
                           for k in ("wall", "cpu", "largest", "together", "server_cpu")}}


def measure(tool, aws, plans):
    aws.reset()
    out = {}
    for name, action in (("apply", tool.apply), ("plan", lambda: middle([tool.plan() for _ in range(plans)])),
                         ("unprotect", tool.before_destroy), ("destroy", tool.destroy)):
        print(f"{tool.name}: {name}", file=sys.stderr)
        out[name] = action()
    left = describe(aws.client)
    out["left"] = sorted({what.rpartition(": ")[0] for what in left.pop("tags")})
    if any(left.values()):
        raise Failed(f"{tool.name} destroyed all, and yet there are: "
                     + ", ".join(what for part in left.values() for what in part))
    return {k: v for k, v in out.items() if v}


def _number(value, unit):
    if unit == "MiB":
        return f"{value:.0f} MiB"
    return f"{value:.2f} s" if unit else str(value)


def _row(step, column, unit, scale, found):
    values = [found[name][step][column] / scale if unit else found[name][step][column] for name in found]
    texts = [_number(v, unit) for v in values]
    if len(values) == 2:
        texts.append(f"1/{values[0] / values[1]:.1f}" if values[1] and values[0] >= values[1]
                     else f"{values[1] / values[0]:.1f} x" if values[0] else "")
    return [f"{step} {LABELS.get(column, column)}", *texts]


def table(found):
    rows = [["", *found, *(["ratio"] if len(found) == 2 else [])]]
    for step in ("apply", "plan", "destroy"):
        for column, unit, scale in COLUMNS:
            rows.append(_row(step, column, unit, scale, found))
        rows.append(_row(step, "server_cpu", "s", 1, found))
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:]))]).rstrip())
    for name, steps in found.items():
        print(f"after destroy, {name} leaves: {', '.join(steps.get('left', ['nothing']))}")
        if "unprotect" in steps:
            print(f"before destroy, {name} needs an apply that takes the database's protection away: "
                  f"{steps['unprotect']['wall']:.2f} s, {steps['unprotect']['calls']} calls")


def path_report(found, knobs):
    seconds, chain = critical_path(knobs)
    print(f"\ncritical path: {seconds:.2f} s ({' -> '.join(chain)})")
    for name, steps in found.items():
        made = steps["apply"]
        print(f"  {name}: apply took {made['wall']:.2f} s, {100 * (made['wall'] / seconds - 1):+.0f} %; "
              f"of it the server computed {made['server_cpu']:.2f} s; a plan alone takes {steps['plan']['wall']:.2f} s")
    return {"seconds": seconds, "chain": chain}


def run(options):
    names = [options.only] if options.only else list(TOOLS)
    with tools(names, latency_ms=options.latency, scale=options.scale) as (aws, both):
        found = {tool.name: measure(tool, aws, options.plans) for tool in both}
        knobs = aws.knobs()
    table(found)
    path = path_report(found, knobs)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"knobs": knobs, "critical_path": path, **found}, file, indent=1)
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latency", type=float, default=0, metavar="MS", help="milliseconds added to every call")
    parser.add_argument("--scale", type=float, default=1.0, metavar="X",
                        help="multiplies the server's delays; 10 lets them outweigh its computing")
    parser.add_argument("--plans", type=int, default=3, metavar="N", help="empty plans; their median counts")
    parser.add_argument("--only", choices=list(TOOLS))
    parser.add_argument("--json", metavar="FILE", help="write all numbers there")
    try:
        return run(parser.parse_args())
    except Missing as missing:
        print(f"skipped: {missing}")
        return SKIP
    except Failed as failed:
        print(failed)
        return 1


if __name__ == "__main__":
    sys.exit(main())
