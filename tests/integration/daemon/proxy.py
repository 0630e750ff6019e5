"""A reverse proxy: holds requests until a test lets them go; before a registry it remembers which manifests were put."""

import contextlib
import hashlib
import http.client
import http.server
import re
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


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self):
        proxy, body = self.server.proxy, self.read_body()
        try:
            proxy.pass_gates(self.command, self.path, False)
            status, headers, content = proxy.forward(self.command, self.path, self.headers, body)
            proxy.remember(self.command, self.path, body, status)
            proxy.pass_gates(self.command, self.path, True)
            self.reply(status, headers, content)
        except (OSError, http.client.HTTPException):
            self.close_connection = True  # as if there were no proxy between

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

    def reply(self, status, headers, content):
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        length = headers.get("Content-Length") if self.command == "HEAD" else len(content)
        if length is not None and status != 204:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(content)

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

    def pass_gates(self, method, path, after):
        for gate in list(self.gates):
            gate.hold(method, path, after)

    def forward(self, method, path, headers, body):
        sent = {name: value for name, value in headers.items() if name.lower() not in HOP_BY_HOP | {"expect"}}
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
        super().__init__(registry.port)

    def remember(self, method, path, body, status):
        found = re.fullmatch(r"/v2/(.+)/manifests/(.+)", path)
        if method == "PUT" and found and status == 201:
            self.put.append((f"{found[1]}:{found[2]}", "sha256:" + hashlib.sha256(body).hexdigest()))

    def digests_of(self, reference):
        return {digest for name, digest in self.put if name == reference}
