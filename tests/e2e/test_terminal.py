"""berth on a terminal, and off it: questions, live progress, colours, JSON."""
import json
import os
import re
import signal
import subprocess
import unittest

from bad import BadCase, writes
from screen import Terminal
from stack import BERTH

import control


class TerminalCase(BadCase):
    def on_terminal(self, *args, env=None, **kwargs):
        terminal = Terminal([BERTH, *args], self.dir, env or self.env(TERM="xterm-256color"), **kwargs)
        self.addCleanup(terminal.stop)
        return terminal

    def slow(self, action, ms):
        self.set(faults=[{"action": action, "kind": "delay", "ms": ms, "times": 1}])


class Questions(TerminalCase):
    def asked(self, answer, code, *args):
        control.log.clear()
        t = self.on_terminal(*(args or ("apply",)))
        t.until("Apply this plan?" if not args else "Type the app's name")
        t.type(answer)
        self.assertEqual(t.end(), code, "\n".join(t.screen.lines))
        return t

    def test_yes(self):
        t = self.asked("yes\n", 0)
        self.assertIn("Applied: ", t.screen.lines[-2])
        self.assert_settled()

    def test_anything_else_is_no(self):
        for answer in ("no\n", "y\n", "YES\n", " yes\n", "\n", "\x04", "yes\x04\x04"):
            with self.subTest(answer=answer):
                t = self.asked(answer, 3)
                self.assertIn("Not confirmed: nothing was changed.", t.screen.lines[-2])
                self.assertEqual(writes(), {})

    def test_interrupted(self):
        self.asked("\x03", -signal.SIGINT)
        self.assertEqual(writes(), {})
        self.assertNotIn("vpc", self.listing())

    def test_destroy_wants_the_name(self):
        self.apply()
        before = self.listing()
        for answer in ("yes\n", "\n", "gengars\n"):
            self.asked(answer, 3, "--json", "destroy")
            self.assertEqual(writes(), {})
        self.assertEqual(self.listing(), before)
        self.asked("gengar\n", 0, "--json", "destroy", "--with-data")
        self.assertNotIn("vpc", self.listing())

    def test_nothing_to_do_is_not_asked(self):
        self.apply()
        t = self.on_terminal("apply")
        self.assertEqual(t.end(), 0)
        self.assertNotIn(b"Apply this plan?", t.raw)

    def test_a_plain_terminal_may_be_asked_on(self):
        t = self.on_terminal("apply", env=self.env(TERM="dumb"))
        t.until("Apply this plan?")
        t.type("yes\n")
        self.assertEqual(t.end(), 0)
        self.assertNotIn(b"\x1b", t.raw)

    def test_nobody_to_ask(self):
        self.fails(3, ["apply"], "no terminal to ask on", "Nothing was changed", "--yes")
        for streams in ({"stdin": subprocess.DEVNULL}, {"stderr": subprocess.PIPE}):
            control.log.clear()
            t = self.on_terminal("apply", **streams)
            self.assertEqual(t.end(), 3)
            self.assertEqual(writes(), {})
            if t.process.stderr:
                t.process.stderr.close()
        read, write = os.pipe()
        os.write(write, b"yes\n" * 3)
        os.close(write)
        self.fails(3, ["apply"], "no terminal to ask on", stdin=read)
        os.close(read)


