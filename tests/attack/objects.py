"""Git objects as nobody's git would write them: whatever a hostile remote may send."""

import hashlib
import os
import pathlib
import subprocess
import zlib

FILE, EXECUTABLE, LINK, SUBMODULE, FOLDER = b"100644", b"100755", b"120000", b"160000", b"40000"


class Objects:
    """A bare repository that is filled object by object."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        subprocess.run(("git", "init", "-q", "--bare", "-b", "main", self.folder), check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"})

    def put(self, kind, size, pieces):
        """Its id. `pieces` are made one by one, so that a test need not hold what slipway must not."""
        head = f"{kind} {size}\0".encode()
        digest, packer = hashlib.sha1(head), zlib.compressobj(1)
        packed = [packer.compress(head)]
        for piece in pieces:
            digest.update(piece)
            packed.append(packer.compress(piece))
        name = digest.hexdigest()
        file = self.folder / "objects" / name[:2] / name[2:]
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"".join(packed) + packer.flush())
        return name

    def blob(self, content):
        return self.put("blob", len(content), [content])

    def zeros(self, megabytes):
        return self.put("blob", megabytes << 20, (bytes(1 << 20) for _ in range(megabytes)))

    def tree(self, entries):
        """`entries`: name → (mode, id), or an id for a file, written in git's order."""
        entries = {name if isinstance(name, bytes) else name.encode(): entry for name, entry in entries.items()}
        entries = {name: entry if isinstance(entry, tuple) else (FILE, entry) for name, entry in entries.items()}
        order = sorted(entries, key=lambda name: name + (b"/" if entries[name][0] == FOLDER else b""))
        content = b"".join(entries[name][0] + b" " + name + b"\0" + bytes.fromhex(entries[name][1]) for name in order)
        return self.put("tree", len(content), [content])

    def commit(self, tree, ref="refs/heads/main"):
        content = f"tree {tree}\nauthor A <a@example.com> 1700000000 +0000\ncommitter A <a@example.com> 1700000000 +0000\n\nhostile\n".encode()
        name = self.put("commit", len(content), [content])
        file = self.folder / ref
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name + "\n")
        return name

    def image(self, manifest="image: one\nversion: 1\n", dockerfile="FROM scratch\nCOPY . /\n", **files):
        """A folder of an image; both may be ids."""
        texts = {"manifest.yml": manifest, "Dockerfile": dockerfile}
        entries = {name: text if is_id(text) else self.blob(text if isinstance(text, bytes) else text.encode()) for name, text in texts.items()}
        return self.tree({**entries, **files})

    def nested(self, tree, depth, name=b"a"):
        for _ in range(depth):
            tree = self.tree({name: (FOLDER, tree)})
        return tree

    def bomb(self, tree, width=10, depth=10):
        """Ten objects for ten thousand million paths."""
        for _ in range(depth):
            tree = self.tree({b"d%d" % number: (FOLDER, tree) for number in range(width)})
        return tree


def is_id(text):
    return isinstance(text, str) and len(text) == 40 and set(text) <= set("0123456789abcdef")
