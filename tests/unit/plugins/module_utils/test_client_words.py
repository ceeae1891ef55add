# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the client makes of answers that were had elsewhere: a version, and a status."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import (
    CloudifyClient,
    inactive_services,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ConnectionFailed,
    RecoveryError,
)


class Silent:
    """Nobody may be asked."""

    host = "m1"

    def json(self, *_words: t.Any, **_options: t.Any) -> t.Any:
        raise AssertionError("it was asked")


@pytest.mark.parametrize(
    ("version", "edition", "standby"),
    [("4.5.5", "premium", True), ("7.0.5", "premium", False), ("7.0.5", None, False)],
)
def test_what_it_knows_it_does_not_ask_for(version: str, edition: t.Any, standby: bool) -> None:
    client = CloudifyClient(t.cast(t.Any, Silent()))
    client.knows({"version": version, "edition": edition})
    assert client.capabilities().has("cluster.active_standby") is standby
    assert client.capabilities().edition == (edition or "community")


def test_a_version_that_cannot_be_read() -> None:
    client = CloudifyClient(t.cast(t.Any, Silent()))
    with pytest.raises(RecoveryError, match="Cannot read the manager's version"):
        client.knows({"version": "newest"})


def test_units_of_4() -> None:
    services = [
        {"display_name": "B", "instances": [{"state": "running"}, {"state": "failed"}]},
        {"display_name": "A", "instances": [{}]},
        {"display_name": "C", "instances": [{"state": "running"}]},
        {"display_name": "D"},
    ]
    assert inactive_services({"status": "running", "services": services}) == ["A", "B"]


def test_services_of_later_ones() -> None:
    services = {"B": {"status": "Inactive"}, "A": {}, "C": {"status": "Active"}}
    assert inactive_services({"status": "Fail", "services": services}) == ["A", "B"]


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({"status": "OK"}, []),
        ({"status": "running", "services": None}, []),
        ({"status": "OK", "services": {}}, []),
        ({"status": "Fail", "services": {}}, ["unnamed"]),
        ({"status": "Fail", "services": {"A": {"status": "Active"}}}, ["unnamed"]),
        ({}, ["unnamed"]),
    ],
)
def test_without_names(answer: dict[str, t.Any], found: list[str]) -> None:
    """A manager that is not well and does not say why is not well."""
    assert inactive_services(answer) == found


def test_nobody_hangs_unless_it_is_known() -> None:
    assert ConnectionFailed("no answer").hangs is False
