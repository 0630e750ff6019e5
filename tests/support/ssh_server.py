"""An OpenSSH server for tests: one `sshd -i` per connection, so that the port can be a free one and no daemon stays behind.

Takes a free port of 127.0.0.1 and prints it; ends when its standard input does.
"""

import socketserver
import subprocess
import sys
import threading

sshd, config = sys.argv[1:]


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        subprocess.run(
            [sshd, "-i", "-f", config], stdin=self.request, stdout=self.request, stderr=subprocess.DEVNULL, check=False
        )


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
