# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a manager fetches from a URL is seen only when it has it, and is deleted again if it is no good."""

from __future__ import annotations

import shutil
import socket

import pytest

from bad_input.batch import (
    ARCHIVES,
    Batch,
    Case,
    Place,
    check,
    check_nothing_happened,
    run,
    web_server,
)
from scenarios.site import with_metadata

REACH = "It is the manager that has to reach it; src sends a file from here"
AGAIN = "Take the snapshot again, or use another copy of it"
GOOD = ARCHIVES / "rich-legacy-revisions.zip"


def fetch(what: str, url: str, says: str, todo: str, **args: object) -> Case:
    wanted = {"id": "new", "url": url, **args}
    return Case(what, "snapshot_upload", wanted, (says,), todo, undone="again: " in says)


CASES = [
    fetch("nobody there", "http://127.0.0.1:{{ closed_port }}/a.zip", "Connection refused", REACH),
    fetch("not there", "{{ web }}/none.zip", "HTTP 400", REACH),
    fetch("no URL", "a.zip", "Invalid URL a.zip", REACH),
    fetch("garbage", "{{ web }}/text.zip", "text.zip was deleted again: not a zip archive", AGAIN),
    fetch(
        "newer", "{{ web }}/newer.zip", "was deleted again: this manager could not restore", "force"
    ),
    fetch("another one", "{{ web }}/good.zip", "again: its sha256", "which of", sha256="0" * 64),
    fetch("taken id", "{{ web }}/good.zip", "cannot be compared", "by its sha256", id="there"),
    fetch("other", "{{ web }}/good.zip", "never overwritten", "id", id="there", sha256="0" * 64),
]


@pytest.fixture(scope="module")
def batch(place: Place) -> Batch:
    (place.files / "text.zip").write_text("<html>\n")
    shutil.copy(GOOD, place.files / "good.zip")
    with_metadata(GOOD, place.files / "newer.zip", snapshot_version="9.1.0")
    place.manager.add_snapshot("there")
    with web_server(place.files) as port, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        place.variables |= {
            "web": f"http://127.0.0.1:{port}",
            "closed_port": closed.getsockname()[1],
        }
        return run(place, CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_one_clear_line(case: Case, batch: Batch) -> None:
    check(case, batch)


def test_nothing_is_left(batch: Batch) -> None:
    """Only here is the manager asked for something; what came of it is undone."""
    wanted = "/api/v3.1/snapshots/new"
    assert {each.partition("?")[0] for each in batch.changing} == {
        f"PUT {wanted}/archive",
        f"DELETE {wanted}",
    }
    batch.changing.clear()
    check_nothing_happened(batch, CASES)
