"""slipway in the cluster, as GitLab and a person see it: its webhook and its API at a port of the node."""

import contextlib
import http.client
import json
import time
import uuid

from cluster import PORTS, Failure, ask
from harness import push_event, sign, wait_until

PATIENCE = 240  # seconds: what a build may take on a slow and busy machine


class Slipway:
    def __init__(self, address, signing_key, token):
        self.address, self.signing_key, self.token = address, signing_key, token
        self.longest_refusal = 0.0  # seconds from a webhook's first try until it was accepted

    def call(self, method, path, body=None, headers=None, seconds=30):
        return ask(self.address, PORTS["slipway"], method, path, body, headers, seconds)

    def api(self, path):
        """Repeated for a while: what is asked while pods come and go is asked again."""

        def find():
            try:
                answer = self.call("GET", path, headers={"Authorization": f"Bearer {self.token}"})
            except (OSError, http.client.HTTPException):
                return None
            return answer if answer.status == 200 else None

        return wait_until(find, f"an answer to GET {path}", 60).json

    def is_ready(self):
        """The node's port learns of a pod a moment after kubectl does."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.call("GET", "/readyz").status == 200
        return False

    # --- the webhook

    def deliver(self, before, after):
        """A push as GitLab 19 sends it, sent again under the same key until it is accepted: the id of its build."""
        body = json.dumps(push_event(before, after)).encode()
        sent_id, began = str(uuid.uuid4()), time.monotonic()
        while True:
            told = self.try_to_deliver(sent_id, body)
            if isinstance(told, dict):
                self.longest_refusal = max(self.longest_refusal, time.monotonic() - began)
                return told["build"]
            if time.monotonic() - began > 60:
                raise Failure(f"the webhook was refused for 60 s: {told}")
            time.sleep(0.2)

    def try_to_deliver(self, sent_id, body):
        sent_at = int(time.time())
        headers = {
            "Content-Type": "application/json", "X-Gitlab-Event": "Push Hook", "User-Agent": "GitLab/19.0.0",
            "Idempotency-Key": sent_id, "webhook-id": sent_id, "webhook-timestamp": str(sent_at),
            "webhook-signature": sign(self.signing_key, sent_id, sent_at, body),
        }
        try:
            answer = self.call("POST", "/webhooks/gitlab", body, headers, seconds=10)
        except (OSError, http.client.HTTPException) as error:
            return error
        if 400 <= answer.status < 500:
            raise Failure(f"the webhook was not accepted: {answer}")
        return answer.json if answer.status == 202 else answer

    # --- builds

    def build(self, number):
        return self.api(f"/api/v1/builds/{number}")

    def wait_for(self, number, fits, what, seconds=PATIENCE):
        def find():
            build = self.build(number)
            return build if fits(build) else None

        def tell():
            steps = [(step["folder"], step["state"], step["error"]) for step in self.build(number)["steps"]]
            return f"{what} of build {number}; it has {steps}"

        return wait_until(find, tell, seconds)

    def finished(self, number, seconds=PATIENCE):
        return self.wait_for(number, lambda build: build["finished"], "the end", seconds)

    def pushed(self, number, seconds=PATIENCE):
        """Folder → digest, of a build that must succeed."""
        build = self.finished(number, seconds)
        if build["state"] != "succeeded":
            steps = [(step["folder"], step["state"], step["error"]) for step in build["steps"]]
            raise Failure(f"build {number} is {build['state']}: {build['error']} {steps}")
        return {step["folder"]: next(iter(step["digests"].values())) for step in build["steps"] if step["state"] == "pushed"}

    def log(self, number, folder):
        position = next(step["step"] for step in self.build(number)["steps"] if step["folder"] == folder)
        return self.call("GET", f"/api/v1/builds/{number}/steps/{position}/log", headers={"Authorization": f"Bearer {self.token}"}).text

    def settled(self):
        """Once nothing runs, waits or is owed."""

        def find():
            status = self.api("/api/v1/status")
            return not status["running"] and not status["waiting"] and not self.api("/api/v1/owed")["owed"]

        wait_until(find, lambda: f"all is done; owed is {self.api('/api/v1/owed')['owed']}", PATIENCE)
