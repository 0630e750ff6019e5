"""A GitLab for tests, by its documented API v4: commit statuses with their state machine, notes in pages, webhooks and their log, and what
goes wrong with a real one: 409, 429 with Retry-After, slow and broken answers. It keeps what it is told, as the real one does."""

import collections
import contextlib
import datetime
import http.server
import json
import re
import threading
import time
import urllib.parse

TOKEN = "gitlab-token-1"
BOT, PERSON = 5, 4  # users: the token's own, and somebody who writes notes too
FINAL = {"success", "failed", "canceled", "skipped"}
EVENTS = {"pending": "enqueue", "running": "run", "success": "success", "failed": "drop", "canceled": "cancel"}


class Gitlab:
    """`projects`: path → number. What was done is read from `statuses`, `notes` and `calls`."""

    def __init__(self, project="samples/images", number=42):
        self.project, self.number = project, number
        self.lock = threading.RLock()
        self.statuses = []  # every record: commit, name, ref, state, description, target_url, history
        self.notes = collections.defaultdict(list)  # merge request → its notes
        self.last_note = 0
        self.hooks, self.log = [], collections.defaultdict(list)
        self.calls = []
        self.traces = []  # (path, traceparent)
        self.faults = []  # (method, path pattern, times left, act)
        self.busy = set()  # commits whose statuses are being written
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"gitlab": self}))
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def settings(self, **more):
        return {"url": self.url, "token": TOKEN, **more}

    def fault(self, method, path, act, times=1):
        """`act` is called with the handler in place of an answer; what it answers true to is served all the same."""
        with self.lock:
            self.faults.append([method, re.compile(path), times, act])

    def next_fault(self, method, path):
        with self.lock:
            for fault in self.faults:
                if fault[0] == method and fault[2] > 0 and fault[1].search(path):
                    fault[2] -= 1
                    return fault[3]
        return None

    # --- what the tests look at

    def states(self, commit):
        """Name → the state of its newest record."""
        with self.lock:
            return {status["name"]: status["state"] for status in self.statuses if status["commit"] == commit}

    def status(self, commit, name="slipway"):
        with self.lock:
            return next((s for s in reversed(self.statuses) if (s["commit"], s["name"]) == (commit, name)), None)

    def note(self, merge_request, body, author=PERSON, system=False):
        with self.lock:
            notes = self.notes[merge_request]
            self.last_note += 1
            number = self.last_note
            notes.append({"id": number, "body": body, "author": {"id": author}, "system": system, "updates": 0})
            return notes[-1]

    def plans(self, merge_request):
        """The notes that are slipway's."""
        with self.lock:
            return [dict(note) for note in self.notes[merge_request] if note["author"]["id"] == BOT]

    def hook(self, url, alert_status="executable", disabled_until=None):
        with self.lock:
            self.hooks.append({
                "id": len(self.hooks) + 1, "url": url, "push_events": True, "merge_requests_events": True,
                "alert_status": alert_status, "disabled_until": disabled_until, "created_at": now(),
            })
            return self.hooks[-1]

    def logged(self, hook, answer, **data):
        with self.lock:
            self.log[hook["id"]].insert(0, {
                "id": len(self.log[hook["id"]]) + 1, "url": hook["url"], "trigger": "push_hooks", "request_headers": {},
                "request_data": {"object_kind": "push", **data}, "response_status": answer, "execution_duration": 0.1,
            })

    # --- what it answers

    def set_status(self, commit, form):
        state, name, ref = form.get("state"), form.get("name") or form.get("context") or "default", form.get("ref")
        if state not in EVENTS:
            return 400, {"message": "State is required" if not state else "state does not have a valid value"}
        if not re.fullmatch(r"[0-9a-f]{40}", commit):
            return 404, {"message": "404 Commit Not Found"}
        if any(len(form.get(key, "")) > 255 for key in ("name", "description", "target_url")):
            return 400, {"message": {"name": ["is too long (maximum is 255 characters)"]}}
        with self.lock:
            if commit in self.busy:
                return 409, {"message": "409 Another update to this commit status is in progress"}
            self.busy.add(commit)
        try:
            time.sleep(0.002)
            with self.lock:
                return self.write_status(commit, state, name, ref, form)
        finally:
            with self.lock:
                self.busy.discard(commit)

    def write_status(self, commit, state, name, ref, form):
        """A status that waits or runs is moved on, one that is over never: then a new record begins."""
        open_ones = [s for s in self.statuses if (s["commit"], s["name"], s["ref"]) == (commit, name, ref) and s["state"] not in FINAL]
        if not open_ones:
            status = {"id": len(self.statuses) + 1, "commit": commit, "name": name, "ref": ref, "history": []}
            self.statuses.append(status)
        else:
            status = open_ones[-1]
            if status["state"] == state or (status["state"], state) == ("running", "pending"):
                event = EVENTS[state]
                reason = f'(Reason(s): Status cannot transition via "{event}")'
                return 400, {"message": f"Cannot transition status via :{event} from :{status['state']} {reason}"}
        status.update(state=state, description=form.get("description"), target_url=form.get("target_url"))
        status["history"].append(state)
        return 201, {"id": status["id"], "status": state, "name": name, "ref": ref, "sha": commit, "pipeline_id": 1}

    def list_notes(self, merge_request, query):
        with self.lock:
            notes = [dict(note) for note in self.notes[merge_request]]
        if query.get("sort", "desc") == "desc":
            notes.reverse()
        size, page = min(int(query.get("per_page", 20)), 100), int(query.get("page", 1))
        following = str(page + 1) if len(notes) > size * page else ""
        return 200, notes[size * (page - 1) : size * page], {"X-Next-Page": following, "X-Page": str(page)}

    def update_note(self, merge_request, number, form):
        with self.lock:
            for note in self.notes[merge_request]:
                if note["id"] == number:
                    if note["author"]["id"] != BOT:
                        return 403, {"message": "403 Forbidden"}
                    note["body"], note["updates"] = form["body"], note["updates"] + 1
                    return 200, note
        return 404, {"message": "404 Not found"}

    def delete_note(self, merge_request, number):
        with self.lock:
            kept = [note for note in self.notes[merge_request] if note["id"] != number]
            found = len(kept) < len(self.notes[merge_request])
            self.notes[merge_request] = kept
        return (204, None) if found else (404, {"message": "404 Not found"})


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    gitlab = None

    def log_message(self, *_):
        pass

    def reply(self, status, body, headers=None):
        data = b"" if status == 204 else json.dumps(body).encode()
        with contextlib.suppress(OSError):  # the asking one may have been killed
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

    def serve(self):
        place = urllib.parse.urlsplit(self.path)
        size = int(self.headers.get("Content-Length") or 0)
        text = self.rfile.read(size).decode()
        with self.gitlab.lock:
            self.gitlab.calls.append((self.command, place.path))
            self.gitlab.traces.append((place.path, self.headers.get("traceparent")))
        act = self.gitlab.next_fault(self.command, place.path)
        if act and not act(self):
            return
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.reply(401, {"message": "401 Unauthorized"})
            return
        self.reply(*self.answer(place.path, dict(urllib.parse.parse_qsl(place.query)), dict(urllib.parse.parse_qsl(text))))

    def answer(self, path, query, form):
        gitlab = self.gitlab
        if path == "/api/v4/user":
            return 200, {"id": BOT, "username": "project_42_bot"}
        known = (urllib.parse.quote(gitlab.project, safe=""), str(gitlab.number))
        found = re.fullmatch(r"/api/v4/projects/([^/]+)/(.*)", path)
        if not found or found[1] not in known:
            return 404, {"message": "404 Project Not Found"}
        rest = found[2]
        if self.command == "POST" and (found := re.fullmatch(r"statuses/(\w+)", rest)):
            return gitlab.set_status(found[1], form)
        if found := re.fullmatch(r"merge_requests/(\d+)/notes", rest):
            if self.command == "POST":
                return 201, gitlab.note(int(found[1]), form["body"], BOT)
            return gitlab.list_notes(int(found[1]), query)
        if self.command == "PUT" and (found := re.fullmatch(r"merge_requests/(\d+)/notes/(\d+)", rest)):
            return gitlab.update_note(int(found[1]), int(found[2]), form)
        if self.command == "DELETE" and (found := re.fullmatch(r"merge_requests/(\d+)/notes/(\d+)", rest)):
            return gitlab.delete_note(int(found[1]), int(found[2]))
        if rest == "hooks":
            return 200, gitlab.hooks
        if found := re.fullmatch(r"hooks/(\d+)/events", rest):
            return 200, gitlab.log[int(found[1])][: int(query.get("per_page", 20))]
        return 404, {"message": "404 Not Found"}

    do_GET = do_POST = do_PUT = do_DELETE = serve


def refuse(status, retry_after=None):
    """An act of a fault: this answer."""
    headers = {"Retry-After": str(retry_after)} if retry_after else {}
    return lambda handler: handler.reply(status, {"message": f"the stand-in says {status}"}, headers)


def slow(seconds):
    """Served, but late."""

    def act(_):
        time.sleep(seconds)
        return True

    return act


def lose_answer(handler):
    """What was asked for is done, and nobody is told."""
    place = urllib.parse.urlsplit(handler.path)
    handler.close_connection = True
    return lose(handler, place)


def lose(handler, place):
    handler.reply = lambda *_: handler.connection.close()
    return True


class Receiver:
    """Takes notifications, and keeps every request. `answers`: statuses of the first ones."""

    def __init__(self, answers=()):
        self.requests, self.answers = [], list(answers)
        receiver = self

        class Take(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((dict(self.headers.items()), body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Take)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hooks/slipway"

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def events(self):
        return [json.loads(body) for _, body in list(self.requests)]
