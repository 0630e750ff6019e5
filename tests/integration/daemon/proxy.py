"""A reverse proxy: holds requests until a test lets them go, or does not serve them well; before a registry it remembers which
manifests were put, and may have a password of its own."""

import base64
import contextlib
import hashlib
import http.client
import http.server
import json
import os
import re
import socket
import struct
import threading

HOP_BY_HOP = {"connection", "content-length", "keep-alive", "transfer-encoding"}


class Gate:
    """Holds what fits until it is opened; `reached` is set by the first that waits."""

    def __init__(self, method, path, after):
        self.method, self.path, self.after = method, re.compile(path), after
        self.reached, self.opened = threading.Event(), threading.Event()

    def hold(self, method, path, after):
        if method == self.method and after == self.after and self.path.search(path):
            self.reached.set()
            self.opened.wait(120)


class Fault:
    """Spoils the first `times` requests that fit, all of them where that is None; `hits` counts them."""

    def __init__(self, method, path, act, times):
        self.method, self.path, self.act, self.times = re.compile(method), re.compile(path), act, times
        self.hits = 0
        self.lock = threading.Lock()

    def strikes(self, method, path):
        if not self.method.fullmatch(method) or not self.path.search(path):
            return False
        with self.lock:
            if self.times is not None and self.hits >= self.times:
                return False
            self.hits += 1
            return True

    def end(self):
        self.times = 0


def refuse(status, code="UNKNOWN", **headers):
    """An answer that the registry has no part in."""
    body = json.dumps({"errors": [{"code": code, "message": f"the stand-in says {status}"}]}).encode()
    sent = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return lambda handler, forward: handler.reply(status, sent, body)


def reset(handler, forward):
    handler.reset()


def lose_answer(handler, forward):
    """The registry does what was asked, and nobody is told."""
    forward()
    handler.reset()


def cut_body(handler, forward):
    status, headers, content = forward()
    handler.reply(status, headers, content, sent=len(content) // 2)
    handler.close_connection = True


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_one_request(self):
        if self.rfile.peek(1)[:1] == b"\x16":  # an engine tries TLS first; from this answer it knows better
            self.wfile.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
            self.close_connection = True
        else:
            super().handle_one_request()

    def handle_any(self):
        proxy, body = self.server.proxy, self.read_body()
        try:
            act = proxy.spoils(self.command, self.path, self.headers)
            if act:
                act(self, lambda: self.forward(body))
            else:
                self.reply(*self.forward(body))
        except (OSError, http.client.HTTPException):
            self.close_connection = True  # as if there were no proxy between

    def forward(self, body):
        proxy = self.server.proxy
        proxy.pass_gates(self.command, self.path, False)
        status, headers, content = proxy.forward(self.command, self.path, self.headers, body)
        proxy.remember(self.command, self.path, body, status)
        proxy.pass_gates(self.command, self.path, True)
        return status, headers, content

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def read_body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        pieces = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def reply(self, status, headers, content, sent=None):
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        length = headers.get("Content-Length") if self.command == "HEAD" else len(content)
        if length is not None and status != 204:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[:sent])

    def reset(self):
        """Closes so that the other side gets an error and not an end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())
        self.close_connection = True

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, *_):
        pass


class Proxy:
    """`upstream`: the port behind it; may be changed at any time."""

    def __init__(self, upstream):
        self.upstream = upstream
        self.gates = []
        self.faults = []
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.proxy = self
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        for gate in self.gates:
            gate.opened.set()
        self.server.shutdown()
        self.server.server_close()

    def gate(self, method, path, after=False):
        """`after`: holds the answer, when the registry has done what was asked."""
        gate = Gate(method, path, after)
        self.gates.append(gate)
        return gate

    def fail(self, method, path, act, times=None):
        fault = Fault(method, path, act, times)
        self.faults.append(fault)
        return fault

    def spoils(self, method, path, headers):
        """What to do in place of an answer."""
        return next((fault.act for fault in self.faults if fault.strikes(method, path)), None)

    def pass_gates(self, method, path, after):
        for gate in list(self.gates):
            gate.hold(method, path, after)

    def forward(self, method, path, headers, body):
        dropped = HOP_BY_HOP | {"expect"}
        sent = {name: ", ".join(headers.get_all(name)) for name in headers.keys() if name.lower() not in dropped}
        if body or method in ("POST", "PUT", "PATCH"):
            sent["Content-Length"] = str(len(body))
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=60)) as connection:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            return response.status, response.headers, response.read()

    def remember(self, method, path, body, status):
        pass


class RegistryProxy(Proxy):
    def __init__(self, registry):
        self.put = []  # (reference, digest) of every manifest that the registry took
        self.traces = []  # (user agent, traceparent) of every request
        self.login = None  # name:password that it wants from now on
        super().__init__(registry.port)

    def spoils(self, method, path, headers):
        self.traces.append((headers.get("User-Agent"), headers.get("traceparent")))
        if self.login and headers.get("Authorization") != "Basic " + base64.b64encode(self.login.encode()).decode():
            return refuse(401, "UNAUTHORIZED", WWW_Authenticate='Basic realm="stand-in"')
        return super().spoils(method, path, headers)

    def remember(self, method, path, body, status):
        found = re.fullmatch(r"/v2/(.+)/manifests/(.+)", path)
        if method == "PUT" and found and status == 201:
            self.put.append((f"{found[1]}:{found[2]}", "sha256:" + hashlib.sha256(body).hexdigest()))

    def digests_of(self, reference):
        return {digest for name, digest in self.put if name == reference}
