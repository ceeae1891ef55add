# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A manager that goes through a restore while a clock goes on, for tests of what follows it."""

from __future__ import annotations

import base64
import json
import typing as t

import responses

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import CloudifyClient
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._http import (
    Connection,
    ManagerHttp,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.conversation import (
    PAGE,
    REASONS,
    refused,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.module_utils.recorded_restores import (
    Course,
)

Answered = tuple[int, dict[str, str], str]

API = "https://m1.example:443/api/v3.1"
EXECUTION = "e1"
CODES = {
    400: "bad_parameters_error",
    401: "unauthorized_error",
    404: "not_found_error",
    500: "internal_server_error",
}
#: In a course, besides HTTP status codes: nginx's own 404, no answer at all, maintenance mode.
PAGE_404, SILENCE, IN_MAINTENANCE = -404, -1, -503


class Manager:
    """Answers by a course, from the moment it is made.

    :ivar logins: when which password came, for requests that need one
    """

    def __init__(
        self,
        *,
        course: Course,
        clock: t.Any,
        version: str = "7.0.5",
        error: str = "",
        passwords: t.Sequence[tuple[float, str]] = ((0.0, "old"),),
        in_maintenance: bool = False,
    ) -> None:
        self._course = course
        self._clock = clock
        self._start = clock()
        self._error = error
        self._passwords = passwords
        self._version = version
        self._in_maintenance = in_maintenance
        self.logins: list[tuple[float, str]] = []
        self.asked: list[str] = []

    @property
    def elapsed(self) -> float:
        return float(self._clock() - self._start)

    def answer_through(self, mock: responses.RequestsMock) -> None:
        mock.add_callback("GET", f"{API}/version", callback=self._tell_version)
        mock.add_callback("GET", f"{API}/snapshot-status", callback=self._tell_flag)
        mock.add_callback("GET", f"{API}/executions/{EXECUTION}", callback=self._tell_execution)

    def client(self) -> CloudifyClient:
        connection = Connection(hosts=["m1.example"], port=443, username="admin", password="old")
        return CloudifyClient(ManagerHttp(connection))

    def _now(self) -> tuple[t.Any, t.Any]:
        reached = [step for step in self._course if step[0] <= self.elapsed]
        step = reached[-1] if reached else self._course[0]
        return step[1], step[2]

    def _login(self, request: t.Any) -> bool:
        given = base64.b64decode(request.headers["Authorization"].split()[1]).decode()
        password = given.partition(":")[2]
        self.logins.append((self.elapsed, password))
        return password == [word for since, word in self._passwords if since <= self.elapsed][-1]

    def _tell_version(self, request: t.Any) -> Answered:
        if not self._login(request):
            return _trouble(401)
        return _json(200, {"version": self._version, "edition": "premium"})

    def _tell_flag(self, request: t.Any) -> Answered:
        self.asked.append("flag")
        flag = self._now()[1]
        if not isinstance(flag, bool):
            return _trouble(flag)
        return _json(200, {"status": "running" if flag else "not-running"})

    def _tell_execution(self, request: t.Any) -> Answered:
        self.asked.append("execution")
        status = self._now()[0]
        if self._in_maintenance and "X-BYPASS-MAINTENANCE" not in request.headers:
            return _trouble(IN_MAINTENANCE)
        if status not in (502, SILENCE) and not self._login(request):
            # with the bypass the product stumbles over a user that it does not know
            return _trouble(500 if self._in_maintenance else 401)
        if isinstance(status, int):
            return _trouble(status)
        # a legacy restore puts its own row back with hardly anything in it
        row = {"id": EXECUTION, "status": status, "parameters": None, "visibility": None}
        return _json(200, {**row, "error": self._error if status == "failed" else None})


def _trouble(status: int) -> Answered:
    if status == SILENCE:
        raise refused()
    if status == IN_MAINTENANCE:
        return _json(503, {"message": "no", "error_code": "maintenance_mode_active"})
    if status in CODES:
        return _json(status, {"message": "no", "error_code": CODES[status]})
    title = f"{abs(status)} {REASONS[abs(status)]}"
    return abs(status), {"Content-Type": "text/html"}, PAGE.format(title=title)


def _json(status: int, body: t.Any) -> Answered:
    return status, {"Content-Type": "application/json"}, json.dumps(body)


__all__ = ("EXECUTION", "IN_MAINTENANCE", "PAGE_404", "SILENCE", "Manager")
