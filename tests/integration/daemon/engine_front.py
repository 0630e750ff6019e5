"""Before an engine's socket: holds a build in the middle of its context."""

import contextlib
import pathlib
import socket
import threading


class EngineFront:
    """`reached` is set when a connection has sent `size` bytes; it sends no more until `opened` is."""

    def __init__(self, socket_path, engine, size):
        self.engine, self.size = engine.removeprefix("unix://"), size
        self.address = f"unix://{pathlib.Path(socket_path)}"
        self.reached, self.opened = threading.Event(), threading.Event()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(socket_path))
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.opened.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def accept(self):
        with contextlib.suppress(OSError):  # it was closed
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client, socket.socket(socket.AF_UNIX) as engine, contextlib.suppress(OSError):
            engine.connect(self.engine)
            back = threading.Thread(target=self.pass_back, args=(engine, client), daemon=True)
            back.start()
            self.pass_on(client, engine)
            back.join()

    def pass_on(self, client, engine):
        sent = 0
        with contextlib.suppress(OSError):
            while piece := client.recv(65536):
                if sent >= self.size:
                    self.reached.set()
                    self.opened.wait(120)
                engine.sendall(piece)
                sent += len(piece)
            engine.shutdown(socket.SHUT_WR)

    @staticmethod
    def pass_back(engine, client):
        """The end of the engine is the client's at once, whatever it was about to send."""
        with contextlib.suppress(OSError):
            while piece := engine.recv(65536):
                client.sendall(piece)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)
