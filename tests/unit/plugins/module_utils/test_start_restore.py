# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A restore is asked for, tidied up after where it is refused, and its end awaited."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ApiError,
    Refused,
    Unauthorized,
    WaitTimeout,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._restore import (
    MayHaveBegun,
    Passwords,
    settled,
    start,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._snapshots import EVERY_STATE
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._wait import Ticker
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.conversation import (
    PASSWORD,
    closed,
    refused,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.module_utils.restore_talk import (
    OF_RESTORES,
    SENT,
    client,
    executions,
    of_executions,
    restores,
)

INSTALL = {"id": "e9", "workflow_id": "install", "status": "started"}
RESTORE = {"workflow_id": "restore_snapshot", "status": "pending"}
MINE = {**RESTORE, "id": "e2", "parameters": {"snapshot_id": "s1"}}
BEFORE = {**RESTORE, "id": "e1", "parameters": {"snapshot_id": "s1"}}
OTHERS = {**RESTORE, "id": "e3", "parameters": {"snapshot_id": "s2"}}
BARE = {**RESTORE, "id": "e4", "parameters": None}
ALL_RESTORES = {**of_executions(EVERY_STATE), **OF_RESTORES, "_size": 1000, "_offset": 0}
KILLED = {**MINE, "status": "cancelled"}


def begin(**more: t.Any) -> str:
    asking = client()
    ticker = Ticker(timeout=60, interval=0.5)
    return start(
        asking,
        "s1",
        SENT,
        ticker=more.pop("ticker", ticker),
        passwords=Passwords(asking, current=PASSWORD, restored=more.pop("restored", None)),
        settle=lambda: Ticker(timeout=1, interval=0.5),
    )


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
    restores(manager)
    manager.post("/snapshots/s1/restore", {"id": "e1", "status": "pending"}, sent=SENT)
    assert begin() == "e1"


def test_refused_restore_is_killed_and_nobody_elses(manager: t.Any) -> None:
    restores(manager, [BEFORE])
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


def test_refused_restore_is_killed_in_maintenance_mode_too(manager: t.Any) -> None:
    """There, all but the refusal itself wants the bypass."""
    active = ["pending", "started", "cancelling", "force_cancelling", "kill_cancelling"]

    def listed(statuses: t.Sequence[str], items: t.Sequence[t.Any], **query: str) -> None:
        asked = {**of_executions(statuses), **query, "_size": 1000, "_offset": 0}
        in_maintenance("GET", "/executions", query=asked)
        executions(manager, statuses, items, query=query, bypass=True)

    def in_maintenance(method: str, path: str, **more: t.Any) -> None:
        manager.error(method, path, 503, "maintenance_mode_active", **more)

    listed(EVERY_STATE, [], **OF_RESTORES)
    refusal(manager)
    listed(["pending"], [MINE], **OF_RESTORES)
    in_maintenance("POST", "/executions/e2", sent={"action": "kill"})
    manager.post("/executions/e2", KILLED, sent={"action": "kill"}, bypass=True)
    in_maintenance("GET", "/executions/e2")
    manager.get("/executions/e2", KILLED, bypass=True)
    listed(active, [INSTALL])
    with pytest.raises(Refused, match="while executions are active: install e9") as caught:
        begin()
    assert caught.value.details["killed_executions"] == ["e2"]


def test_refused_restore_that_cannot_be_killed_is_told(manager: t.Any) -> None:
    restores(manager)
    refusal(manager)
    executions(manager, ["pending"], [MINE], query=OF_RESTORES)
    manager.post("/executions/e2", {**MINE, "status": "kill_cancelling"}, sent={"action": "kill"})
    for _each in range(3):
        manager.get("/executions/e2", {**MINE, "status": "kill_cancelling"})
    with pytest.raises(WaitTimeout, match="the end of the refused restore e2"):
        begin(ticker=Ticker(timeout=1, interval=0.5))


def test_who_was_in_the_way_may_be_gone_meanwhile(manager: t.Any) -> None:
    restores(manager)
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
    restores(manager)
    manager.error("POST", "/snapshots/s1/restore", status, code, sent=SENT)
    if status == 500:
        restores(manager)
    with pytest.raises(ApiError, match=f"HTTP {status}"):
        begin()


def lost(manager: t.Any) -> None:
    restores(manager, [BEFORE])
    manager.broken("POST", "/snapshots/s1/restore", closed(), sent=SENT)


def test_request_that_may_have_arrived_is_not_repeated(manager: t.Any) -> None:
    lost(manager)
    for _look in range(3):
        restores(manager, [BEFORE, OTHERS])
    with pytest.raises(MayHaveBegun, match="look before trying again") as said:
        begin()
    assert "(there is no execution of it)" in said.value.message
    assert said.value.details["changed"]


def test_restore_whose_answer_was_lost_is_found(manager: t.Any) -> None:
    lost(manager)
    restores(manager, [BEFORE])
    restores(manager, [BEFORE, OTHERS, MINE])
    assert begin() == "e2"


@pytest.mark.parametrize("status", ["started", "terminated"])
def test_in_legacy_format_it_has_no_parameters_any_more(status: str, manager: t.Any) -> None:
    """And those of earlier restores come back from the snapshot."""
    lost(manager)
    manager.page("GET", "/executions", 500, query=ALL_RESTORES)
    manager.error("GET", "/executions", 401, "unauthorized_error", query=ALL_RESTORES)
    earlier = {**BARE, "id": "e0", "status": "terminated", "created_at": "2026-11-20"}
    restores(manager, [{**BARE, "status": status, "created_at": "2026-11-22"}, earlier])
    assert begin() == "e4"


def test_restore_that_began_though_the_manager_says_error_is_found(manager: t.Any) -> None:
    restores(manager)
    manager.error("POST", "/snapshots/s1/restore", 500, "internal_server_error", sent=SENT)
    restores(manager, [MINE])
    assert begin() == "e2"


def test_while_nobody_answers_it_may_have_begun(manager: t.Any) -> None:
    lost(manager)
    for _look in range(3):
        manager.page("GET", "/executions", 500, query=ALL_RESTORES)
    with pytest.raises(MayHaveBegun, match="cannot be told [(]Cannot list executions: "):
        begin()


def test_request_that_nginx_holds_off_is_repeated(manager: t.Any) -> None:
    restores(manager)
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
