# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The restore flag is set on the manager that runs the restore, which may be another one than answers."""

from __future__ import annotations

import json
import pathlib
import time
import typing as t

import pytest
import responses

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _http
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import (
    ACTIVE_STATES,
    CloudifyClient,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import Refused
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._preflight import look
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._restore import (
    Outcome,
    Passwords,
    RestoreFlag,
    RestoreWatch,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._wait import Ticker
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import conversation as c
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.local_server import (
    Server,
    stall,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.module_utils.restore_talk import (
    OPTIONS,
    archive,
    executions,
)

SECOND = "https://m2.example:443/api/v3.1/snapshot-status"
Flags = t.Callable[[float], t.Any]


def client(*hosts: str) -> CloudifyClient:
    connection = _http.Connection(
        hosts=hosts or (c.HOST, c.SECOND), port=443, username=c.USERNAME, password=c.PASSWORD
    )
    found = CloudifyClient(_http.ManagerHttp(connection))
    found.knows({"version": "7.0.5", "edition": "premium"})
    found.http.pin()
    return found


@pytest.fixture
def mock() -> t.Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as found:
        yield found


class Others:
    """The first manager, whose flag is never set and whose execution is over, and the second one."""

    def __init__(self, mock: responses.RequestsMock, clock: t.Any, second: Flags) -> None:
        self.asked: list[t.Any] = []
        self._clock, self._second, self._began = clock, second, clock()
        api = f"https://{c.HOST}:443/api/v3.1"
        mock.get(f"{api}/snapshot-status", json={"status": "not-running"})
        mock.get(f"{api}/executions/e1", json={"id": "e1", "status": "terminated"})
        mock.add_callback("GET", SECOND, callback=self._answer)

    @property
    def elapsed(self) -> float:
        return float(self._clock() - self._began)

    def _answer(self, request: t.Any) -> tuple[int, dict[str, str], str]:
        self.asked.append(request)
        said = self._second(self.elapsed)
        if isinstance(said, Exception):
            self._clock.sleep(request.req_kwargs["timeout"][0])
            raise said
        return 200, {}, json.dumps({"status": "running" if said else "not-running"})


@pytest.fixture
def follow(
    mock: responses.RequestsMock, clock: t.Any
) -> t.Callable[[Flags], tuple[Outcome, Others]]:
    def follow_it(second: Flags) -> tuple[Outcome, Others]:
        others = Others(mock, clock, second)
        found = client()
        watch = RestoreWatch(
            found,
            execution_id="e1",
            passwords=Passwords(found, current=c.PASSWORD, restored=None),
            ticker=Ticker(timeout=600.0, interval=0.5),
            flag_timeout=40.0,
            tenant="default_tenant",
        )
        return watch.follow(), others

    return follow_it


def test_a_restore_is_not_over_while_the_flag_is_set_on_another_manager(follow: t.Any) -> None:
    outcome, others = follow(lambda elapsed: elapsed < 6)
    assert 6 <= others.elapsed < 7 and not outcome.flag_stuck


def test_a_flag_that_stays_on_another_manager_is_told_with_its_name(follow: t.Any) -> None:
    outcome, others = follow(lambda elapsed: True)
    assert outcome.flag_stuck and outcome.flag_at == "the manager m2.example"
    assert others.elapsed < 45


def test_another_manager_is_asked_without_a_login_and_without_patience(follow: t.Any) -> None:
    """The password changes meanwhile, and wrong ones would lock the account."""
    _outcome, others = follow(lambda elapsed: False)
    (request,) = others.asked
    assert "Authorization" not in request.headers
    assert max(request.req_kwargs["timeout"]) <= 3


@pytest.mark.parametrize("error", [c.refused(), c.no_connection()])
def test_a_manager_that_is_out_of_reach_is_no_obstacle(
    error: Exception, mock: responses.RequestsMock, clock: t.Any
) -> None:
    others = Others(mock, clock, lambda elapsed: error)
    flag = RestoreFlag(client())
    assert [flag.is_set() for _n in range(20)] == [False] * 20
    assert len(others.asked) == 1 and others.elapsed <= 3
    clock.sleep(60)
    assert flag.is_set() is False
    assert len(others.asked) == 2


@pytest.mark.parametrize("status", [401, 404, 500, 502, 503])
def test_an_answer_that_is_none_is_no_obstacle(
    status: int, mock: responses.RequestsMock, clock: t.Any
) -> None:
    Others(mock, clock, lambda elapsed: False)
    mock.replace("GET", SECOND, status=status, body="<html></html>")
    assert RestoreFlag(client()).is_set() is False


def test_where_there_is_no_flag_nobody_else_is_asked(
    mock: responses.RequestsMock, clock: t.Any
) -> None:
    others = Others(mock, clock, lambda elapsed: True)
    found = client()
    found.knows({"version": "4.5.5", "edition": "premium"})
    assert RestoreFlag(found).is_set() is None and not others.asked


def test_a_manager_that_hangs_holds_nobody_up(
    clock: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over real sockets."""
    with Server(lambda exchange: stall(other)(exchange)) as other:
        found = client(c.HOST, other.address)
        found.http.connection.protocol = "http"
        monkeypatch.setattr(found, "restore_is_running", lambda *, retry: False)
        began = time.monotonic()
        assert RestoreFlag(found).is_set() is False
        assert len(other.requests) == 1 and time.monotonic() - began < 5


def test_no_restore_is_begun_while_another_manager_says_that_one_is_running(
    manager: t.Any, tmp_path: pathlib.Path
) -> None:
    manager.version()
    manager.get("/snapshots/s1", {"id": "s1", "status": "uploaded"})
    executions(manager, ACTIVE_STATES)
    manager.get("/snapshot-status", {"status": "not-running"})
    manager.get(
        "/snapshot-status",
        {"status": "running"},
        host=c.SECOND,
        headers={"Authorization": None},
    )
    connection = _http.Connection(
        hosts=[c.HOST, c.SECOND], port=443, username=c.USERNAME, password=c.PASSWORD
    )
    with pytest.raises(Refused, match="the manager m2.example says that a restore is") as told:
        look(
            CloudifyClient(_http.ManagerHttp(connection)),
            "s1",
            options=OPTIONS,
            archive_path=archive(tmp_path),
        )
    assert told.value.hint and "snapshot_restoring on the manager m2.example" in told.value.hint
