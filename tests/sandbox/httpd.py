"""A small threaded HTTP/1.1 server with keep-alive, on the loopback interface only.

Werkzeug's own server closes the connection after each answer; clients of AWS keep
theirs open, and a reconciler's connection reuse is worth measuring.
"""
import http.client
import socket
import socketserver
import struct
import traceback
from email.utils import formatdate

import app
from clock import wall
from errors import DropReply, RawReply, ResetReply

MAX_BODY = 64 << 20


class Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 120

    def handle(self):
        try:
            while self._one():
                pass
        except (ConnectionError, socket.timeout, DropReply, ValueError):
            pass

    def _one(self):
        line = self.rfile.readline(65537)
        if not line.strip():
            return bool(line)
        method, target, version = line.decode("latin-1").split()
        headers = self._headers()
        if headers.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        request, length = app.Http(method, target, headers, self._body(headers)), None
        try:
            status, answer, body = app.handle(request)
        except ResetReply:
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.request.close()
            return False
        except DropReply:
            return False
        except RawReply as raw:
            status, answer, body, length = raw.status, raw.headers, raw.body, raw.length
        except Exception:
            traceback.print_exc()
            status, answer, body = 500, {"Content-Type": "text/plain"}, b"internal failure of the sandbox"
        keep = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close" and length is None
        self._write(method, status, answer, body, keep, length)
        return keep

    def _headers(self):
        headers = {}
        while True:
            line = self.rfile.readline(65537).decode("utf-8", "replace").rstrip("\r\n")
            if not line:
                return headers
            name, _, value = line.partition(":")
            name, value = name.strip().lower(), value.strip()
            headers[name] = f"{headers[name]},{value}" if name in headers else value

    def _body(self, headers):
        if "chunked" in headers.get("transfer-encoding", "").lower():
            parts = []
            while True:
                size = int(self.rfile.readline().split(b";")[0], 16)
                if size == 0:
                    while self.rfile.readline().strip():
                        pass
                    return b"".join(parts)
                parts.append(self.rfile.read(size))
                self.rfile.readline()
        size = int(headers.get("content-length") or 0)
        if size > MAX_BODY:
            raise ValueError("body too large")
        return self.rfile.read(size) if size else b""

    def _write(self, method, status, headers, body, keep, length):
        out = [f"HTTP/1.1 {status} {http.client.responses.get(status, 'Unknown')}"]
        sent = {k.lower() for k in headers}
        for name, value in headers.items():
            if name.lower() not in ("connection", "transfer-encoding", "date") and \
                    (name.lower() != "content-length" or method == "HEAD"):
                out.append(f"{name}: {value}")
        out.append(f"Date: {formatdate(wall(), usegmt=True)}")
        if not (method == "HEAD" and "content-length" in sent) and status != 204:
            out.append(f"Content-Length: {len(body) if length is None else length}")
        out.append("Connection: " + ("keep-alive" if keep else "close"))
        data = ("\r\n".join(out) + "\r\n\r\n").encode("utf-8")
        self.wfile.write(data if method == "HEAD" or status == 204 else data + body)
        self.wfile.flush()


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port):
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def port(self):
        return self.server_address[1]
