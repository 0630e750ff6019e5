"""An engine and a registry in one, in memory: what is built is there at once. For tests of what is decided, with more builds than real ones have time for."""

import contextlib
import hashlib
import http.server
import io
import json
import re
import socketserver
import tarfile
import threading
import urllib.parse


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 128


class TcpServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128


class StandIn:
    """Builds fail whose context's text.txt begins with `fails`, and wait while `opened` is not set. The next `refusals` pushes find the
    registry overloaded."""

    def __init__(self, socket_path):
        self.names = {}  # in the engine: reference → image id
        self.manifests = {}  # in the registry: (name, tag or digest) → manifest
        self.builds = []  # the references of each
        self.refusals = 0
        self.opened = threading.Event()
        self.opened.set()
        self.engine = f"unix://{socket_path}"
        servers = (UnixServer(str(socket_path), self.handler(EngineHandler)), TcpServer(("127.0.0.1", 0), self.handler(RegistryHandler)))
        self.registry = "127.0.0.1:%d" % servers[1].server_address[1]
        self.servers = servers
        for server in servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def handler(self, kind):
        return type(kind.__name__, (kind,), {"world": self})

    def close(self):
        self.opened.set()
        for server in self.servers:
            server.shutdown()
            server.server_close()

    def push(self, name, tag):
        image = self.names[f"{name}:{tag}"]
        manifest = json.dumps({"schemaVersion": 2, "config": {"digest": image}}).encode()
        path = name.partition("/")[2]
        for reference in (tag, digest_of(manifest)):
            self.manifests[path, reference] = manifest
        return digest_of(manifest)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    world = None

    def address_string(self):
        return "local"

    def log_message(self, *_):
        pass

    def setup(self):
        super().setup()
        self.close_connection = True

    def body(self):
        if self.headers.get("Transfer-Encoding", "") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        whole = b""
        while size := int(self.rfile.readline(), 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    def reply(self, status, body=b"", headers=()):
        body = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
        self.send_response(status)
        for name, value in (("Content-Type", "application/json"), *headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def stream(self, *lines):
        self.reply(200, b"".join(json.dumps(line).encode() + b"\r\n" for line in lines))

    def handle_one_request(self):
        with contextlib.suppress(ConnectionError, ValueError):  # a body that is cut ends in no size
            super().handle_one_request()


class EngineHandler(Handler):
    def do_GET(self):
        path = urllib.parse.unquote(self.path.partition("?")[0])
        if path == "/_ping":
            return self.reply(200, b"OK", (("API-Version", "1.41"), ("Builder-Version", "1")))
        if path == "/version":
            return self.reply(200, {"ApiVersion": "1.41", "MinAPIVersion": "1.12", "Version": "20.10.0", "Os": "linux"})
        image = re.fullmatch(r"/v1\.41/images/(.+)/json", path)
        found = image and self.world.names.get(image[1], image[1] if image[1] in self.world.names.values() else None)
        if found:
            return self.reply(200, {"Id": found, "Config": {"Labels": {}}})
        return self.reply(404, {"message": "No such image"})

    def do_HEAD(self):
        self.do_GET()

    def do_POST(self):
        split = urllib.parse.urlsplit(self.path)
        path, query = urllib.parse.unquote(split.path), urllib.parse.parse_qs(split.query)
        body = self.body()
        if path == "/v1.41/build":
            return self.build(body, query["t"])
        if path == "/v1.41/images/create":
            name, reference = query["fromImage"][0], query["tag"][0]
            return self.pull(name, reference)
        if tagged := re.fullmatch(r"/v1\.41/images/(.+)/tag", path):
            known = self.world.names.get(tagged[1], tagged[1])
            self.world.names[f"{query['repo'][0]}:{query['tag'][0]}"] = known
            return self.reply(201)
        if pushed := re.fullmatch(r"/v1\.41/images/(.+)/push", path):
            if self.world.refusals > 0:
                self.world.refusals -= 1
                message = "received unexpected HTTP status: 503 Service Unavailable"
                return self.stream({"errorDetail": {"message": message}, "error": message})
            digest = self.world.push(pushed[1], query["tag"][0])
            return self.stream({"aux": {"Tag": query["tag"][0], "Digest": digest, "Size": 1}})
        return self.reply(404, {"message": f"the stand-in knows no POST {path}"})

    def do_DELETE(self):
        self.reply(200, [])

    def build(self, context, names):
        self.world.builds.append(names)
        self.world.opened.wait(120)
        with tarfile.open(fileobj=io.BytesIO(context)) as tar:
            files = {entry.name: tar.extractfile(entry).read() for entry in tar if entry.isreg()}
        if files["text.txt"].startswith(b"fails"):
            message = "The command '/bin/sh' returned a non-zero code: 2"
            return self.stream({"errorDetail": {"code": 2, "message": message}, "error": message})
        image = digest_of(json.dumps({name: digest_of(text) for name, text in sorted(files.items())}).encode())
        for name in names:
            self.world.names[name] = image
        return self.stream({"stream": "Step 1/1 : all of it\n"}, {"aux": {"ID": image}})

    def pull(self, name, reference):
        manifest = self.world.manifests.get((name.partition("/")[2], reference))
        if manifest is None:
            return self.reply(404, {"message": f"manifest for {name}:{reference} not found"})
        self.world.names[f"{name}{'@' if ':' in reference else ':'}{reference}"] = json.loads(manifest)["config"]["digest"]
        return self.stream({"status": "Pull complete"})


class RegistryHandler(Handler):
    KIND = "application/vnd.docker.distribution.manifest.v2+json"

    def do_GET(self):
        asked = re.fullmatch(r"/v2/(.+)/manifests/(.+)", urllib.parse.unquote(self.path))
        manifest = asked and self.world.manifests.get((asked[1], asked[2]))
        if manifest:
            return self.reply(200, manifest, (("Content-Type", self.KIND), ("Docker-Content-Digest", digest_of(manifest))))
        return self.reply(200 if self.path == "/v2/" else 404, {"errors": []})

    def do_HEAD(self):
        self.do_GET()

    def do_PUT(self):
        asked = re.fullmatch(r"/v2/(.+)/manifests/(.+)", urllib.parse.unquote(self.path))
        manifest = self.body()
        self.world.manifests[asked[1], asked[2]] = manifest
        self.reply(201, b"", (("Docker-Content-Digest", digest_of(manifest)),))
