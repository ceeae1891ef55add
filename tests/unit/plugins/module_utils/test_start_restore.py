# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A restore is asked for, tidied up after where it is refused, and its end awaited."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ApiError,
    ConnectionFailed,
    Refused,
    Unauthorized,
    WaitTimeout,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._restore import (
    Passwords,
    settled,
    start,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._wait import Ticker
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.conversation import (
    PASSWORD,
    closed,
    refused,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.module_utils.restore_talk import (
    SENT,
    client,
    executions,
)

INSTALL = {"id": "e9", "workflow_id": "install", "status": "started"}
RESTORE = {"workflow_id": "restore_snapshot", "status": "pending"}
MINE = {**RESTORE, "id": "e2", "parameters": {"snapshot_id": "s1"}}
BEFORE = {**RESTORE, "id": "e1", "parameters": {"snapshot_id": "s1"}}
OTHERS = {**RESTORE, "id": "e3", "parameters": {"snapshot_id": "s2"}}
BARE = {**RESTORE, "id": "e4", "parameters": None}
KILLED = {**MINE, "status": "cancelled"}
OF_RESTORES = {"workflow_id": "restore_snapshot"}


def begin(**more: t.Any) -> str:
    ticker = Ticker(timeout=60, interval=0.5)
    return start(client(), "s1", SENT, ticker=more.pop("ticker", ticker))


def refusal(manager: t.Any) -> None:
    manager.error(
        "POST",
        "/snapshots/s1/restore",
        400,
        "existing_running_execution_error",
        "The following executions are currently running: ['e9']",
        sent=SENT,
    )


def test_its_id_is_the_executions(manager: t.Any) -> None:
    executions(manager, ["pending"])
    manager.post("/snapshots/s1/restore", {"id": "e1", "status": "pending"}, sent=SENT)
    assert begin() == "e1"


def test_refused_restore_is_killed_and_nobody_elses(manager: t.Any) -> None:
    executions(manager, ["pending"], [BEFORE])
    refusal(manager)
    executions(manager, ["pending"], [BEFORE, MINE, OTHERS, BARE], query=OF_RESTORES)
    manager.post("/executions/e2", {**MINE, "status": "kill_cancelling"}, sent={"action": "kill"})
    manager.get("/executions/e2", {**MINE, "status": "kill_cancelling"})
    manager.get("/executions/e2", KILLED)
    active = ["pending", "started", "cancelling", "force_cancelling", "kill_cancelling"]
    executions(manager, active, [INSTALL])
    with pytest.raises(Refused) as caught:
        begin()
    assert "while executions are active: install e9 (started)" in str(caught.value)
    assert "has been killed" in str(caught.value)
    assert caught.value.details["killed_executions"] == ["e2"]


def test_refused_restore_that_cannot_be_killed_is_told(manager: t.Any) -> None:
    executions(manager, ["pending"])
    refusal(manager)
    executions(manager, ["pending"], [MINE], query=OF_RESTORES)
    manager.post("/executions/e2", {**MINE, "status": "kill_cancelling"}, sent={"action": "kill"})
    for _each in range(3):
        manager.get("/executions/e2", {**MINE, "status": "kill_cancelling"})
    with pytest.raises(WaitTimeout, match="the end of the refused restore e2"):
        begin(ticker=Ticker(timeout=1, interval=0.5))


def test_who_was_in_the_way_may_be_gone_meanwhile(manager: t.Any) -> None:
    executions(manager, ["pending"])
    refusal(manager)
    executions(manager, ["pending"], query=OF_RESTORES)
    active = ["pending", "started", "cancelling", "force_cancelling", "kill_cancelling"]
    executions(manager, active)
    with pytest.raises(Refused, match=r"The following executions are currently running: \['e9'\]"):
        begin()


@pytest.mark.parametrize(
    ("status", "code"), [(404, "not_found_error"), (500, "internal_server_error")]
)
def test_other_errors_are_passed_on(status: int, code: str, manager: t.Any) -> None:
    executions(manager, ["pending"])
    manager.error("POST", "/snapshots/s1/restore", status, code, sent=SENT)
    with pytest.raises(ApiError, match=f"HTTP {status}"):
        begin()


def test_request_that_may_have_arrived_is_not_repeated(manager: t.Any) -> None:
    executions(manager, ["pending"])
    manager.broken("POST", "/snapshots/s1/restore", closed(), sent=SENT)
    with pytest.raises(ConnectionFailed, match="look before trying again"):
        begin()


def test_request_that_nginx_holds_off_is_repeated(manager: t.Any) -> None:
    executions(manager, ["pending"])
    manager.page("POST", "/snapshots/s1/restore", 503, sent=SENT)
    manager.post("/snapshots/s1/restore", {"id": "e1"}, sent=SENT)
    assert begin() == "e1"


# -- coming to rest ----------------------------------------------------------------------------------


def come_to_rest(restored: str | None = None, timeout: float = 10) -> t.Any:
    asking = client()
    passwords = Passwords(asking, current=PASSWORD, restored=restored)
    ticker = Ticker(timeout=timeout, interval=2.0)
    return settled(lambda: asking.snapshot("s1", retry=False), passwords=passwords, ticker=ticker)


def test_troubles_of_a_manager_that_comes_up_are_waited_out(manager: t.Any) -> None:
    manager.page("GET", "/snapshots/s1", 502)
    manager.broken("GET", "/snapshots/s1", refused())
    manager.error("GET", "/snapshots/s1", 401, "unauthorized_error")
    manager.get("/snapshots/s1", {"id": "s1", "status": "uploaded"})
    assert come_to_rest() == {"id": "s1", "status": "uploaded"}


def test_other_password_is_turned_to_meanwhile(manager: t.Any) -> None:
    manager.error("GET", "/snapshots/s1", 401, "unauthorized_error")
    manager.error("GET", "/snapshots/s1", 401, "unauthorized_error")
    manager.error("GET", "/snapshots/s1", 401, "unauthorized_error")
    manager.get("/snapshots/s1", {"id": "s1", "status": "uploaded"}, password="restored")
    assert come_to_rest("restored")["id"] == "s1"


def test_last_trouble_is_the_error_when_it_does_not_end(manager: t.Any) -> None:
    manager.page("GET", "/snapshots/s1", 502)
    manager.error("GET", "/snapshots/s1", 401, "unauthorized_error")
    manager.error("GET", "/snapshots/s1", 401, "unauthorized_error")
    with pytest.raises(Unauthorized):
        come_to_rest(timeout=4)


@pytest.mark.parametrize("status", [403, 500])
def test_a_manager_that_is_busy_with_itself_is_asked_again(status: int, manager: t.Any) -> None:
    manager.error("GET", "/snapshots/s1", status, "whatever")
    manager.get("/snapshots/s1", {"id": "s1", "status": "uploaded"})
    assert come_to_rest()["id"] == "s1"


def test_a_page_instead_of_the_manager_is_asked_again(manager: t.Any) -> None:
    manager.page("GET", "/snapshots/s1", 200)
    manager.get("/snapshots/s1", {"id": "s1", "status": "uploaded"})
    assert come_to_rest()["id"] == "s1"


def test_other_errors_end_it_at_once(manager: t.Any) -> None:
    manager.error("GET", "/snapshots/s1", 400, "bad_parameters_error")
    with pytest.raises(ApiError, match="HTTP 400"):
        come_to_rest()
