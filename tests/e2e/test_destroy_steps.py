"""The teardown on a terminal: step by step, each shown and asked for; skipped, stopped, resumed."""
import signal
import unittest

from bad import BadCase, writes
from screen import Terminal
from stack import BERTH

import control

STEPS = ["the public API", "services and their tasks", "roles and access", "logs", "the database", "images",
         "secrets", "the network"]


class Steps(BadCase):
    def on_terminal(self, *args, **kwargs):
        terminal = Terminal([BERTH, *args], self.dir, self.env(TERM="xterm-256color"), rows=400, columns=160, **kwargs)
        self.addCleanup(terminal.stop)
        return terminal

    def answer(self, t, answers):
        """Waits for the step of each title, then types; the texts of the steps."""
        shown = {}
        for title, answer in answers:
            t.until("Step: " + title, 20)
            t.until("stop ends here:", after="Step: " + title)
            text = t.raw.decode(errors="replace")
            shown[title] = text[text.rindex("Step: " + title):]
            t.type(answer + "\n")
        return shown

    def text(self, t):
        return "\n".join(t.screen.lines)

    def test_all_of_it(self):
        self.apply()
        t = self.on_terminal("destroy", "--with-data")
        shown = self.answer(t, [(s, "gengar" if s in ("the database", "images", "secrets") else "yes")
                                for s in STEPS])
        self.assertEqual(t.end(), 0, self.text(t))
        left = self.listing()
        self.assertNotIn("vpc", left)
        self.assertIn("db.t4g.micro", shown["the database"])
        self.assertIn("20 GiB", shown["the database"])
        self.assertIn("protected from deletion", shown["the database"])
        self.assertIn("no images", shown["images"])
        self.assertIn("/gengar/DATABASE_URL", shown["secrets"])
        self.assertIn("running task", shown["services and their tasks"])
        self.assertIn("of log lines", shown["logs"])
        self.assertRegex(self.text(t), r"final snapshot gengar-final-\d{14} is available")
        self.assertIn("Nothing to destroy", self.berth("destroy", "--with-data", "--yes", "gengar"))

    def test_data_is_not_taken_for_a_yes(self):
        self.apply()
        t = self.on_terminal("destroy", "--with-data")
        self.answer(t, [("the public API", "skip"), ("services and their tasks", "skip"), ("roles and access", "skip"),
                        ("the database", "yes")])
        t.until("Step: the database")
        control.log.clear()
        t.type("y\n")
        t.type("stop\n")
        self.assertEqual(t.end(), 3, self.text(t))
        self.assertEqual(writes(), {})

    def test_skipped_stays_with_what_it_needs(self):
        self.apply()
        t = self.on_terminal("destroy", "--with-data")
        self.answer(t, [(s, "skip" if s == "the database" else "gengar" if s in ("images", "secrets") else "yes")
                        for s in STEPS])
        self.assertEqual(t.end(), 0, self.text(t))
        text = self.text(t)
        self.assertIn("ec2.subnet.public-a stays too: needed by rds.subnet_group.main", text)
        self.assertIn("ssm.parameter.database-password stays too: needed by rds.instance.main", text)
        instance = self.aws("rds").describe_db_instances()["DBInstances"][0]
        self.assertTrue(instance["DeletionProtection"])
        names = [p["Name"] for p in self.aws("ssm").describe_parameters()["Parameters"]]
        self.assertIn("/berth/gengar/DATABASE_PASSWORD", names)
        self.assertNotIn("/gengar/DATABASE_URL", names)
        self.assertEqual(self.aws("ecr").describe_repositories()["repositories"], [])
        # What was skipped is what the next one asks for, and nothing else.
        t = self.on_terminal("destroy", "--with-data")
        shown = self.answer(t, [("the database", "gengar"), ("secrets", "gengar"), ("the network", "yes")])
        self.assertEqual(t.end(), 0, self.text(t))
        self.assertEqual(list(shown), ["the database", "secrets", "the network"])
        self.assertNotIn("vpc", self.listing())

    def test_stopped_and_resumed(self):
        self.apply()
        t = self.on_terminal("destroy")
        self.answer(t, [("the public API", "yes"), ("services and their tasks", "stop")])
        self.assertEqual(t.end(), 3, self.text(t))
        self.assertIn("Stopped after 1 step: what is left is as it was.", self.text(t))
        self.assertEqual(self.aws("apigatewayv2").get_apis()["Items"], [])
        self.assertEqual(len(self.aws("ecs").list_services(cluster="gengar")["serviceArns"]), 1)
        t = self.on_terminal("destroy")
        t.until("Step: services and their tasks")
        self.assertNotIn("Step: the public API", self.text(t))
        self.answer(t, [(s, "yes") for s in STEPS if s not in ("the public API", "the database", "images", "secrets")])
        self.assertEqual(t.end(), 0, self.text(t))
        self.apply()
        self.assert_settled()

    def test_interrupted_at_a_question(self):
        self.apply()
        t = self.on_terminal("destroy")
        self.answer(t, [("the public API", "yes")])
        t.until("Step: services and their tasks")
        t.until("stop ends here:", after="Step: services and their tasks")
        control.log.clear()
        t.type("\x03")
        self.assertEqual(t.end(), -signal.SIGINT, self.text(t))
        self.assertIn("`berth destroy` shows what is left", self.text(t))
        self.assertEqual(writes(), {})
        # The lease was given back.
        self.apply()
        self.assert_settled()

    def test_nothing_is_done_unasked(self):
        self.apply()
        before = self.listing()
        for answer in ("stop\n", "\x04", "no\nstop\n"):
            with self.subTest(answer=answer):
                t = self.on_terminal("destroy")
                t.until("stop ends here:")
                t.type(answer)
                self.assertEqual(t.end(), 3, self.text(t))
                self.assertIn("Not confirmed: nothing was changed.", self.text(t))
        self.assertEqual(self.listing(), before)
        self.fails(3, ["destroy"], "no terminal to ask on", "--yes gengar")
        self.assertEqual(self.listing(), before)


if __name__ == "__main__":
    unittest.main()
