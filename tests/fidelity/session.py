# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One stand-in and the recordings that are replayed against it, in their order."""

from __future__ import annotations

import datetime
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from standin import clock
from standin.testing import StandIn

from . import recording as recorded
from .compare import UUID, Comparison
from .recording import Answer, Recording
from .wire import send

# What a GET of these says changes by itself: it is asked until it says what was recorded.
_MOVING = re.compile(
    r"/(executions/[^/?]+|snapshots/[^/?]+|snapshot-status|maintenance|status|ok)$"
)
_ENDS = {"terminated", "failed", "cancelled", "created", "uploaded"}
PATIENCE = 20.0


class Outcome:
    """What became of each recording: the differences, none if it passed."""

    def __init__(self) -> None:
        self.differences: dict[str, list[str]] = {}
        self.requests: dict[str, str] = {}

    def passed(self) -> list[str]:
        return [name for name, found in self.differences.items() if not found]

    def failed(self) -> list[str]:
        return [name for name, found in self.differences.items() if found]


class Session:
    def __init__(self, manager: StandIn, *, wanted: Callable[[str], bool]) -> None:
        self.manager = manager
        self.wanted = wanted
        self.outcome = Outcome()
        self.ids: dict[str, str] = {}
        # Other texts in requests that are different here, an ETag for example.
        self.replaced: dict[str, str] = {}
        self._shift: datetime.timedelta | None = None

    # -- requests
    def rec(self, *names: str, **options: Any) -> Answer:
        """Replay recordings one after the other; options hold for each of them."""
        for name in names:
            answer = self._one(recorded.load(name), **options)
        return answer

    def _one(
        self,
        item: Recording,
        *,
        auth: str | None = None,
        tls: bool = True,
        loose: tuple[str, ...] = (),
        patience: float | None = None,
    ) -> Answer:
        moving = item.method == "GET" and _MOVING.search(item.path)
        if patience is None:
            patience = PATIENCE if moving else 0.0
        until = time.monotonic() + patience
        while True:
            answer = self._send(item, auth=auth, tls=tls)
            comparison = Comparison(self.ids, loose=frozenset(loose))
            found = comparison.answers(item.answer, answer, method=item.method)
            if not found or time.monotonic() > until:
                break
            if _ended_otherwise(item.answer, answer):
                until = min(until, time.monotonic() + 1.5)
            time.sleep(0.02)
        if not found:
            self.ids.update(comparison.learned)
        elif isinstance(answer.body, dict) and isinstance(item.answer.body, dict):
            # A new execution's id is needed by what follows, even if something else differs.
            theirs, ours = item.answer.body.get("id"), answer.body.get("id")
            if isinstance(theirs, str) and isinstance(ours, str) and UUID.fullmatch(theirs):
                self.ids.setdefault(theirs, ours)
        if self.wanted(item.name):
            self.outcome.differences[item.name] = found
            self.outcome.requests[item.name] = f"{item.method} {item.path}"
        return answer

    def _send(self, item: Recording, *, auth: str | None, tls: bool) -> Answer:
        headers = []
        for name, value in item.headers:
            if name.lower() in ("host", "content-length", "transfer-encoding", "connection"):
                continue
            if name.lower() == "authorization":
                value = auth or self.auth
            headers.append((name, self.mapped(value)))
        body = recorded.request_body(item)
        if body and item.at and isinstance(item.body, dict):
            body = self.shifted(body.decode("latin-1"), item.at).encode("latin-1")
        return send(
            host="127.0.0.1",
            port=self.manager.port,
            ca=str(self.manager.ca) if tls else None,
            method=item.method,
            path=self.mapped(item.path),
            headers=headers,
            body=body,
            chunked=item.chunked,
        )

    @property
    def auth(self) -> str:
        return recorded.basic(self.manager.username, self.manager.password)

    def mapped(self, text: str) -> str:
        for theirs, ours in self.replaced.items():
            text = text.replace(theirs, ours)
        return UUID.sub(lambda match: self.ids.get(match[0], match[0]), text)

    def shifted(self, text: str, at: str) -> str:
        """Move the moments in a request as far as now is from then, so that past and future stay so."""
        then = datetime.datetime.fromisoformat(at.replace("Z", "+00:00"))
        if self._shift is None:
            now = clock.utcnow()
            self._shift = datetime.timedelta(minutes=round((now - then).total_seconds() / 60))
        shift = self._shift

        def moved(match: re.Match[str]) -> str:
            moment = datetime.datetime.strptime(match[0], "%Y-%m-%dT%H:%M:%S") + shift
            return moment.strftime("%Y-%m-%dT%H:%M:%S")

        text = re.sub(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d", moved, text)

        def classic(match: re.Match[str]) -> str:
            moment = datetime.datetime.strptime(match[0], "%Y%m%d%H%M") + shift
            return moment.strftime("%Y%m%d%H%M")

        return re.sub(r"20\d{10}(?=\+0000)", classic, text)

    # -- what was done between the recordings
    def do(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """A request of the lab that was not recorded; path without /api/v3.1, body as JSON or bytes."""
        given = {"Authorization": self.auth, "Tenant": "default_tenant", **headers}
        given = {name: value for name, value in given.items() if value}
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if data is not None and "Content-Type" not in given:
            given["Content-Type"] = "application/json"
        return send(
            host="127.0.0.1",
            port=self.manager.port,
            ca=str(self.manager.ca),
            method=method,
            path=f"/api/v3.1{path}",
            headers=list(given.items()),
            body=data,
        )

    def upload(self, snapshot_id: str, body: bytes) -> None:
        kind = "application/octet-stream"
        self.do("PUT", f"/snapshots/{snapshot_id}/archive", body, **{"Content-Type": kind})

    def create(self, snapshot_id: str, body: dict[str, Any], *, status: str = "created") -> str:
        """A snapshot that is there before the next recording; gives the id of its execution."""
        execution = str(self.do("PUT", f"/snapshots/{snapshot_id}", body).body["id"])
        self.until(f"/snapshots/{snapshot_id}", status)
        end = "failed" if status == "failed" else "terminated"
        self.until(f"/executions/{execution}", end)
        return execution

    def until(self, path: str, status: str, *, patience: float = PATIENCE) -> None:
        until = time.monotonic() + patience
        bypass = {"X-BYPASS-MAINTENANCE": "true"}
        while True:
            body = self.do("GET", path, **bypass).body
            now = body.get("status") if isinstance(body, dict) else None
            if now == status or time.monotonic() > until:
                return
            time.sleep(0.02)

    def known(self, theirs: str, ours: str) -> None:
        self.ids[theirs] = ours

    @contextmanager
    def worker_down(self) -> Iterator[None]:
        """What was recorded at once after a request: nothing moves meanwhile."""
        self.manager.worker("down")
        try:
            yield
        finally:
            self.manager.worker("up")

    # -- transitions
    @contextmanager
    def transitions(self, name: str, **watched: Any) -> Iterator[None]:
        """Watch what a workflow does while the block goes on; see course()."""
        watch = self._watch(name, **watched)
        try:
            yield
        finally:
            self._judge(name, watch)

    def course(self, start: str, name: str, **watched: Any) -> None:
        """Replay the request that starts a workflow, and watch it from its first moment to its end.

        watched: the snapshot, and the recorded id of the execution; anonymous, if snapshot-status was
        asked with the bypass header and no credentials.
        """
        with self.worker_down():
            self.rec(start)
            watch = self._watch(name, **watched)
        self._judge(name, watch)

    def _watch(
        self, name: str, *, snapshot: str, execution: str, anonymous: bool = False
    ) -> _Watch:
        expected = recorded.load_transitions(name)
        watch = _Watch(self, expected, snapshot=snapshot, execution=self.mapped(execution))
        watch.anonymous = anonymous
        watch.start()
        watch.looking.wait(PATIENCE)
        return watch

    def _judge(self, name: str, watch: _Watch) -> None:
        found = watch.finish()
        if self.wanted(name):
            self.outcome.differences[name] = found
            self.outcome.requests[name] = "transitions"


class _Watch(threading.Thread):
    """Asks as fast as it can, until it has seen all that was recorded."""

    def __init__(
        self, session: Session, expected: recorded.Transitions, *, snapshot: str, execution: str
    ) -> None:
        super().__init__(daemon=True)
        self.anonymous = False
        self.looking = threading.Event()
        self._session = session
        self._expected = expected.steps
        self._paths = {
            "execution": f"/executions/{execution}",
            "snapshot": f"/snapshots/{snapshot}",
            "snapshot-status": "/snapshot-status",
        }
        self._seen: dict[str, list[tuple[int, str]]] = {key: [] for key in self._expected}
        self._over = threading.Event()

    def run(self) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for key in self._expected:
                step = self._ask(key)
                if not self._seen[key] or self._seen[key][-1] != step:
                    self._seen[key].append(step)
            self.looking.set()
            if self._over.is_set() and self._complete():
                return
            time.sleep(0.004)

    def _complete(self) -> bool:
        return all(s and s[-1] == self._expected[k][-1] for k, s in self._seen.items())

    def _ask(self, key: str) -> tuple[int, str]:
        headers = {"X-BYPASS-MAINTENANCE": "true"} if key == "execution" else {}
        if key == "snapshot-status" and self.anonymous:
            headers = {"X-BYPASS-MAINTENANCE": "true", "Authorization": ""}
        try:
            answer = self._session.do("GET", self._paths[key], **headers)
        except OSError as error:
            return 0, str(error)
        if isinstance(answer.body, dict):
            return answer.status, str(answer.body.get("error_code") or answer.body.get("status"))
        return answer.status, "html"

    def finish(self) -> list[str]:
        self._over.set()
        self.join()
        return [
            f"{key}: recorded {self._expected[key]}, live {self._seen[key]}"
            for key in self._expected
            if not same_course(self._expected[key], self._seen[key])
        ]


def same_course(expected: list[tuple[int, str]], seen: list[tuple[int, str]]) -> bool:
    """The same values in the same order; a poll of the lab may have missed a short-lived one."""
    if expected and expected[0] in seen:
        # The lab may have begun to look later.
        seen = seen[seen.index(expected[0]) :]
    if seen == expected:
        return True
    left = iter(seen)
    shown = all(any(step == other for other in left) for step in expected)
    return shown and set(seen) == set(expected) and seen[-1] == expected[-1]


def _ended_otherwise(theirs: Answer, ours: Answer) -> bool:
    states = [a.body.get("status") if isinstance(a.body, dict) else None for a in (theirs, ours)]
    return states[1] in _ENDS


__all__ = ["Outcome", "Session", "same_course"]
