"""Does the wishes of one release, one after the other."""

import asyncio
import logging
import time

from . import helm

ATTEMPTS = 8  # of what could not be begun: about ten minutes
WAITS = (5, 10, 20, 40, 80, 160, 300)  # seconds between them

log = logging.getLogger("rollout")


class Worker:
    """Owned by the loop. `wake` is set where a wish has come."""

    def __init__(self, release, wishes, pause=1.0):
        self.release, self.wishes, self.wake = release, wishes, asyncio.Event()
        self._pause = pause  # what WAITS are multiplied by
        self._stops = False

    async def run(self):
        while not self._stops:
            self.wake.clear()
            wish = self.wishes.next(self.release.name)
            if not wish:
                await self.wake.wait()
            elif not await self._do(wish):
                await self._wait(WAITS[min(wish.attempts, len(WAITS) - 1)])

    def stop(self):
        """After what it is at."""
        self._stops = True
        self.wake.set()

    async def _do(self, wish):
        """Whether it has ended, for good or not."""
        began = time.time()
        wish = self.wishes.begin(wish)
        try:
            result, message = await self._try(wish)
        except helm.Unready as error:
            if wish.attempts < ATTEMPTS:
                log.warning("%s %s waits: %s", wish.release, wish.digest, error)
                self.wishes.again(wish, str(error))
                return False
            result, message = "refused", f"given up after {wish.attempts} attempts: {error}"
        log.log(logging.INFO if result == "done" else logging.ERROR, "%s %s %s: %s", wish.release, wish.digest, result, message)
        self.wishes.end(wish, result, message, began, time.time())
        return True

    async def _try(self, wish):
        metadata = await helm.installed(self.release)
        if metadata["status"].startswith("pending-"):
            if not self.wishes.was_running(wish.release):
                raise helm.Unready(f"somebody else is at it: {metadata['status']}")
            log.warning("%s was left %s: revision %s is back", wish.release, metadata["status"], await helm.take_back(self.release))
            self.wishes.mark_running(wish.release, False)
        elif metadata["status"] == "deployed" and await helm.digest(self.release) == wish.digest:
            return "done", f"runs {wish.digest} already"
        await helm.check_chart(self.release, metadata)
        self.wishes.mark_running(wish.release, True)
        try:
            await helm.upgrade(self.release, wish.digest)
            result, message = "done", f"runs {wish.digest}"
        except helm.Failed as error:
            result, message = await self._judge(error)
        self.wishes.mark_running(wish.release, False)
        return result, message

    async def _judge(self, error):
        """Helm's words alone do not say what runs now."""
        now = await helm.installed(self.release)
        if now["status"].startswith("pending-"):
            back = await helm.take_back(self.release)
            return "rolled_back", f"revision {back} runs again: {error}"
        if now["status"] == "deployed":
            return "rolled_back", f"revision {now['revision']} runs: {error}"
        return "failed", f"and not rolled back, the release is '{now['status']}', look at helm history: {error}"

    async def _wait(self, seconds):
        try:
            await asyncio.wait_for(self.wake.wait(), seconds * self._pause)
        except asyncio.TimeoutError:
            pass
