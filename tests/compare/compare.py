"""Terraform and berth build the same stack on the same local AWS: are the two accounts equal, and do both rest then?

Exit code 0: equal but for what INTENDED says; 1: not; 77: Terraform, its provider or berth is not here.
"""
import argparse
import json
import re
import sys

from describe import PARTS, describe
from tool import SKIP, TOOLS, Failed, Missing, tools

ABSENT = "(absent)"
INTENDED = (
    ("tags", r": berth:(app|env|resource|tags|source)$",
     "berth knows its objects, and what it wrote, by these tags; Terraform by its state file"),
    ("tags", r": Name$",
     "berth names what consoles would show by its id only"),
    ("api", r"^integration: Description$",
     "an integration takes no tags: its description says whose it is"),
)


class Difference:
    def __init__(self, part, what, values):
        self.part, self.what, self.values = part, what, values
        self.reason = next((reason for name, pattern, reason in INTENDED
                            if name == part and re.search(pattern, what)), None)

    def text(self, names):
        width = max(map(len, names))
        left, right = self.values
        if isinstance(left, list) and isinstance(right, list):  # what both have need not be read
            left, right = [i for i in left if i not in right], [i for i in right if i not in left]
        sides = "".join(f"\n      {name:{width}}  {_short(value)}" for name, value in zip(names, (left, right)))
        return f"    {self.what}{sides}"


def _short(value):
    return value if value is ABSENT else json.dumps(value, sort_keys=True)


def differences(left, right):
    """All of two descriptions, in order."""
    for part in left:
        for what in sorted({*left[part], *right[part]}):
            values = left[part].get(what, ABSENT), right[part].get(what, ABSENT)
            if values[0] != values[1]:
                yield Difference(part, what, values)


def report(left, right, names):
    """Prints part by part; -> the differences that nobody intended."""
    found = list(differences(left, right))
    bad = [d for d in found if not d.reason]
    for part in left:
        here = [d for d in bad if d.part == part]
        count = len({*left[part], *right[part]})
        print(f"{part:16} {'different' if here else 'equal':10} {count - len(here)} of {count} values")
        for difference in here:
            print(difference.text(names))
    print("\nintended differences:")
    for part, pattern, reason in INTENDED:
        count = sum(1 for d in found if d.part == part and re.search(pattern, d.what))
        print(f"  {part:6} {count:4} x {pattern:42} {reason}")
    return bad


def build(tool, aws):
    """Applies, looks, and demands that a second plan is empty; -> the description"""
    aws.reset()
    print(f"{tool.name}: apply", file=sys.stderr)
    tool.apply()
    seen = describe(aws.client)
    print(f"{tool.name}: second plan", file=sys.stderr)
    tool.plan()
    print(f"{tool.name}: its second plan is empty", file=sys.stderr)
    return seen


def run(options):
    names = [options.only] if options.only else list(TOOLS)
    with tools(names) as (aws, both):
        seen = [build(tool, aws) for tool in both]
    empty = [part for description in seen for part in PARTS if not description[part]]
    if empty:
        raise Failed("nothing was found of: " + ", ".join(empty))
    if options.only:
        print(json.dumps(seen[0], indent=1, sort_keys=True))
        return 0
    print("the second plans of both are empty\n")
    return 1 if report(*seen, names) else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=list(TOOLS), help="apply one, and print what was found as JSON")
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