class Progress(TerminalCase):
    def apply_on(self, columns=100, rows=40, env=None, then=None, **more):
        t = self.on_terminal("apply", "--yes", columns=columns, rows=rows, env=env, **more)
        if then:
            then(t)
        self.assertEqual(t.end(), 0, "\n".join(t.screen.lines))
        return t

    def check_finished(self, t):
        """Each step has its line once, and nothing else of the progress is left."""
        progress = t.screen.lines[[i for i, l in enumerate(t.screen.lines) if l.startswith("Plan: ")][0] + 1:-3]
        created = [line for line in progress if re.fullmatch(r"\S+: created \(\d+(\.\d)?s\)", line)]
        self.assertEqual(created, progress)
        self.assertEqual(len(set(created)), len(created))
        self.assertEqual({line.partition(":")[0] for line in created}, set(self.addresses()))
        for line in t.screen.lost:
            self.assertRegex(line, r"^(  (creating|changing|deleting) |  and \d+ more$|$)")

    def test_finished_lines_stay_and_live_ones_go(self):
        t = self.apply_on()
        self.check_finished(t)
        self.assertTrue([line for line in t.screen.lost if "creating rds.instance.main" in line])
        self.assertTrue([line for line in t.screen.lost if " of about 10m00s" in line])

    def progress_wraps(self, t):
        return [line for line in t.screen.wrapped if re.match("  (creating|and )", line)]

    def test_narrow(self):
        for columns, rows in ((40, 10), (5, 2)):
            with self.subTest(columns=columns):
                t = self.apply_on(columns, rows)
                self.assertEqual(self.progress_wraps(t), [])
                self.assertTrue(t.screen.lost)
                self.berth("destroy", "--yes", "gengar", "--with-data")

    def test_resized(self):
        """From the next time that it draws on, berth draws for the size that the window has by then."""
        for columns, rows in ((30, 40), (30, 8)):
            with self.subTest(columns=columns, rows=rows):
                def smaller(t):
                    t.until("ec2.vpc.main: created")
                    t.resize_live(columns, rows)

                t = self.apply_on(100, 40, then=smaller)
                self.assertEqual(self.progress_wraps(t), [])
                if rows == 40:
                    self.check_finished(t)
                created = [line for line in t.screen.lines if re.fullmatch(r"\S+: created \(\d+(\.\d)?s\)", line)]
                self.assertEqual(sorted(line.partition(":")[0] for line in created), sorted(self.addresses()))
                self.berth("destroy", "--yes", "gengar", "--with-data")

    def test_clock_ticks_without_news(self):
        self.slow("CreateCluster", 2600)
        t = self.on_terminal("apply", "--yes", "--only", "ecs.cluster.main")
        self.assertEqual(t.end(), 0)
        shown = [line for line in t.screen.lost if "creating ecs.cluster.main" in line]
        for seconds in ("0s", "1s", "2s"):
            self.assertTrue([line for line in shown if f" {seconds}" in line], shown)

    def test_failure(self):
        self.deny("ecs", "CreateCluster")
        t = self.on_terminal("apply", "--yes", "--only", "ecs.service.web")
        self.assertEqual(t.end(), 1)
        told = "\n".join(t.screen.lines)
        self.assertRegex(told, r"ecs\.cluster\.main: failed after")
        self.assertRegex(told, r"ecs\.service\.web: not tried, as something it needs has failed")
        self.assertLess(told.index("AccessDenied"), told.index("Failed: ecs.cluster.main"))
        self.assertTrue(t.screen.lines[-2].startswith("Running the same command again is safe"))

    def test_debugging_keeps_its_lines(self):
        t = self.apply_on(env=self.env(TERM="xterm", BERTH_DEBUG="run"))
        self.assertEqual(t.screen.lost, [])


class Plain(TerminalCase):
    def test_few_lines(self):
        self.apply()
        lines = self.last.stderr.splitlines()
        steps = len(self.addresses())
        self.assertEqual(len([line for line in lines if ": created (" in line]), steps)
        self.assertLess(len(lines), steps + 10)
        self.assertIn("rds.instance.main: creating, which takes about 10m00s", lines)
        self.assertRegex(lines[-1], r"^Applied: \d+ steps in [\d.]+ s, \d+ calls to AWS\.$")

    def test_dumb_terminal(self):
        t = self.on_terminal("apply", "--yes", env=self.env(TERM="dumb"))
        self.assertEqual(t.end(), 0)
        self.assertNotIn(b"\x1b", t.raw)
        t = self.on_terminal("plan", env=self.env(TERM=None))
        self.assertEqual(t.end(), 0)
        self.assertNotIn(b"\x1b", t.raw)


