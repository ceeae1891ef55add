# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disks that are full or cannot be written to. They are mounted where nobody else sees them."""

from __future__ import annotations

import subprocess

import pytest

from bad_input.batch import Batch, Case, Place, check, check_nothing_happened, run

# As root in a mount namespace, or as anybody who may make a user namespace too.
NAMESPACES = (("unshare", "--mount"), ("unshare", "--map-root-user", "--mount"))

# Mounts below the first argument, then runs the rest; what is there before and after goes beside it.
SCRIPT = """
set -e
disks=$1
shift
mount -t tmpfs -o size=64k tmpfs "$disks/full"
mount -t tmpfs -o size=8m tmpfs "$disks/small"
mount -t tmpfs -o ro tmpfs "$disks/sealed"
mkdir "$disks/full/store"
head -c 100k /dev/zero > "$disks/full/filler" 2> "$disks.error" || :
list() { find "$disks" \\( -type f -o -name '.*' \\) -printf '%p %s %m\\n'; }
list > "$disks.before"
code=0
"$@" || code=$?
list > "$disks.after"
exit $code
"""


def download(disk: str, says: str, todo: str, *, check_mode: bool = False) -> Case:
    name = f"download: {disk}{' in check mode' if check_mode else ''}"
    wanted = {"id": "there", "dest": f"{{{{ disks }}}}/{disk}/a.zip"}
    return Case(name, "snapshot_download", wanted, (says,), todo, check_mode)


def stage(disk: str, says: str, todo: str) -> Case:
    store = f"{{{{ disks }}}}/{disk}/store"
    wanted = {"store": store, "cluster": "prod", "id": "first", "state": "staged"}
    return Case(f"stage: {disk}", "recovery_set", wanted, (says,), todo)


ROOM = "Make room there, or choose another place"
CASES = [
    download("full", "full has 0 MiB free, 16 MiB are needed", ROOM),
    download("small", "small has 8 MiB free, 16 MiB are needed", ROOM),
    download("small", "small has 8 MiB free, 16 MiB are needed", ROOM, check_mode=True),
    download("sealed", "sealed/a.zip: the directory cannot be written to", "not mounted read-only"),
    stage("full", "full/store has 0 MiB free, 16 MiB are needed", ROOM),
    stage("sealed", "Read-only file system", "Choose a place that can be written to"),
]


@pytest.fixture(scope="module")
def batch(place: Place) -> Batch:
    disks = place.root / "disks"
    for name in ("full", "small", "sealed"):
        (disks / name).mkdir(parents=True)
    place.variables["disks"] = str(disks)
    place.manager.add_snapshot("there")
    for namespace in NAMESPACES:
        place.wrapper = (*namespace, "sh", "-c", SCRIPT, "sh", str(disks))
        tried = subprocess.run(
            [*place.wrapper, "true"], capture_output=True, text=True, check=False
        )
        if tried.returncode == 0:
            return run(place, CASES)
    pytest.skip(f"no disk of one's own can be mounted here: {tried.stderr.strip()}")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_one_clear_line(case: Case, batch: Batch) -> None:
    check(case, batch)


def test_nothing_happened(place: Place, batch: Batch) -> None:
    check_nothing_happened(batch, CASES)
    before, after = (place.root / f"disks.{when}" for when in ("before", "after"))
    assert after.read_text() == before.read_text()
