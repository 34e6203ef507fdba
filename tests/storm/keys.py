"""Credentials that end in the middle of a run: a container's endpoint that gives keys for seconds.

What it says of their end may be the truth, or an hour too late, so that AWS is the first to say that they
have expired.
"""
import http.server
import itertools
import json
import threading
import time

import auth

ARN = f"arn:aws:sts::{auth.ACCOUNT}:assumed-role/storm/session"


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that went away."""


class Keeper:
    """Serves /keys (as a container's agent does) and /process (what credential_process prints)."""

    def __init__(self, life_s, honest):
        self.life_s, self.honest, self.given = life_s, honest, 0
        keeper = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps(keeper.mint(self.path)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._number = itertools.count(int(time.time()) % 10000 * 1000)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def mint(self, path):
        self.given += 1
        number = next(self._number)
        akid, secret, token = f"ASIASTORMEXAMPLE{number:08d}", f"storm-secret-{number}", f"storm-token-{number}"
        ends = time.time() + self.life_s
        auth.keys.add(auth.Key(akid, secret, ARN, "AROASTORMEXAMPLE:session", token, ends))
        said = ends if self.honest else ends + 3600
        answer = {"AccessKeyId": akid, "SecretAccessKey": secret,
                  "Expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(said))}
        if path == "/process":
            return {"Version": 1, "SessionToken": token, **answer}
        return {"Token": token, **answer}
