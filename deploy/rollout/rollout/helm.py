"""Helm as a program: what is installed, and an upgrade to a digest that is taken back where it fails.

Every call has a deadline, and ends with this process however that ends.
"""

import asyncio
import json
import re

LOOK_SECONDS = 60
KEPT_BYTES = 16384  # of what helm says: its last words tell why


class Unready(Exception):
    """Nothing was changed; it may be tried again."""


class Failed(Exception):
    """The upgrade failed."""


async def run(*arguments, seconds):
    """Returns exit code (None where the deadline came first), standard output and the end of standard error."""
    command = ("setpriv", "--pdeathsig", "KILL", "helm", *arguments)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe, start_new_session=True
    )
    texts = asyncio.gather(read_end(process.stdout), read_end(process.stderr))
    try:
        await asyncio.wait_for(process.wait(), seconds)
        code = process.returncode
    except asyncio.TimeoutError:
        code = None
    finally:
        await stop(process)
    out, err = await texts
    return code, out, err


async def stop(process):
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), 10)
    except asyncio.TimeoutError:
        process.kill()
        await process.wait()


async def read_end(stream):
    kept = b""
    while piece := await stream.read(KEPT_BYTES):
        kept = (kept + piece)[-KEPT_BYTES:]
    return kept.decode(errors="replace")


async def ask(*arguments):
    code, out, err = await run(*arguments, seconds=LOOK_SECONDS)
    if code != 0:
        raise Unready(f"helm {arguments[0]} {arguments[1]}: {words(code, err)}")
    try:
        return json.loads(out)
    except ValueError:
        raise Unready(f"helm {arguments[0]} {arguments[1]}: its answer is no JSON") from None


def words(code, err):
    """The last of what it said, one line."""
    said = " ".join(err.split())[-1000:]
    return said or ("it did not end in time" if code is None else f"it ended with {code} and said nothing")


async def installed(release):
    """Its newest revision: name, chart, version of the chart, revision, status."""
    try:
        return await ask("get", "metadata", release.name, "--namespace", release.namespace, "--output", "json")
    except Unready as error:
        hint = ": install it first, by deploy/release" if "not found" in str(error) else ""
        raise Unready(str(error) + hint) from None


async def digest(release):
    """What it was installed with; empty where a tag decides."""
    values = await ask("get", "values", release.name, "--namespace", release.namespace, "--output", "json")
    return ((values or {}).get("image") or {}).get("digest", "")


async def check_chart(release, metadata):
    """An older chart here would take back what the release has."""
    code, out, err = await run("show", "chart", release.chart, seconds=LOOK_SECONDS)
    ours = re.search(r"(?m)^version: *[\"']?([^\s\"']+)", out)
    if code != 0 or not ours:
        raise Unready(f"helm show chart {release.chart}: {words(code, err)}")
    if ours[1] != metadata["version"]:
        raise Unready(f"the release has version {metadata['version']} of its chart, {release.chart} is {ours[1]}: bring that up to date")


async def take_back(release):
    """Ends what a helm that was killed left half done. Returns the revision that is back."""
    name, namespace = release.name, ("--namespace", release.namespace)
    history = await ask("history", name, *namespace, "--max", "20", "--output", "json")
    good = [entry["revision"] for entry in history if entry["status"] == "deployed"]
    good = good or [entry["revision"] for entry in history if entry["status"] == "superseded"]
    if not good:
        raise Unready("no revision ever ran: mend the release, then install it by deploy/release")
    limit = ("--wait", "--timeout", f"{release.timeout}s")
    code, _, err = await run("rollback", name, str(max(good)), *namespace, *limit, seconds=release.timeout + 60)
    if code != 0:
        raise Unready(f"helm rollback {name} {max(good)}: {words(code, err)}")
    return max(good)


async def atomic_flag():
    code, out, err = await run("version", "--short", seconds=LOOK_SECONDS)
    version = re.match(r"v(\d+)", out)
    if code != 0 or not version:
        raise Unready(f"helm version: {words(code, err)}")
    return "--atomic" if int(version[1]) < 4 else "--rollback-on-failure"


async def upgrade(release, wanted):
    values = [argument for key, value in release.set.items() for argument in ("--set", f"{key}={value}")]
    values += ["--set-string", f"image.digest={wanted}"]
    limits = (await atomic_flag(), "--wait", "--timeout", f"{release.timeout}s", "--history-max", "10")
    code, _, err = await run(
        "upgrade", release.name, release.chart, "--namespace", release.namespace, "--reset-then-reuse-values", *limits, *values,
        seconds=2 * release.timeout + 60,
    )
    if code != 0 and "another operation" in err:
        raise Unready(words(code, err))
    if code != 0:
        raise Failed(words(code, err))
