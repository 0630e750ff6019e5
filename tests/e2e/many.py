"""Fills a store by hand: more images and a longer log than a test could wait for, with what a busy year leaves behind."""

import hashlib
import json
import sqlite3

GROUPS = ("platform", "data", "web", "tools")
PUSHED, FAILED = 5, 7  # of a step
BUILD_SUCCEEDED, BUILD_FAILED = 2, 3
BUILDS = 10
HOUR = 3_600_000


def folder_of(number):
    return f"{GROUPS[number % 4]}/image-{number:04}"


def hex_of(text):
    return hashlib.sha256(text.encode()).hexdigest()


def fill(file, registry, images, lines, now):
    """`file`: of a daemon that is stopped. Ten builds of all images, the newest with a long log, and a ledger. `now` in milliseconds."""
    with sqlite3.connect(file) as store:
        for build in range(1, BUILDS + 1):
            add_build(store, build, registry, images, now - (BUILDS - build + 1) * 9 * HOUR)
        store.executemany(insert("ledger", LEDGER), (entry(number, registry, now) for number in range(images)))
        add_log(store, lines)


def insert(table, columns):
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def add_build(store, build, registry, images, begun):
    after = hex_of(f"commit {build}")[:40]
    state = BUILD_FAILED if build == BUILDS else BUILD_SUCCEEDED
    row = (build, "images", "refs/heads/main", "0" * 40, after, 1, "[]", state, "", begun, begun, begun + HOUR, "", "{}", 1)
    store.execute(insert("builds", BUILD), row)
    store.executemany(insert("steps", STEP), (step(build, number, registry, begun) for number in range(images)))
    if build == BUILDS:
        rows = (("images", folder_of(number), build, number) for number in range(images))
        store.executemany("INSERT INTO images (repository, folder, build, position) VALUES (?, ?, ?, ?)", rows)


BUILD = ("id", "repository", "ref", "before", "after", "trigger_kind", "folders", "state", "request_key", "created", "started", "finished",
         "error", "plan", "planned")
STEP = ("build", "position", "folder", "image", "reference_names", "needs", "reasons", "push", "state", "attempts", "image_id", "digests",
        "error", "note", "started", "built", "finished", "engine")
LEDGER = ("repository", "ref", "folder", "image", "reference_names", "digests", "commit_id", "tree", "input_id", "bases", "build",
          "pushed", "owed_since", "owed_why", "owed_commit", "owed_tree", "owed_build", "owed_moved", "removed", "moved_to")


def step(build, number, registry, begun):
    image = f"{registry}/{folder_of(number)}:1.{number % 30}"
    took = 4000 + int(hex_of(f"{number}")[:4], 16) + int(hex_of(f"{number} {build}")[:3], 16) * 6
    state = FAILED if build == BUILDS and number == 0 else PUSHED
    digests = {image: "sha256:" + hex_of(f"{image} {build}")} if state == PUSHED else {}
    reasons = [{"kind": "changed", "paths": [folder_of(number) + "/Dockerfile"], "more_paths": 0}]
    return (build, number, folder_of(number), image, json.dumps([image]), "[]", json.dumps(reasons), 1, state, 1, "sha256:" + hex_of(image),
            json.dumps(digests), "exit code 2" if state == FAILED else "", "", begun, begun + took, begun + took + 900, "local")


def entry(number, registry, now):
    image = f"{registry}/{folder_of(number)}:1.{number % 30}"
    is_owed, commit = number % 97 == 0, hex_of("commit 10")[:40]
    owed = (now - 5 * HOUR, f"failed in build {BUILDS}: exit code 2", commit, hex_of("t")[:40], BUILDS, "") if is_owed else (None, "", "", "", 0, "")
    removed = now - 48 * HOUR if number % 211 == 5 else None
    return ("images", "refs/heads/main", folder_of(number), image, json.dumps([image]), json.dumps({image: "sha256:" + hex_of(image)}),
            commit, hex_of(f"tree {number}")[:40], hex_of(f"input {number}"), "{}", BUILDS, now - (number % 400) * HOUR, *owed, removed, "")


def add_log(store, lines):
    """The failed step's: colours, and its error in the middle."""
    first, piece = 0, []
    for number in range(1, lines + 1):
        if number == lines - 20:
            piece.append("src/main.c:42:7: \x1b[1;31merror:\x1b[0m 'frobnicate' undeclared")
        else:
            colour = 31 + number % 6
            piece.append(f"#9 {number / 100:.2f} \x1b[{colour}mcompiling\x1b[0m part_{number:06}.c")
        if number % 5000 == 0 or number == lines:
            text = ("\n".join(piece) + "\n").encode()
            store.execute("INSERT INTO step_logs (build, position, first_byte, bytes) VALUES (?, 0, ?, ?)", (BUILDS, first, text))
            first, piece = first + len(text), []
    end = b"ERROR: process \"/bin/sh -c make\" did not complete successfully: exit code: 2\n"
    store.execute("INSERT INTO step_logs (build, position, first_byte, bytes) VALUES (?, 0, ?, ?)", (BUILDS, first, end))
