"""Single hostile answers: refused at a stated limit, within bounds of memory, time and tries, and with honest words."""
import gzip
import subprocess
import sys
import time
import unittest

from compare_account import contents, differences
from stack import BERTH, SAN, StackCase, harness
from wall import Wall, changed, flood, interim, last_words, raw, reply

HTML = b"<html><head><title>Welcome</title></head><body>Please log in.</body></html>"
ANSWER = b'{"clusters": [], "failures": []}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\n"
# What comes in place of the answer of ecs DescribeClusters -> (trick, tries with AWS_MAX_ATTEMPTS=2, words of the message)
READS = {
    "an empty 200": (reply(b""), 2, "The answer is empty"),
    "malformed": (reply(b'{"clusters": ['), 2, "no JSON"),
    "an array": (reply(b"[]"), 2, "no JSON object"),
    "a page with 200": (reply(HTML, headers=["Content-Type: text/html"]), 2, "no JSON"),
    "a page with 500": (reply(HTML, "500 Oops", ["Content-Type: text/html"]), 2, "HTTP status 500"),
    "XML with 500": (reply(b"<a><b/></a>", "500 Oops", ["Content-Type: text/xml"]), 2, "HTTP status 500"),
    "a page with 404": (reply(HTML, "404 None", ["Content-Type: text/html"]), 1, "HTTP status 404"),
    "a page with 403": (reply(HTML, "403 No", ["Content-Type: text/html"]), 1, "HTTP status 403"),
    "cut off": (reply(ANSWER, length=1000), 2, "127.0.0.1"),
    "a chunk cut off": (raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n20\r\n" + ANSWER[:10]), 2, "127.0.0.1"),
    "a chunk that is none": (raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + ANSWER), 2, "127.0.0.1"),
    "closed before the answer": (raw(), 2, "127.0.0.1"),
    "half a status line": (raw(b"HTTP/1.1 2"), 2, "127.0.0.1"),
    "no HTTP": (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), 2, "127.0.0.1"),
    "invalid UTF-8": (reply(b'{"clusters": [], "x": "\xff\xfe"}'), 2, "no JSON"),
    "NUL bytes": (reply(b'{"clusters": []\0}'), 2, "no JSON"),
    "a NUL in a name": (reply(b'{"clu\\u0000sters": []}'), 2, "no JSON"),
    "deep nesting": (reply(b'{"clusters": ' + b"[" * 100000 + b"]" * 100000 + b"}"), 2, "JSON"),
    "deeper than allowed": (reply(b'{"clusters": ' + b"[" * 200 + b"]" * 200 + b"}"), 2, "JSON"),
    "gzip nobody asked for": (reply(gzip.compress(ANSWER), headers=["Content-Encoding: gzip"]), 2, "no JSON"),
    "a gzip bomb": (reply(gzip.compress(b" " * (64 << 20)), headers=["Content-Encoding: gzip"]), 2, "no JSON"),
    "300 MB": (flood(300 << 20), 2, "too large"),
    "300 MB in chunks": (flood(300 << 20, chunked=True), 2, "too large"),
    "thousands of headers": (raw(HEAD + b"".join(b"X-%d: %s\r\n" % (n, b"z" * 100) for n in range(9000))
                                 + b"Content-Length: 2\r\n\r\n{}"), 2, "too large"),
    "a header of 1 MB": (raw(HEAD + b"X-Long: " + b"z" * (1 << 20) + b"\r\nContent-Length: 2\r\n\r\n{}"), 2, "too large"),
}


# What a process needs at the most counts from its fork: so a small one stands between these tests and berth.
METER = """import os, sys
pid = os.fork()
if not pid:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execv(sys.argv[1], sys.argv[1:])
_, status, used = os.wait4(pid, 0)
print(os.waitstatus_to_exitcode(status), used.ru_maxrss)
"""


