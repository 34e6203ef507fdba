"""A raw server between berth and the local AWS: it passes calls on, and does what it is told to with some of them."""
import http.client
import socket
import ssl
import threading
import urllib.parse


def _action(head, body):
    """"ecs.CreateCluster" as far as a request says; REST: "POST /v2/apis"."""
    line, *lines = head.decode("latin-1").split("\r\n")
    headers = {k.lower(): v.strip() for k, _, v in (text.partition(":") for text in lines)}
    if "x-amz-target" in headers:
        return headers["x-amz-target"].rpartition(".")[2]
    fields = urllib.parse.parse_qs(body.decode("latin-1"))
    if "Action" in fields:
        return fields["Action"][0]
    return " ".join(line.split(" ")[:2]).partition("?")[0]


class Wall:
    """
    `tricks` is {action: [trick, …]}: one for each call of that action, the last for all further ones. A trick gets
    (connection, ask): it writes what it likes and returns True to keep the connection; ask() passes the call on and
    returns the whole true answer. None stands for the true answer.
    """

    def __init__(self, sandbox, certificate=None):
        self.sandbox = urllib.parse.urlparse(sandbox).netloc
        self.tricks, self.seen, self.connections = {}, [], 0
        self._lock = threading.Lock()
        self._tls = None
        if certificate:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate, f"{certificate}.key")
        self._server = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._server.close()

    def count(self, action):
        return self.seen.count(action)

    def _accept(self):
        while True:
            try:
                sock, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        try:
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True)
            with sock, sock.makefile("rb") as lines:
                while self._one(sock, lines):
                    pass
        except OSError:
            sock.close()

    def _one(self, sock, lines):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = lines.readline()
            if not line:
                return False
            head += line
        size = next((int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length:")), 0)
        body = lines.read(size)
        action = _action(head.rstrip(), body)
        with self._lock:
            self.seen.append(action)
            tricks = self.tricks.get(action, self.tricks.get("*", [None]))
            trick = tricks.pop(0) if len(tricks) > 1 else tricks[0]

        def ask():
            return self._pass_on(head, body)

        if trick is None:
            sock.sendall(ask())
            return True
        return trick(sock, ask)

    def _pass_on(self, head, body):
        line, *lines = head.decode("latin-1").strip().split("\r\n")
        method, path, _ = line.split(" ")
        server = http.client.HTTPConnection(self.sandbox, timeout=60)
        server.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for text in lines:
            name, _, value = text.partition(":")
            server.putheader(name, value.strip())
        server.endheaders(body)
        answer = server.getresponse()
        content = answer.read()
        server.close()
        return b"".join([f"HTTP/1.1 {answer.status} {answer.reason}\r\n".encode(), *(
            f"{k}: {v}\r\n".encode() for k, v in answer.getheaders() if k.lower() != "connection"), b"\r\n", content])


# ---- tricks


def reply(body, status="200 OK", headers=(), length=None, asks=False):
    """This answer instead of the true one; after the deed if `asks`."""
    def trick(sock, ask):
        if asks:
            ask()
        head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
        sock.sendall("\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body)
        return length is None
    return trick


def changed(change, asks=True):
    """The true answer's body, changed by a function."""
    def trick(sock, ask):
        head, _, body = ask().partition(b"\r\n\r\n")
        body = change(body)
        lines = [h for h in head.split(b"\r\n") if not h.lower().startswith(b"content-length:")]
        sock.sendall(b"\r\n".join([*lines, b"Content-Length: %d" % len(body)]) + b"\r\n\r\n" + body)
        return True
    return trick


def raw(*pieces, asks=False):
    """These bytes, then the end of the connection."""
    def trick(sock, ask):
        if asks:
            ask()
        for piece in pieces:
            sock.sendall(piece)
        return False
    return trick


def flood(total, chunked=False, asks=False):
    """A body of so many bytes."""
    def trick(sock, ask):
        if asks:
            ask()
        piece = b" " * (1 << 20)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + (
            b"Transfer-Encoding: chunked\r\n\r\n" if chunked else b"Content-Length: %d\r\n\r\n" % total))
        for _ in range(total // len(piece)):
            sock.sendall(b"100000\r\n" + piece + b"\r\n" if chunked else piece)
        return False
    return trick


def interim(sock, ask):
    sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX-Early: yes\r\n\r\n" + ask())
    return True


def last_words(sock, ask):
    """The true answer, and the connection ends although nothing said so."""
    sock.sendall(ask())
    return False
