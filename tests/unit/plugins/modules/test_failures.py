# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A manager that answers with an error, with nonsense, or not at all: each module that asks it."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import conversation as c
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.failing_calls import (
    ALL,
    READS,
    WRITES,
    Call,
)

#: Pauses before a read is given up.
PAUSES = [0.5, 1.0, 2.0, 4.0]


def tree(folder: pathlib.Path) -> dict[str, float]:
    return {str(each): each.stat().st_mtime_ns for each in folder.rglob("*")}


@pytest.fixture
def fails(manager: t.Any, tmp_path: t.Any) -> t.Callable[..., dict[str, t.Any]]:
    """Run a call's module after its conversation was set up; it has to fail.

    C(perhaps): this failure leaves open whether a change was made, so it counts as one.
    """

    def run(call: Call, *, perhaps: bool = False, **options: t.Any) -> dict[str, t.Any]:
        given = {**call.options, **call.prepare(tmp_path), **options}
        if perhaps:
            call.look(manager)
        files = tree(tmp_path)
        said = manager.run(call.module, **given)
        assert said["failed"]
        assert said["msg"].startswith(f"Cannot {call.doing}: {call.method} ")
        assert "defect" not in said["msg"]
        assert bool(said.get("changed")) == (perhaps and call in WRITES)
        assert tree(tmp_path) == files
        return t.cast("dict[str, t.Any]", said)

    return run


#: A 404 of these says that there is no such thing, which is tested with the modules.
ABSENCE = ("/snapshots/s1", "/snapshots/r1", "/tenants", "/blueprints")
#: These look whether it is a restore that makes a manager refuse a login.
ASK_FOR_A_RESTORE = ("snapshot_info", "snapshot_restore")
ERRORS = [
    (401, "unauthorized_error", "Check username and password or token"),
    (403, "forbidden_error", "Check that the tenant exists"),
    (404, "missing_premium_package_error", "This needs the premium edition"),
    (409, "conflict_error", ""),
    (500, "internal_server_error", ""),
    (503, "in_snapshot_restore_error", "A restore runs, or its flag was left behind"),
]


@pytest.mark.parametrize(
    ("call", "status", "code", "hint"),
    [
        pytest.param(call, *error, id=f"{call}-{error[0]}")
        for call in ALL
        for error in ERRORS
        if error[0] != 404 or call.path not in ABSENCE
    ],
)
def test_an_error_of_the_manager_is_told_at_once(
    call: Call, status: int, code: str, hint: str, manager: t.Any, fails: t.Any, clock: t.Any
) -> None:
    call.lead(manager)
    manager.error(call.method, call.path, status, code, "the reason.", **call.request)
    if status == 401 and call in READS and call.module in ASK_FOR_A_RESTORE:
        without: t.Any = {"headers": {"Authorization": None}}
        manager.get("/snapshot-status", {"status": "not-running"}, **without)
    said = fails(call, perhaps=status == 500)
    assert f"https://m1.example:443/api/v3.1{call.path} -> HTTP {status}" in said["msg"]
    assert ": the reason." in said["msg"]
    assert hint in said["msg"]
    assert (said["status"], said["error_code"]) == (status, code)
    assert said["manager_host"] == "m1.example"
    assert clock.slept == []


@pytest.mark.parametrize("call", ALL, ids=str)
def test_a_page_for_404_is_no_answer_of_the_manager(
    call: Call, manager: t.Any, fails: t.Any
) -> None:
    call.lead(manager)
    manager.page(call.method, call.path, 404, **call.request)
    said = fails(call)
    assert "HTTP 404 Not Found: a page titled '404 Not Found'" in said["msg"]
    assert said["error_code"] is None


@pytest.mark.parametrize("status", [502, 503, 504])
@pytest.mark.parametrize("call", READS, ids=str)
def test_a_read_is_repeated_while_the_proxy_has_no_answer(
    call: Call, status: int, manager: t.Any, fails: t.Any, clock: t.Any
) -> None:
    call.lead(manager)
    for _attempt in range(5):
        manager.page(call.method, call.path, status, **call.request)
    assert f"HTTP {status}" in fails(call)["msg"]
    assert clock.slept == PAUSES


@pytest.mark.parametrize("status", [502, 504])
@pytest.mark.parametrize("call", WRITES, ids=str)
def test_a_change_is_not_repeated_when_the_proxy_has_no_answer(
    call: Call, status: int, manager: t.Any, fails: t.Any, clock: t.Any
) -> None:
    call.lead(manager)
    manager.page(call.method, call.path, status, **call.request)
    assert "REST service is down or restarting" in fails(call, perhaps=True)["msg"]
    assert clock.slept == []


@pytest.mark.parametrize("call", WRITES, ids=str)
def test_a_change_is_repeated_when_the_rate_limit_refused_it(
    call: Call, manager: t.Any, fails: t.Any, clock: t.Any
) -> None:
    call.lead(manager)
    for _attempt in range(5):
        manager.page(call.method, call.path, 503, **call.request)
    assert "HTTP 503" in fails(call)["msg"]
    assert clock.slept == PAUSES