class Colour(TerminalCase):
    def colours(self, *args, terminal=True, **env):
        env = self.env(**{"TERM": "xterm", **env})
        if terminal:
            t = self.on_terminal(*args, "plan", env=env)
            self.assertEqual(t.end(), 0)
            return t.screen.colours > 0
        return b"\x1b[3" in self.run_raw(*args, "plan", env=env).stdout

    def test_when(self):
        self.assertTrue(self.colours())
        self.assertFalse(self.colours(NO_COLOR="1"))
        self.assertTrue(self.colours(NO_COLOR=""))
        self.assertFalse(self.colours(CLICOLOR="0"))
        self.assertFalse(self.colours(TERM="dumb"))
        self.assertFalse(self.colours("--color", "never"))
        self.assertTrue(self.colours("--color=always", NO_COLOR="1"))
        self.assertFalse(self.colours("--json", "--color=always"))

    def test_when_not_on_a_terminal(self):
        self.assertFalse(self.colours(terminal=False))
        self.assertTrue(self.colours(terminal=False, CLICOLOR_FORCE="1"))
        self.assertFalse(self.colours(terminal=False, CLICOLOR_FORCE="0"))
        self.assertFalse(self.colours(terminal=False, CLICOLOR_FORCE="1", NO_COLOR="1"))
        self.assertTrue(self.colours("--color", "always", terminal=False))
        self.assertTrue(self.colours("--color", "auto", terminal=False, CLICOLOR_FORCE="1"))


class Json(TerminalCase):
    def lines(self, code, *args):
        """stdout and stderr, each as objects."""
        done = self.run_raw("--json", *args)
        self.assertEqual(done.returncode, code, done.stderr)
        both = [[json.loads(line) for line in text.decode().splitlines()] for text in (done.stdout, done.stderr)]
        for line in (*both[0], *both[1]):
            self.assertEqual(line["v"], 1)
            self.assertIsInstance(line["type"], str)
        return both

    def test_every_command(self):
        out, err = self.lines(0, "apply", "--yes")
        self.assertEqual([line["type"] for line in out], ["plan", "result"])
        self.assertTrue(out[1]["ok"])
        self.assertEqual(set(out[1]["done"]), set(self.addresses()))
        self.assertEqual({line["type"] for line in err}, {"progress"})
        rds = [line for line in err if line["address"] == "rds.instance.main"]
        self.assertEqual((rds[0]["state"], rds[0]["expect_s"], rds[-1]["state"]), ("running", 600, "done"))
        told = [(line["state"], line.get("detail")) for line in rds]
        self.assertFalse([1 for a, b in zip(told, told[1:]) if a == b], "the same is told twice")
        for args, kind in ((["plan"], "plan"), (["plan", "--expand"], "spec"), (["drift"], "drift"),
                           (["output"], "output"), (["output", "url"], "output"), (["validate"], "validate"),
                           (["graph"], "graph"), (["explain"], "types"), (["explain", "ec2.vpc"], "explain"),
                           (["explain", "ec2.vpc.cidr"], "explain"), (["--version"], "version"),
                           (["apply", "--yes"], "plan"), (["-f", "new.yaml", "init"], "init")):
            out, err = self.lines(0, *args)
            self.assertEqual((out[0]["type"], err), (kind, []), args)
        out, err = self.lines(0, "destroy", "--yes", "gengar", "--with-data")
        self.assertEqual([line["type"] for line in out], ["plan", "result"])

    def test_failures(self):
        out, err = self.lines(3, "apply")
        self.assertEqual([line["type"] for line in out], ["plan"])
        self.assertEqual((err[0]["severity"], err[0]["reason"]), ("error", "refused"))
        self.deny("ecs", "CreateCluster")
        out, err = self.lines(1, "apply", "--yes")
        self.assertFalse(out[1]["ok"])
        self.assertEqual(out[1]["failed"], ["ecs.cluster.main"])
        self.assertIn("ecs.service.web", out[1]["not_tried"])
        self.assertIn("permission denied by AWS", [line.get("reason") for line in err])


if __name__ == "__main__":
    unittest.main()
