"""Between two parts: passes bytes on until a test freezes it. Then connections stay and nothing moves, as where a network is split."""

import contextlib
import os
import socket
import threading


class Wire:
    """`upstream`: a path or (host, port). Its own `address` is of the same kind; `path`: where it is a path."""

    def __init__(self, upstream, path=None):
        self.upstream = upstream
        self.moving, self.closed = threading.Event(), False
        self.moving.set()
        self.sockets, self.accepted = set(), 0
        if path:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(str(path))
            self.address = os.fspath(path)
        else:
            self.listener = socket.socket()
            self.listener.bind(("127.0.0.1", 0))
            self.address = self.listener.getsockname()
        self.listener.listen(128)
        threading.Thread(target=self.accept, daemon=True).start()

    def freeze(self):
        self.moving.clear()

    def thaw(self):
        self.moving.set()

    def cut(self):
        """Ends the connections that there are."""
        for one in list(self.sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.closed = True
        self.thaw()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()

    def accept(self):
        with contextlib.suppress(OSError):  # it was closed
            while True:
                client, _ = self.listener.accept()
                self.accepted += 1
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        """Connects only while it moves, so that what comes meanwhile is half open."""
        self.moving.wait()
        family = socket.AF_INET if isinstance(self.upstream, tuple) else socket.AF_UNIX
        with client, socket.socket(family) as server, contextlib.suppress(OSError):
            server.connect(self.upstream)
            self.sockets |= {client, server}
            back = threading.Thread(target=self.pass_on, args=(server, client), daemon=True)
            back.start()
            self.pass_on(client, server)
            back.join()
        self.sockets -= {client, server}

    def pass_on(self, source, target):
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                self.moving.wait()
                target.sendall(piece)
        with contextlib.suppress(OSError):
            self.moving.wait()
            target.shutdown(socket.SHUT_WR)
