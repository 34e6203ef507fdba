"""The manual page and the option tables say the same: every command with its usage, every option, no other."""

import pathlib
import re
import subprocess
import sys

from sources import finish

OPTION = re.compile(r"--[a-z][a-z-]*")


def shown(berth, *args):
    return subprocess.run([berth, *args], capture_output=True, text=True, check=True).stdout


def part(text, title):
    """The lines of a help text below `title`, up to an empty one."""
    return text.partition(f"\n{title}:\n")[2].partition("\n\n")[0].splitlines()


def rows(lines):
    """{"--file": ("-f", "FILE")} of the options of a help text."""
    found = {}
    for line in lines:
        letter, name, arg = re.match(r"\s+(?:(-\w), )?(--[a-z-]+)(?: ([A-Z]+))? ", line).groups()
        found[name] = (letter, arg)
    return found


def plain(scdoc):
    return re.sub(r"(?<!\\)[*_]", "", scdoc).replace("\\", "")


def section(manual, title):
    return manual.partition(f"\n# {title}\n")[2].partition("\n# ")[0]


def manual_commands(manual):
    """{name: usage}"""
    heads = re.findall(r"^\*([a-z]+)\*(.*)$", section(manual, "COMMANDS"), flags=re.M)
    return {name: plain(usage).strip() for name, usage in heads}


def manual_options(manual):
    heads = [plain(line) for line in re.findall(r"^\*-.*$", section(manual, "OPTIONS"), flags=re.M)]
    return {OPTION.search(head).group(): (head.partition(",")[0] if "," in head else None,
                                          (re.findall(r" ([A-Z]+)$", head) or [None])[0]) for head in heads}


def command_problems(name, text, usage):
    told = re.match(r"usage: berth \S+ ?(.*)", text).group(1)
    own = rows(part(text, "options"))
    if usage is not None and usage != told:
        yield f"{name}: the manual page says `{usage}`, its help `{told}`"
    for option in sorted(set(own) ^ set(OPTION.findall(told))):
        yield f"{name}: {option} is only in the table, or only in the usage"
    for option, (_, arg) in own.items():
        if arg and option in told and not re.search(rf"{option} ({arg}|[a-z|]+)\]", told):
            yield f"{name}: {option} wants {arg}, but the usage says something else"


def problems(berth, manual):
    general = shown(berth, "--help")
    commands = [line.split()[0] for line in part(general, "commands")]
    told = manual_commands(manual)
    for name in sorted(set(commands) ^ set(told)):
        yield f"{name} is only in the manual page, or only in the program"
    for name in commands:
        yield from command_problems(name, shown(berth, name, "--help"), told.get(name))
    table, page = rows(part(general, "options")), manual_options(manual)
    for option in sorted(set(table) | set(page)):
        if table.get(option) != page.get(option):
            yield f"{option}: {table.get(option)} in the program, {page.get(option)} in the manual page"


if __name__ == "__main__":
    finish(list(problems(sys.argv[2], (pathlib.Path(sys.argv[1]) / "docs" / "berth.1.scd").read_text())))
