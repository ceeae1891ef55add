# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._changing import changing
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import RecoveryError
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import conversation as c
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.module_utils.restore_talk import (
    client,
)


def test_what_was_answered_well_has_changed_something() -> None:
    facts: dict[str, t.Any] = {"execution_id": "e1"}
    with changing(facts):
        assert "changed" not in facts
    assert facts == {"execution_id": "e1", "changed": True}


def page(status: int) -> dict[str, t.Any]:
    return {"status": status, "body": b"<html></html>", "content_type": "text/html"}


def said(status: int, code: str) -> dict[str, t.Any]:
    return {"status": status, "json": {"error_code": code}}


def fails(manager: t.Any, answer: dict[str, t.Any], *, tries: int = 1) -> bool:
    """Whether the error of such a request tells of a change."""
    for _try in range(tries):
        manager.delete("/snapshots/s1", **answer)
    facts: dict[str, t.Any] = {}
    with pytest.raises(RecoveryError) as caught, changing(facts):
        client().delete_snapshot("s1")
    assert facts == {}
    return bool(caught.value.details.get("changed", False))


@pytest.mark.parametrize(
    "answer",
    [
        {"body": c.closed()},
        {"body": c.no_answer()},
        said(500, "internal_server_error"),
        page(502),
        page(504),
        page(200),
    ],
)
def test_a_request_that_may_have_been_carried_out_says_so(
    answer: dict[str, t.Any], manager: t.Any
) -> None:
    assert fails(manager, answer)


@pytest.mark.parametrize(
    ("answer", "tries"),
    [
        ({"body": c.refused()}, 5),
        ({"body": c.no_connection()}, 5),
        ({"body": c.untrusted()}, 1),
        (page(503), 5),
        (page(413), 1),
        (said(400, "bad_parameters_error"), 1),
        (said(409, "conflict_error"), 1),
        (said(503, "maintenance_mode_active"), 1),
    ],
)
def test_a_request_that_never_arrived_or_was_refused_has_changed_nothing(
    answer: dict[str, t.Any], tries: int, manager: t.Any
) -> None:
    assert not fails(manager, answer, tries=tries)
