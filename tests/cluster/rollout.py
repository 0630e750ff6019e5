"""Who watches that a Service answers while what is behind it changes."""

import gzip
import http.client
import io
import tarfile
import threading
import time

from cluster import Failure, ask


class Watch:
    """Asks for a path about ten times a second for as long as it is open."""

    def __init__(self, address, port, path):
        self.place = (address, port, "GET", path)
        self.asked, self.failed = 0, []
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.work, daemon=True)

    def __enter__(self):
        self.began = time.monotonic()
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join(30)

    def work(self):
        while not self.done.wait(0.1):
            self.asked += 1
            try:
                status = ask(*self.place, seconds=10).status
            except (OSError, http.client.HTTPException) as error:
                status = type(error).__name__
            if status != 200:
                self.failed.append((round(time.monotonic() - self.began, 1), status))

    def expect_no_gap(self):
        if self.failed:
            raise Failure(f"of {self.asked} requests {len(self.failed)} had no answer (second, what): {self.failed[:10]}")
        return f"{self.asked} of {self.asked} requests were answered"


def only_file(layer):
    """The text of a layer's one file."""
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(layer))) as archive:
        entry = next(entry for entry in archive if entry.isfile())
        return archive.extractfile(entry).read().decode()
