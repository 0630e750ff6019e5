"""Whom a registry lets in: anybody, who has a password or a token, or who trusts its certificate."""

import base64
import contextlib
import http.server
import json
import pathlib
import re
import ssl
import subprocess
import threading
import time
import urllib.parse
import uuid

USER, PASSWORD = "slipway", "secret-1"
# bcrypt of "secret-1"
USERS = "slipway:$2b$05$slipwayslipwayslipwayujH0V9u30zFLKR7PuSfJt3NspOjDpSSm\n"
BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


def openssl(*arguments, content=None):
    return subprocess.run(("openssl", *arguments), input=content, capture_output=True, check=True).stdout


class Open:
    """The base of the others."""

    host = "127.0.0.1"
    tls = None  # of the requests that a test makes itself

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def prepare(self, address):
        """What the registry's configuration says of it."""
        return {}

    def headers(self, path):
        """Of a request that a test makes itself."""
        return {}

    def of_slipway(self, address):
        """What slipway's configuration says of it."""
        return {}

    def close(self):
        pass


class Basic(Open):
    def prepare(self, address):
        (self.folder / "htpasswd").write_text(USERS)
        return {"auth": {"htpasswd": {"realm": "slipway", "path": str(self.folder / "htpasswd")}}}

    def headers(self, path):
        return {"Authorization": BASIC}

    def of_slipway(self, address):
        return {"registries": [{"host": address, "username": USER, "password": PASSWORD}]}


class Token(Open):
    """A token for a password, from a service beside the registry."""

    def __init__(self, folder):
        super().__init__(folder)
        self.service = TokenService(self.folder)

    def prepare(self, address):
        return {
            "auth": {
                "token": {
                    "realm": self.service.realm, "service": self.service.name, "issuer": self.service.issuer,
                    "rootcertbundle": str(self.service.certificate),
                }
            }
        }

    def headers(self, path):
        found = re.match(r"/v2/(.+)/(?:manifests|blobs|tags)/", path)
        scope = f"repository:{found[1]}:pull,push" if found else "registry:catalog:*"
        return {"Authorization": f"Bearer {self.service.sign([scope], 60)}"}

    def of_slipway(self, address):
        return {"users": {address: f"{USER}:{PASSWORD}"}}

    def close(self):
        self.service.close()


class Tls(Open):
    """On an address that is not the loopback's, which engines would take without a certificate."""

    trusted = pathlib.Path("/etc/docker/certs.d")

    def __init__(self, folder):
        super().__init__(folder)
        self.host = own_address()
        self.authority = self.folder / "ca.crt"
        self.made = []  # of what the engines read

    def prepare(self, address):
        make_authority(self.folder)
        key, certificate = self.folder / "server.key", self.folder / "server.crt"
        openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-keyout", key,
            "-out", certificate, "-CA", self.authority, "-CAkey", self.folder / "ca.key", "-subj", "/CN=registry",
            "-addext", f"subjectAltName=IP:{self.host}", "-addext", "basicConstraints=critical,CA:FALSE",
        )
        self.tls = ssl.create_default_context(cafile=self.authority)
        self.tell_engines(address)
        return {"http": {"tls": {"certificate": str(certificate), "key": str(key)}}}

    def tell_engines(self, address):
        folder = self.trusted / address
        self.made = [place for place in (self.trusted, folder) if not place.exists()]
        folder.mkdir(parents=True)
        (folder / "ca.crt").write_bytes(self.authority.read_bytes())
        self.made.append(folder / "ca.crt")

    def of_slipway(self, address):
        return {"registries": [{"host": address, "ca_file": str(self.authority)}]}

    def close(self):
        for place in reversed(self.made):
            with contextlib.suppress(OSError):  # other tests have theirs there
                place.rmdir() if place.is_dir() else place.unlink()
        self.made = []


def make_authority(folder):
    """The path of its certificate."""
    openssl(
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-keyout", folder / "ca.key", "-out", folder / "ca.crt", "-subj", f"/CN=an authority {uuid.uuid4()}",
    )
    return folder / "ca.crt"


def own_address():
    """One of this machine that is not on its loopback; None where there is none."""
    listed = subprocess.run(("ip", "-j", "-4", "address", "show", "scope", "global", "up"), capture_output=True, check=True).stdout
    addresses = [address["local"] for link in json.loads(listed) for address in link.get("addr_info", [])]
    return addresses[0] if addresses else None


# --- tokens (distribution.github.io/distribution/spec/auth)


def base64url(data):
    if isinstance(data, dict):
        data = json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class TokenHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        self.answer(asked, self.headers.get("Authorization") == BASIC)

    def do_POST(self):
        """As newer engines ask."""
        asked = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.answer(asked, (asked.get("username"), asked.get("password")) == ([USER], [PASSWORD]))

    def answer(self, asked, is_known):
        if is_known:
            scopes = [scope for listed in asked.get("scope", []) for scope in listed.split(" ")]
            self.reply(200, self.server.service.answer(scopes))
        else:
            self.reply(401, {"errors": [{"code": "UNAUTHORIZED", "message": "incorrect username or password"}]})

    def reply(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class TokenService:
    """`lives`: a scope's actions → for how many seconds the registry takes its tokens, whatever they are said to live."""

    name, issuer = "the registry", "the token service"
    leeway = 60  # a registry takes a token for as long after its end
    said_to_live = 300

    def __init__(self, folder):
        self.key, self.certificate = folder / "token.key", folder / "token.crt"
        openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", self.key, "-out", self.certificate,
            "-subj", "/CN=token service",
        )
        self.lives = {}
        self.issued = []  # (scope, token)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), TokenHandler)
        self.server.service = self
        self.realm = f"http://127.0.0.1:{self.server.server_address[1]}/token"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, scopes):
        actions = scopes[0].rpartition(":")[2] if scopes else ""
        token = self.sign(scopes, self.lives.get(actions, self.said_to_live))
        self.issued += [(scope, token) for scope in scopes]
        return {"token": token, "access_token": token, "expires_in": self.said_to_live}

    def issued_for(self, scope):
        return [token for issued, token in self.issued if issued == scope]

    def sign(self, scopes, seconds):
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": USER, "aud": self.name, "jti": str(uuid.uuid4()), "iat": now - 120, "nbf": now - 120,
            "exp": now + seconds - self.leeway, "access": [self.access(scope) for scope in scopes],
        }
        signed = base64url({"typ": "JWT", "alg": "RS256", "x5c": [self.encoded_certificate()]}) + "." + base64url(claims)
        return f"{signed}.{base64url(openssl('dgst', '-sha256', '-sign', self.key, content=signed.encode()))}"

    def encoded_certificate(self):
        return "".join(line for line in self.certificate.read_text().splitlines() if not line.startswith("-----"))

    @staticmethod
    def access(scope):
        kind, name, actions = scope.split(":")
        return {"type": kind, "name": name, "actions": actions.split(",")}
