"""What slipway sends: a signed image.pushed becomes wishes, on disk before it is answered. And what others may see."""

import asyncio
import json
import logging
import re
import time

from aiohttp import web

from .config import repository_of
from .signature import Refused, verify
from .wishes import Wish

MOST_BYTES = 1 << 20  # of a body
READ_SECONDS = 15

log = logging.getLogger("rollout")


class Server:
    def __init__(self, config, wishes, workers):
        self._config, self._wishes, self._workers = config, wishes, workers

    def app(self):
        app = web.Application(client_max_size=MOST_BYTES)
        app.add_routes([
            web.post("/hooks/slipway", self._hook),
            web.get("/status", self._status),
            web.get("/metrics", self._metrics),
            web.get("/healthz", self._healthz),
        ])
        return app

    async def _hook(self, request):
        body = await asyncio.wait_for(request.read(), READ_SECONDS)
        try:
            verify(self._config.keys, request.headers, body, time.time())
        except Refused as error:
            log.warning("refused a webhook of %s: %s", request.remote, error)
            return answer(401, error=str(error))
        try:
            event = json.loads(body)
            if event["type"] != "image.pushed":
                return answer(200, ignored=f"'{event['type']}' is no image.pushed")
            wishes = list(wishes_of(event, self._config.releases))
        except (ValueError, KeyError, TypeError, AttributeError):
            return answer(400, error="this is no event of slipway")
        if not wishes:
            return answer(200, ignored="no release has that image and branch")
        return answer(202, releases={wish.release: self._take(wish) for wish in wishes})

    def _take(self, wish):
        if not self._wishes.put(wish):
            return "known already, or older than what is known"
        log.info("%s %s waits: build %s has pushed %s", wish.release, wish.digest, wish.build, wish.image)
        self._workers[wish.release].wake.set()
        return "waiting"

    async def _status(self, _):
        releases = {}
        for release in self._config.releases:
            wish = self._wishes.get(release.name)
            releases[release.name] = {
                "namespace": release.namespace,
                "image": release.image,
                "wish": vars(wish) if wish else None,
                "rollouts": self._wishes.rollouts(release.name),
            }
        return answer(200, releases=releases)

    async def _metrics(self, _):
        lines = ["# HELP rollout_state 1 for the state of a release's newest wish.", "# TYPE rollout_state gauge"]
        for release in self._config.releases:
            wish = self._wishes.get(release.name)
            for state in ("waiting", "running", "done", "failed"):
                lines.append(f'rollout_state{{release="{release.name}",state="{state}"}} {int(bool(wish) and wish.state == state)}')
        lines += ["# HELP rollout_rollouts_total Rollouts that have ended.", "# TYPE rollout_rollouts_total counter"]
        lines += [f'rollout_rollouts_total{{release="{release}",result="{result}"}} {number}' for release, result, number in self._wishes.totals()]
        text = "\n".join(lines) + "\n"
        return web.Response(body=text.encode(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    async def _healthz(self, _):
        return answer(200, ok=True)


def wishes_of(event, releases):
    """One for each release of the image, where its branch is wanted."""
    data, time_of = event["data"], event["time"]
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time_of):
        raise ValueError
    for release in releases:
        if release.ref and data["ref"] not in (release.ref, f"refs/heads/{release.ref}"):
            continue
        for reference, digest in data["digests"].items():
            if repository_of(reference) == release.image:
                if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
                    raise ValueError
                yield Wish(release.name, digest, reference, time_of, int(data["build"]))
                break


def answer(status, **fields):
    return web.json_response(fields, status=status)
