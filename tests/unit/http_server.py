"""HTTP server that misbehaves on demand, for tests/unit/http.c.

Prints "PORT RESET_PORT TLS_PORT CERT" (TLS_PORT 0 without the openssl program) and ends when its stdin does.
The path of a request says what happens to it; every request that arrived whole is in /log.
"""

import json
import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

lock = threading.Lock()
log = []
connections = 0
running = {}
peak = {}


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # Closes at once, although makefile() holds the socket too.
    os.close(sock.detach())


def read_request(f):
    raw = b""
    while not raw.endswith(b"\r\n\r\n"):
        line = f.readline()
        if not line:
            return None
        raw += line
    length = 0
    for line in raw.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    body = f.read(length)
    method, path, _ = raw.split(b"\r\n")[0].decode().split(" ", 2)
    return method, path, raw + body


def answer(sock, body, status="200 OK", headers=()):
    head = ["HTTP/1.1 " + status, "Content-Length: %d" % len(body), *headers]
    sock.sendall("\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body)


def sleep(ms):
    with lock:
        running[ms] = running.get(ms, 0) + 1
        peak[ms] = max(peak.get(ms, 0), running[ms])
    time.sleep(int(ms) / 1000)
    with lock:
        running[ms] -= 1


def do_ok(sock, _, raw):
    answer(sock, b"hello", headers=["Date: Sun, 06 Nov 1994 08:49:37 GMT", "X-Two: a", "x-two:  b ", "X-Odd: \xe9", "X-None:"])


def do_once(sock, _, raw):
    """The next request on this connection finds it dead. What is asked at the same time gets another one."""
    sleep(100)
    answer(sock, b"hello")
    sock.recv(1, socket.MSG_PEEK)
    reset(sock)


def do_echo(sock, _, raw):
    answer(sock, raw)


def do_log(sock, _, raw):
    with lock:
        answer(sock, json.dumps({"log": log[:-1], "connections": connections, "peak": peak.get("20")}).encode())


def do_sleep(sock, ms, raw):
    sleep(ms)
    answer(sock, b"slept")


def do_die(sock, _, raw):
    reset(sock)


def do_close(sock, _, raw):
    sock.shutdown(socket.SHUT_RDWR)


def do_truncate(sock, _, raw):
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
    sock.shutdown(socket.SHUT_RDWR)


def do_big(sock, n, raw):
    answer(sock, b"x" * int(n))


def do_chunked(sock, n, raw):
    sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    left = int(n)
    while left:
        piece = min(left, 1 << 20)
        sock.sendall(b"%x\r\n" % piece + b"y" * piece + b"\r\n")
        left -= piece
    sock.sendall(b"0\r\n\r\n")


def do_headers(sock, n, raw):
    lines = ["X-Fill-%d: %s" % (i, "z" * 1000) for i in range(int(n) // 1000)]
    answer(sock, b"", headers=lines)


def do_header(sock, n, raw):
    answer(sock, b"", headers=["X-Long: " + "z" * int(n)])


def do_status(sock, n, raw):
    answer(sock, b"no", status=n + " Because")


def do_redirect(sock, _, raw):
    answer(sock, b"", status="302 Found", headers=["Location: /ok"])


def do_interim(sock, _, raw):
    sock.sendall(b"HTTP/1.1 103 Early Hints\r\nX-Early: yes\r\n\r\n")
    answer(sock, b"late", headers=["X-Late: yes"])


def do_html(sock, _, raw):
    sock.sendall(b"<html>no HTTP at all</html>")
    sock.shutdown(socket.SHUT_RDWR)


def serve(sock):
    global connections
    with lock:
        connections += 1
    try:
        f = sock.makefile("rb")
        while True:
            request = read_request(f)
            if request is None:
                break
            method, path, raw = request
            with lock:
                log.append(method + " " + path)
            name, _, arg = path[1:].partition("?")[0].partition("/")
            globals().get("do_" + name, do_echo)(sock, arg, raw)
    except OSError:
        pass
    finally:
        sock.close()


def listen(handle):
    server = socket.create_server(("127.0.0.1", 0), backlog=512)

    def loop():
        while True:
            sock, _ = server.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=handle, args=(sock,), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()
    return server.getsockname()[1]


def make_certificate(folder):
    pem = os.path.join(folder, "pem")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", pem + ".key", "-out", pem,
               "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return pem


def listen_tls(pem):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, pem + ".key")

    def handle(sock):
        try:
            wrapped = context.wrap_socket(sock, server_side=True)
        except (OSError, ssl.SSLError):
            sock.close()
            return
        serve(wrapped)

    return listen(handle)


def main():
    with tempfile.TemporaryDirectory() as folder:
        pem, tls_port = "-", 0
        if shutil.which("openssl"):
            pem = make_certificate(folder)
            tls_port = listen_tls(pem)
        print(listen(serve), listen(reset), tls_port, pem, flush=True)
        sys.stdin.read()


main()
