"""Helm as a program: a deadline that ends it, an end of its words that is kept."""

import asyncio
import os
import time

import pytest

from rollout import helm


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A helm of these lines."""

    def write(lines):
        file = tmp_path / "helm"
        file.write_text(f"#!/bin/bash\n{lines}\n")
        file.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    return write


def run(seconds=30):
    return asyncio.run(helm.run("version", seconds=seconds))


def test_one_that_does_not_end_is_ended(program, tmp_path):
    program(f"echo $$ >{tmp_path}/pid; echo half done >&2; exec tail -f /dev/null")
    began = time.monotonic()
    code, _, err = run(seconds=1)
    assert (code, time.monotonic() - began < 20) == (None, True)
    assert helm.words(code, err) == "half done"
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    assert helm.words(None, "") == "it did not end in time"


def test_the_end_of_many_words_is_kept(program):
    program("head -c 3000000 /dev/zero | tr '\\0' x >&2; echo the end >&2; exit 3")
    code, _, err = run()
    assert (code, len(err) <= helm.KEPT_BYTES, err.endswith("the end\n")) == (3, True, True)
    assert len(helm.words(code, err)) == 1000