class HostileCase(StackCase):
    def setUp(self):
        super().setUp()
        self.wall = Wall(harness.endpoint())
        self.addCleanup(self.wall.close)

    def through(self, **more):
        san = {"ASAN_OPTIONS": SAN["ASAN_OPTIONS"] + ":quarantine_size_mb=4"}
        return self.env(**{"AWS_ENDPOINT_URL": self.wall.url, "AWS_MAX_ATTEMPTS": "2", **san, **more})

    def measured(self, *args, **more):
        """Exit code, stderr, MiB of memory at the most, seconds."""
        begun = time.monotonic()
        done = subprocess.run([sys.executable, "-S", "-c", METER, BERTH, *args], cwd=self.dir, env=self.through(**more),
                              text=True, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        code, memory = map(int, done.stdout.split())
        self.assertNotIn("Sanitizer", done.stderr)
        self.assertNotIn("runtime error", done.stderr)
        return code, done.stderr, memory / 1024, time.monotonic() - begun


class Reads(HostileCase):
    def test_each(self):
        code, told, usual, _ = self.measured("plan")
        self.assertEqual(code, 0, told)
        for name, (trick, tries, words) in READS.items():
            with self.subTest(name):
                self.wall.seen.clear()
                self.wall.tricks = {"DescribeClusters": [trick]}
                code, told, memory, seconds = self.measured("plan")
                self.assertEqual(code, 1, told)
                self.assertIn("ecs DescribeClusters", told)
                self.assertIn(words, told)
                self.assertEqual(self.wall.count("DescribeClusters"), tries)
                self.assertLess(memory, usual + 64)
                self.assertLess(seconds, 30)
                self.assertTrue(told.isprintable() or told.replace("\n", "").isprintable())

    def test_the_first_answer_of_all(self):
        """Before anything is known of the account: sts, in XML."""
        for name, trick in (("HTML", reply(HTML)), ("empty", reply(b"")), ("not XML", reply(b"\xff\0<")),
                            ("entities", reply(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')),
                            ("deep", reply(b"<a>" * 100000)), ("portal", reply(HTML, "302 Found", ["Location: /"]))):
            with self.subTest(name):
                self.wall.tricks = {"*": [trick]}
                code, told, _, _ = self.measured("plan")
                self.assertEqual(code, 1, told)
                self.assertIn("sts GetCallerIdentity", told)
                self.assertIn("proxy", told)

    def test_a_redirect_is_not_followed(self):
        other = Wall(harness.endpoint())
        self.addCleanup(other.close)
        for status in ("301 Moved", "302 Found", "307 Temporary", "308 Permanent"):
            with self.subTest(status):
                self.wall.tricks = {"DescribeClusters": [reply(b"", status, [f"Location: {other.url}/"])]}
                code, told, _, _ = self.measured("plan")
                self.assertEqual(code, 1, told)
                self.assertIn(f"HTTP status {status[:3]}", told)
                self.assertEqual(other.seen, [])

    def test_strange_but_right(self):
        self.wall.tricks = {"DescribeClusters": [interim], "DescribeVpcs": [interim], "GetResources": [last_words],
                            "DescribeParameters": [changed(lambda body: b" \r\n" + body + b"\n")]}
        code, told, _, _ = self.measured("plan")
        self.assertEqual(code, 0, told)

    def test_connections_that_end_after_each_answer(self):
        self.wall.tricks = {"*": [last_words]}
        code, told, _, _ = self.measured("plan")
        self.assertEqual(code, 0, told)


class Writes(HostileCase):
    knobs = {"page_size": 0, "scale": 0.1}

    def test_garbage_after_the_deed_is_looked_for(self):
        self.apply()
        want = contents(harness.client)
        self.berth("destroy", "--yes", "gengar", "--with-data")
        self.setUp()
        deep = b"<a>" * 1000
        self.wall.tricks = {action: [trick, None] for action, trick in {
            "CreateVpc": reply(HTML, asks=True),
            "CreateInternetGateway": reply(b"<CreateInternetGatewayResponse>", length=999, asks=True),
            "AttachInternetGateway": reply(b"", asks=True),
            "CreateSubnet": reply(deep, asks=True),
            "CreateRouteTable": flood(40 << 20, asks=True),
            "CreateSecurityGroup": reply(HTML, "500 Oops", asks=True),
            "AuthorizeSecurityGroupIngress": raw(asks=True),
            "CreateRole": reply(b"\0\0\0", asks=True),
            "CreateDBInstance": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\nabc", asks=True),
            "CreateCluster": reply(b"", asks=True),
            "RegisterTaskDefinition": reply(b"[]", asks=True),
            "CreateService": reply(b'{"service": "\xff"}', asks=True),
            "CreatePrivateDnsNamespace": reply(b"{", asks=True),
            "POST /v2/apis": reply(b"", "201 Created", asks=True),
            "POST /v2/vpclinks": changed(lambda body: body[:-5]),
            "PutParameter": reply(HTML, "503 Busy", asks=True),
        }.items()}
        code, told, _, seconds = self.measured("apply", "--yes", AWS_MAX_ATTEMPTS=None)
        self.assertEqual(code, 0, told)
        self.assertLess(seconds, 120)
        self.assert_settled()
        self.assertEqual(differences(want, contents(harness.client)), [])

    def test_connections_that_end_after_each_answer(self):
        self.wall.tricks = {"*": [last_words]}
        code, told, _, _ = self.measured("apply", "--yes")
        self.assertEqual(code, 0, told)
        self.assert_settled()
        self.assertEqual(len(self.listing()["vpc"]), 1)


class Tls(StackCase):
    """Certificates are made by openssl; without it there is nothing to test with."""

    def certificate(self, name, san="IP:127.0.0.1", *dates):
        path = self.dir / name
        done = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{path}.key",
                               "-out", path, "-subj", f"/CN={name}", "-addext", f"subjectAltName={san}",
                               *(dates or ("-days", "2"))], capture_output=True, check=False)
        if done.returncode:
            self.skipTest("openssl cannot make such a certificate")
        return path

    def expired(self):
        """openssl req cannot date back; openssl x509 can, by a negative number of days."""
        key, path = self.dir / "old.key", self.dir / "old"
        request = subprocess.run(["openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-subj",
                                  "/CN=old"], capture_output=True, check=True).stdout
        (self.dir / "old.ext").write_text("subjectAltName=IP:127.0.0.1\n")
        subprocess.run(["openssl", "x509", "-req", "-signkey", key, "-days", "-1", "-extfile", self.dir / "old.ext", "-out",
                        path], input=request, capture_output=True, check=True)
        return path

    def plan_through(self, certificate, bundle=None):
        wall = Wall(harness.endpoint(), certificate)
        self.addCleanup(wall.close)
        begun = time.monotonic()
        done = self.run_berth("plan", env=self.env(AWS_ENDPOINT_URL=wall.url, AWS_CA_BUNDLE=bundle and str(bundle)))
        self.assertLess(time.monotonic() - begun, 20)
        return done, wall

    def refused(self, certificate, bundle=None):
        done, wall = self.plan_through(certificate, bundle)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("sts GetCallerIdentity", done.stderr)
        self.assertRegex(done.stderr, "(?i)certificate")
        self.assertIn("AWS_CA_BUNDLE", done.stderr)
        self.assertEqual(wall.seen, [])
        self.assertEqual(wall.connections, 1, "it was tried again")

    def test_self_signed(self):
        self.refused(self.certificate("alone"))

    def test_of_another_authority_than_the_bundle(self):
        self.refused(self.certificate("alone"), self.certificate("another"))

    def test_wrong_host(self):
        wrong = self.certificate("wrong", "DNS:ec2.us-east-1.amazonaws.com")
        self.refused(wrong, wrong)

    def test_expired(self):
        old = self.expired()
        self.refused(old, old)

    def test_the_right_bundle(self):
        good = self.certificate("good")
        done, wall = self.plan_through(good, good)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(len(wall.seen), 10)

    def test_a_bundle_that_is_not_there(self):
        done, wall = self.plan_through(self.certificate("good"), self.dir / "nothing")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("AWS_CA_BUNDLE", done.stderr)
        self.assertEqual(wall.seen, [])


if __name__ == "__main__":
    unittest.main()
