# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A 4.5.5 manager, and one whose certificate is for another address."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bad_input.batch import (
    ARCHIVES,
    PASSWORD,
    Batch,
    Case,
    Place,
    check,
    check_nothing_happened,
    run,
)
from standin.testing import StandIn

OUT = "Leave it out"

CASES = [
    Case(
        "new format",
        "snapshot",
        {"id": "new", "format": "new"},
        ("version 4.5.5 has no new format",),
        "Use format=legacy or format=auto",
    ),
    Case(
        "listener_timeout",
        "snapshot",
        {"id": "new", "listener_timeout": 1},
        ("would be ignored by version 4.5.5: it is known from 7.0.4 on",),
        OUT,
    ),
    Case(
        "archive in new format",
        "snapshot_upload",
        {"id": "new", "src": str(ARCHIVES / "rich-new.zip")},
        ("newer than the manager's 4.5.5", "in new format, which version 4.5.5 does not know"),
        "Choose another archive",
    ),
    Case(
        "restore beside replicas",
        "snapshot_restore",
        {"id": "there"},
        ("version 4.5.5 refuses a restore on a cluster of 3 nodes",),
        "Restore on the leader before the replicas join",
    ),
    Case(
        "certificate of another address",
        "snapshot_info",
        {
            "manager_hosts": ["127.0.0.2"],
            "manager_port": "{{ far_port }}",
            "ca_path": "{{ far_ca }}",
        },
        ("certificate is not trusted: IP address mismatch",),
        "Put a name or address that is in the certificate into manager_hosts",
    ),
]


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, python: str, modules_python: str
) -> Iterator[Place]:
    root = tmp_path_factory.mktemp("place")
    with (
        StandIn(profile="4.5.5", password=PASSWORD, state=root / "manager") as manager,
        StandIn(password=PASSWORD, state=root / "far", host="127.0.0.2") as far,
    ):
        manager.add_snapshot("there")
        manager.control("POST", "/cluster", {"nodes": 3})
        ports = {"far_port": far.port, "far_ca": far.ca}
        yield Place(manager, root, ports, warm=python, warm_modules=modules_python)


@pytest.fixture(scope="module")
def batch(place: Place) -> Batch:
    return run(place, CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_one_clear_line(case: Case, batch: Batch) -> None:
    check(case, batch)


def test_nothing_happened(batch: Batch) -> None:
    check_nothing_happened(batch, CASES)