GARBAGE: dict[str, dict[str, t.Any]] = {
    "another service's page": {"body": "<title>Router login</title>", "content_type": "text/html"},
    "broken JSON": {"body": '{"status": "crea', "content_type": "application/json"},
    "binary": {"body": b"\x00\xff\xfe", "content_type": "application/json"},
    "an empty body": {"body": b"", "content_type": "application/json"},
    "a JSON string": {"json": "OK"},
    "a JSON list": {"json": []},
    "JSON's null": {"json": None},
    "an empty object": {"json": {}},
    "another service's object": {"json": {"items": None, "hello": "world"}},
}


#: Of the answer to this one nothing is read but that it is an object.
UNREAD = ("an empty object", "another service's object")


@pytest.mark.parametrize(
    ("call", "garbage"),
    [
        pytest.param(call, garbage, id=f"{call}-{what}")
        for call in ALL
        for what, garbage in GARBAGE.items()
        if not (call.unread and what in UNREAD)
    ],
)
def test_an_answer_that_makes_no_sense_is_told_as_such(
    call: Call, garbage: dict[str, t.Any], manager: t.Any, fails: t.Any
) -> None:
    call.lead(manager)
    manager.request(call.method, call.path, **garbage, **call.request)
    said = fails(call, perhaps=True)
    assert "not the manager's JSON" in said["msg"]


@pytest.mark.parametrize("call", READS, ids=str)
@pytest.mark.parametrize(
    ("error", "words"),
    [
        (c.refused, "connection refused"),
        (c.no_connection, "no connection within connect_timeout"),
        (c.no_answer, "no answer within request_timeout"),
        (c.closed, "the connection was closed without an answer"),
    ],
)
def test_a_read_is_repeated_and_then_given_up(
    call: Call, error: t.Any, words: str, manager: t.Any, fails: t.Any, clock: t.Any
) -> None:
    call.lead(manager)
    for _attempt in range(5):
        manager.broken(call.method, call.path, error(), **call.request)
    said = fails(call)
    assert f"{call.path}: {words}. Check manager_hosts and manager_port" in said["msg"]
    assert clock.slept == PAUSES


def another_tells_no_flag(manager: t.Any) -> None:
    """Before a restore, each manager is asked whether its restore flag is set."""
    manager.serve("GET", "/snapshot-status", lambda request: c.refused(), host=c.SECOND, login=None)


@pytest.mark.parametrize("call", WRITES, ids=str)
@pytest.mark.parametrize("error", [c.no_answer, c.closed])
def test_a_change_that_may_have_arrived_is_not_repeated_anywhere(
    call: Call, error: t.Any, manager: t.Any, fails: t.Any, clock: t.Any
) -> None:
    another_tells_no_flag(manager)
    call.lead(manager)
    manager.broken(call.method, call.path, error(), **call.request)
    said = fails(call, perhaps=True, **c.BOTH)
    assert "may have begun it all the same: look before trying again" in said["msg"]
    assert clock.slept == []


@pytest.mark.parametrize("call", [call for call in WRITES if call.pinned], ids=str)
@pytest.mark.parametrize("error", [c.refused, c.no_connection])
def test_what_was_prepared_on_one_manager_is_tried_on_no_other(
    call: Call, error: t.Any, manager: t.Any, fails: t.Any, clock: t.Any
) -> None:
    another_tells_no_flag(manager)
    call.lead(manager)
    for _attempt in range(5):
        manager.broken(call.method, call.path, error(), **call.request)
    assert "https://m1.example" in fails(call, **c.BOTH)["msg"]
    assert clock.slept == PAUSES


@pytest.mark.parametrize("call", [call for call in WRITES if not call.pinned], ids=str)
@pytest.mark.parametrize("error", [c.refused, c.no_connection])
def test_a_change_that_cannot_have_arrived_is_tried_on_each_manager(
    call: Call, error: t.Any, manager: t.Any, fails: t.Any, clock: t.Any
) -> None:
    call.lead(manager)
    there, back = (c.HOST, c.SECOND), (c.SECOND, c.HOST)
    # each round begins where the one before has ended
    for host in (*there, *back, *there, *back, *there):
        manager.broken(call.method, call.path, error(), host=host, **call.request)
    said = fails(call, **c.BOTH)
    assert "no manager answers (" in said["msg"]
    assert "m1.example: " in said["msg"] and "m2.example: " in said["msg"]
    assert clock.slept == PAUSES


@pytest.mark.parametrize("call", ALL, ids=str)
def test_a_certificate_that_is_not_trusted_is_told_at_once(
    call: Call, manager: t.Any, fails: t.Any, clock: t.Any
) -> None:
    call.lead(manager)
    manager.broken(call.method, call.path, c.untrusted(), **call.request)
    said = fails(call)
    assert "its certificate is not trusted: self-signed certificate" in said["msg"]
    assert "Name the CA that signed the manager's certificate in ca_path" in said["msg"]
    assert clock.slept == []
