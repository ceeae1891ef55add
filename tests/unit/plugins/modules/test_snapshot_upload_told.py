# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""snapshot_upload: what an error tells of what has got to the manager before it."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import conversation as c
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.samples import archive
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.uploading import (
    ARCHIVE,
    BINARY,
    absent,
    is_file,
    lead,
    put,
    shown,
)


@pytest.fixture
def src(tmp_path: pathlib.Path) -> pathlib.Path:
    archive(tmp_path / "s1.zip")
    return tmp_path / "s1.zip"


def fails(manager: t.Any, src: pathlib.Path, **more: t.Any) -> t.Any:
    said = manager.run("snapshot_upload", id="s1", src=str(src), **more)
    assert said["failed"]
    return said.get("changed")


def breaks(manager: t.Any, src: pathlib.Path) -> None:
    manager.broken("PUT", ARCHIVE, c.closed(), sent=is_file(src), headers=BINARY)


def test_one_that_is_never_shown_was_sent(manager: t.Any, src: pathlib.Path) -> None:
    lead(manager)
    put(manager, src)
    for _look in range(3):
        absent(manager)
    assert fails(manager, src, wait_timeout=1.0) is True


def test_one_that_has_replaced_another_was_sent(manager: t.Any, src: pathlib.Path) -> None:
    lead(manager)
    put(manager, src, json={"id": None}, status=201)
    assert fails(manager, src) is True


def test_one_that_broke_and_cannot_be_looked_for_may_be_there(
    manager: t.Any, src: pathlib.Path
) -> None:
    lead(manager)
    breaks(manager, src)
    manager.error("GET", "/snapshots/s1", 401, "unauthorized_error")
    assert fails(manager, src) is True


def test_one_that_broke_and_is_not_there_is_no_change(manager: t.Any, src: pathlib.Path) -> None:
    lead(manager)
    for _try in range(3):
        breaks(manager, src)
        absent(manager)
    assert fails(manager, src) is None


@pytest.mark.parametrize(("status", "changed"), [(403, None), (409, None), (500, True)])
def test_one_that_is_refused_is_no_change(
    status: int, changed: bool | None, manager: t.Any, src: pathlib.Path
) -> None:
    lead(manager)
    manager.error("PUT", ARCHIVE, status, "some_error", sent=is_file(src), headers=BINARY)
    assert fails(manager, src) is changed


def test_an_outage_after_it_was_sent_is_waited_out(
    manager: t.Any, src: pathlib.Path, clock: t.Any
) -> None:
    lead(manager)
    put(manager, src)
    for _look in range(60):
        manager.page("GET", "/snapshots/s1", 502)
    shown(manager, src.stat().st_size)
    assert manager.run("snapshot_upload", id="s1", src=str(src))["changed"]
    assert sum(clock.slept) >= 30
