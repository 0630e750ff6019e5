"""The configuration, a JSON file. README.md describes the keys."""

import dataclasses
import json
import pathlib
import re

from .signature import read_key


class Wrong(Exception):
    """What is wrong with the file, in words."""


@dataclasses.dataclass(frozen=True)
class Release:
    name: str
    chart: str  # a folder or a package
    image: str  # registry and path, without a tag
    namespace: str = "default"
    ref: str = ""  # of pushes to this branch alone; empty: any
    timeout: int = 600  # seconds for an upgrade, and as many for its rollback
    set: dict = dataclasses.field(default_factory=dict)  # further values


@dataclasses.dataclass(frozen=True)
class Config:
    releases: tuple
    keys: tuple
    host: str
    port: int
    state: str


def load(path):
    """Reads the file and the keys that it names."""
    try:
        return parse(json.loads(pathlib.Path(path).read_text(encoding="utf-8")))
    except (OSError, ValueError, Wrong) as error:
        raise Wrong(f"reading {path}: {error}") from None


def parse(root):
    take(root, "the file", {"listen", "state", "signing_key_files", "releases"})
    host, _, port = root.get("listen", "127.0.0.1:8080").rpartition(":")
    files = root.get("signing_key_files", [])
    releases = tuple(parse_release(entry) for entry in root.get("releases", []))
    if not host or not port.isdigit() or not files or not releases or "state" not in root:
        raise Wrong("'listen' is HOST:PORT; 'state', 'signing_key_files' and 'releases' are wanted")
    names = [release.name for release in releases]
    if len(set(names)) != len(names):
        raise Wrong("two releases have the same name")
    return Config(releases, tuple(read_key_file(file) for file in files), host, int(port), root["state"])


def parse_release(entry):
    fields = {field.name for field in dataclasses.fields(Release)}
    take(entry, "a release", fields)
    missing = {"name", "chart", "image"} - entry.keys()
    if missing:
        raise Wrong(f"a release wants {', '.join(sorted(missing))}")
    release = Release(**entry)
    if not re.fullmatch(r"[a-z0-9]([-.a-z0-9]*[a-z0-9])?", release.name):
        raise Wrong(f"'{release.name}' is no name of a release")
    if "@" in release.image or repository_of(release.image) != release.image:
        raise Wrong(f"image '{release.image}' of {release.name} has a tag or a digest: leave it out")
    if not isinstance(release.timeout, int) or release.timeout < 1:
        raise Wrong(f"timeout of {release.name} is a number of seconds")
    return release


def repository_of(reference):
    """`host:5000/team/web` of `host:5000/team/web:1.0`."""
    name, colon, tag = reference.rpartition(":")
    return name if colon and "/" not in tag else reference


def read_key_file(file):
    try:
        return read_key(pathlib.Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Wrong(f"{file}: {error}") from None


def take(entry, what, known):
    if not isinstance(entry, dict):
        raise Wrong(f"{what} is no object")
    unknown = sorted(entry.keys() - known)
    if unknown:
        raise Wrong(f"{what} has no key '{unknown[0]}'; there are {', '.join(sorted(known))}")
