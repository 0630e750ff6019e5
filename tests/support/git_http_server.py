"""A Git remote over smart HTTP for tests: `git http-backend`, behind basic authentication if a token is given.

Takes a free port of 127.0.0.1 and prints it; ends when its standard input does. Each request is a line of the log: its path,
`token`, `wrong` or `none` for its credentials, and the status of the answer.
"""

import argparse
import base64
import http.server
import os
import ssl
import subprocess
import sys
import threading
import time

parser = argparse.ArgumentParser()
parser.add_argument("root", help="the folder that holds the repositories")
parser.add_argument("log")
parser.add_argument("--token", default="", help="the password of user oauth2")
parser.add_argument("--certificate", default="", help="a PEM file with key and certificate: serve https")
parser.add_argument("--status", type=int, default=0, help="answer everything with this status")
parser.add_argument("--location", default="", help="and with this address")
parser.add_argument("--drip", action="store_true", help="answer with a byte every 50 ms, for ever")
options = parser.parse_args()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one segment: else a body waits 40 ms for the head's acknowledgement

    def do_GET(self):
        self.answer(b"")

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, body):
        expected = base64.b64encode(f"oauth2:{options.token}".encode()).decode()
        given = self.headers.get("Authorization")
        credentials = "none" if given is None else "token" if given == f"Basic {expected}" else "wrong"
        if options.drip:
            self.drip()
        elif options.status:
            self.reply(credentials, options.status, {"Location": options.location} if options.location else {}, b"")
        elif options.token and credentials != "token":
            self.reply(credentials, 401, {"WWW-Authenticate": 'Basic realm="git"'}, b"")
        else:
            self.reply(credentials, *self.backend(body))

    def drip(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while True:
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.05)

    def backend(self, body):
        path, _, query = self.path.partition("?")
        environment = {
            **os.environ, "GIT_PROJECT_ROOT": options.root, "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
            "QUERY_STRING": query, "REQUEST_METHOD": self.command, "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
        }
        output = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True).stdout
        head, _, content = output.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        return int(headers.pop("Status", "200").split()[0]), headers, content

    def reply(self, credentials, status, headers, content):
        with open(options.log, "a", encoding="utf-8") as log:
            log.write(f"{self.path} {credentials} {status}\n")
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.handle_error = lambda *_: None
if options.certificate:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
