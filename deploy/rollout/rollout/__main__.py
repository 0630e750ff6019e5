"""python3 -m rollout CONFIG"""

import argparse
import asyncio
import fcntl
import logging
import os
import shutil
import signal
import sys

from aiohttp import web

from . import config as configuration
from .server import Server
from .wishes import Wishes
from .worker import Worker

GRACE = 45  # seconds that a running helm is waited for at the end; what it has not done by then the next start takes back and repeats


def main():
    parser = argparse.ArgumentParser(prog="rollout", description="Rolls out by Helm what slipway has pushed.")
    parser.add_argument("config", help="a JSON file; README.md describes it")
    parser.add_argument("--check", action="store_true", help="only read it")
    arguments = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO, stream=sys.stdout)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    try:
        config = configuration.load(arguments.config)
    except configuration.Wrong as error:
        sys.exit(f"rollout: {error}")
    if not arguments.check:
        missing = [name for name in ("helm", "setpriv") if not shutil.which(name)]
        if missing:
            sys.exit(f"rollout: {' and '.join(missing)} must be in the path")
        lock = take_lock(config.state)
        asyncio.run(serve(config))
        lock.close()


def take_lock(state):
    """Two of them would upgrade one release at the same time."""
    try:
        lock = open(state + ".lock", "w", encoding="utf-8")
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"rollout: another one uses {state}")
    except OSError as error:
        sys.exit(f"rollout: opening {state}: {error}")
    return lock


async def serve(config):
    wishes = Wishes(config.state)
    pause = float(os.environ.get("ROLLOUT_PAUSE", "1"))  # shorter waits, for tests
    workers = {release.name: Worker(release, wishes, pause) for release in config.releases}
    runner = web.AppRunner(Server(config, wishes, workers).app(), keepalive_timeout=30)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await runner.setup()
    await web.TCPSite(runner, config.host, config.port, backlog=64).start()
    logging.getLogger("rollout").info("listening on %s:%s", *runner.addresses[0][:2])
    tasks = [asyncio.create_task(worker.run()) for worker in workers.values()]
    ended = asyncio.create_task(stop.wait())
    await asyncio.wait([ended, *tasks], return_when=asyncio.FIRST_COMPLETED)
    await runner.cleanup()
    await end(workers.values(), tasks)
    failure = next((task.exception() for task in tasks if not task.cancelled() and task.exception()), None)
    if failure:
        raise failure


async def end(workers, tasks):
    for worker in workers:
        worker.stop()
    _, late = await asyncio.wait(tasks, timeout=GRACE)
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late)


main()
