# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ids that are none, snapshots that cannot be used, and options that make no sense."""

from __future__ import annotations

import pytest

from bad_input.batch import ARCHIVES, Batch, Case, Place, check, check_nothing_happened, run

LETTER = "begin with a letter and may contain only letters, digits and the characters - . _"
PLAIN = "cannot begin with a dot or contain / or line breaks"

# The product's own rule, for what is made.
IDS = {
    "space": ("my snapshot", "'my snapshot'", LETTER),
    "digit": ("2026-backup", "'2026-backup'", LETTER),
    "umlaut": ("für-heute", "'für-heute'", LETTER),
}
# What cannot be a part of a path, wherever the snapshot comes from.
NEVER = {
    "slash": ("a/b", "'a/b'", PLAIN),
    "dots": ("..", "'..'", PLAIN),
    "line break": ("a\nb", "'a\\nb'", PLAIN),
    "too long": ("x" * 257, "of 257 characters", "it takes 1 to 256"),
    "empty": ("", "of 0 characters", "it takes 1 to 256"),
}
SLASH = {"slash": NEVER["slash"]}
BY_MODULE = {
    "snapshot": ({}, IDS | NEVER),
    "snapshot_upload": ({"src": str(ARCHIVES / "small-new.zip")}, {"space": IDS["space"]}),
    "snapshot_download": ({"dest": "{{ files }}"}, SLASH),
    "snapshot_restore": ({}, SLASH),
    "snapshot_info": ({}, SLASH),
}

OUT = "Leave it out"
NEGATIVE = "has to be more than 0 seconds, not -1"


def make(what: str, says: str, todo: str, **args: object) -> Case:
    return Case(f"make: {what}", "snapshot", {"id": "new", **args}, (says,), todo)


def download(snapshot_id: str, says: str, todo: str, **args: object) -> Case:
    wanted = {"id": snapshot_id, "dest": "{{ files }}", **args}
    return Case(f"download: {snapshot_id} {says}", "snapshot_download", wanted, (says,), todo)


CASES = [
    *(
        Case(f"{module}: id with {what}", module, {"id": value, **args}, (says,), todo)
        for module, (args, ids) in BY_MODULE.items()
        for what, (value, says, todo) in ids.items()
    ),
    Case(
        "delete: id with dots",
        "snapshot",
        {"id": "..", "state": "absent"},
        ("snapshot id '..'",),
        PLAIN,
    ),
    make("failed", "snapshot failed is failed", "Choose another id, or use replace", id="failed"),
    make("stuck", "snapshot creating is stuck in creating", "replace_failed=true", id="creating"),
    make("uploaded", "but was uploaded", "Choose another id", id="garbage"),
    make("negative wait_timeout", "wait_timeout", NEGATIVE, wait_timeout=-1),
    make("no wait_interval", "wait_interval", "more than 0 seconds, not 0", wait_interval=0),
    make("not a time", "wait_timeout", "more than 0 seconds, not nan", wait_timeout="nan"),
    make("listener_timeout", "would be ignored in legacy format", OUT, listener_timeout=1),
    make("metrics", "would be ignored by version 7.0.5", OUT, include_metrics=True),
    make("tempdir", "ignored in new format", OUT, format="new", tempdir_path="/x"),
    make("credentials", "7.0.5 in new format", OUT, format="new", include_credentials=True),
    download("unknown", "no snapshot unknown in tenant default_tenant", "Look with snapshot_info"),
    download("failed", "it is failed", "Take or upload another one"),
    download("creating", "it is creating", "Wait until it is created"),
    download("garbage", "no sound snapshot: not a zip archive", "Take another snapshot"),
    download("lost", "its archive is gone", "Take another one"),
    download("there", "idle_timeout", NEGATIVE, idle_timeout=-1),
    Case(
        "maintenance: negative wait_timeout",
        "maintenance_mode",
        {"state": "activated", "wait_timeout": -1},
        ("wait_timeout",),
        NEGATIVE,
    ),
]


@pytest.fixture(scope="module")
def batch(place: Place) -> Batch:
    manager = place.manager
    manager.seed(sample="rich")
    for name in ("there", "lost"):
        manager.add_snapshot(name)
    for name in ("failed", "creating"):
        manager.add_snapshot(name, status=name)
    (manager.state / "snapshots/lost/lost.zip").unlink()
    place.upload("garbage", b"this is no zip")
    return run(place, CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_one_clear_line(case: Case, batch: Batch) -> None:
    check(case, batch)


def test_nothing_happened(batch: Batch) -> None:
    check_nothing_happened(batch, CASES)
