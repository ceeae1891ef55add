# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Playbooks that cannot begin: one line that says BACKUP FAILED or RESTORE FAILED, and why."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bad_input.batch import WRONG, Ended, Place, check_output
from bad_input.test_disks import NAMESPACES
from standin.certs import ensure_ca

CLUSTER = "production"
HERE = ("-i", "localhost,", "-c", "local")
LOGIN = "Check username and password or token"
RIGHTS = "Check that the tenant exists"
CA = "Name the CA that signed the manager's certificate in ca_path"
ROOM = "Make room there, or choose another place"

# What both tell of one connection is the same module's; each is tried with one of them at least.
CONNECTIONS: list[tuple[str, str, dict[str, Any], str, str]] = [
    ("restore", "wrong password", {"password": WRONG}, "HTTP 401", LOGIN),
    ("restore", "unreachable", {"manager_port": 1}, "connection refused", "Check manager_hosts"),
    *(
        (playbook, *case)
        for playbook in ("backup", "restore")
        for case in (
            ("unknown tenant", {"tenant": "nowhere"}, "invalid tenant name: nowhere", RIGHTS),
            ("another CA", {"ca_path": "{{ other_ca }}"}, "certificate is not trusted", CA),
            ("plain http", {"manager_protocol": "http"}, "plain HTTP", "manager_protocol=https"),
        )
    ),
]
SETTINGS: list[tuple[str, dict[str, Any], str]] = [
    ("backup", {"cloudify_cluster_name": "a/b"}, "cluster 'a/b': it takes up to 200 letters"),
    ("backup", {"take_snapshot_id": "2026"}, "it has to begin with a letter"),
    ("backup", {"take_snapshot_id": "x" * 201}, "may contain up to 200 letters"),
    ("restore", {"apply_snapshot_set": "unknown"}, "the store has no set unknown"),
    ("restore", {"cloudify_confirm": "staging"}, 'cloudify_confirm is "staging"'),
]


def play(place: Place, playbook: str, **variables: Any) -> Ended:
    connection = {**place.variables["manager"], **variables.pop("connection", {})}
    given = {
        "cloudify_connection": connection,
        "cloudify_cluster_name": CLUSTER,
        "cloudify_store_dir": str(place.files / "store"),
        "other_ca": place.variables["other_ca"],
        "ansible_python_interpreter": place.modules_python,
        **variables,
    }
    # In a file: on a command line, a list of processes would show the password.
    settings = place.root / "settings.json"
    settings.write_text(json.dumps(given))
    words = (f"cloudify_ha.recovery.{playbook}", "-e", f"@{settings}", *HERE)
    return place.ansible("ansible-playbook", *words)


def failure(playbook: str, ended: Ended) -> str:
    """The last message, which has to be one line."""
    assert ended.code == 2, ended.output
    check_output(ended.output)
    last = next(x for x in reversed(ended.output.splitlines()) if "fatal: " in x)
    told: str = json.loads(last.partition("=> ")[2])["msg"]
    assert told.startswith(f"{playbook.upper()} FAILED: cluster ")
    assert "\n" not in told
    return told


def refused(place: Place, playbook: str, **variables: Any) -> str:
    """What it says where nothing may have changed, here or on the manager."""
    before, state, seen = place.traces(), place.manager.summary(), len(place.manager.requests())
    told = failure(playbook, play(place, playbook, **variables))
    assert place.traces() == before
    assert place.manager.summary() == state
    asked = place.manager.requests()[seen:]
    assert [each for each in asked if each["method"] not in ("GET", "HEAD")] == []
    return told


@pytest.fixture(scope="module")
def ready(place: Place) -> Place:
    other_ca, _key = ensure_ca(place.files / "other")
    place.variables["other_ca"] = str(other_ca)
    return place


@pytest.mark.parametrize(("playbook", "name", "connection", "says", "todo"), CONNECTIONS)
def test_connection(
    playbook: str, name: str, connection: dict[str, Any], says: str, todo: str, ready: Place
) -> None:
    told = refused(ready, playbook, connection=connection)
    assert says in told and todo in told


@pytest.mark.parametrize(("playbook", "settings", "says"), SETTINGS)
def test_settings(playbook: str, settings: dict[str, Any], says: str, ready: Place) -> None:
    assert says in refused(ready, playbook, **settings)


# -- disks -------------------------------------------------------------------------------------------

# Mounts the disk of the first argument as the second one says, with what is beside it on it, and
# runs the rest; what is on it afterwards goes beside it too.
MOUNT = """
set -e
disk=$1
mount -t tmpfs -o "$2" tmpfs "$disk"
cp -a "$disk.before/." "$disk"
mount -o "remount,$3" "$disk"
shift 3
code=0
"$@" || code=$?
rm -rf "$disk.after"
cp -a "$disk" "$disk.after"
exit $code
"""


@pytest.fixture
def disk(ready: Place) -> Iterator[Path]:
    """Where a disk is mounted; what is in C(.before) will be on it."""
    folder = ready.root / "disk"
    folder.mkdir()
    before = ready.root / "disk.before"
    before.mkdir(mode=0o700)
    yield folder
    ready.wrapper = ()
    for each in (folder, before, ready.root / "disk.after"):
        shutil.rmtree(each, ignore_errors=True)


def mounted(place: Place, disk: Path, size: str, then: str) -> None:
    for namespace in NAMESPACES:
        place.wrapper = (*namespace, "sh", "-c", MOUNT, "sh", str(disk), size, then)
        tried = subprocess.run(
            [*place.wrapper, "true"], capture_output=True, text=True, check=False
        )
        if tried.returncode == 0:
            return
    pytest.skip(f"no disk of one's own can be mounted here: {tried.stderr.strip()}")


def tree(folder: Path) -> list[str]:
    """What is below it, but for journals of runs."""
    found = sorted(
        str((Path(where) / name).relative_to(folder))
        for where, folders, files in os.walk(folder)
        for name in (*folders, *files)
    )
    return [each for each in found if each != CLUSTER and ".runs" not in Path(each).parts]


@pytest.mark.parametrize(
    ("size", "then", "says", "todo"),
    [
        ("size=8m", "rw", "MiB free, 16 MiB are needed", ROOM),
        ("size=32m", "ro", "Read-only file system", "Choose a place that can be written to"),
    ],
    ids=["full", "read-only"],
)
def test_backup_onto_a_bad_disk(
    size: str, then: str, says: str, todo: str, disk: Path, ready: Place
) -> None:
    mounted(ready, disk, size, then)
    told = refused(ready, "backup", cloudify_store_dir=str(disk))
    assert says in told and todo in told
    assert tree(disk.with_suffix(".after")) == []


def test_backup_with_less_room_than_the_newest_set_takes(disk: Path, ready: Place) -> None:
    """It is known before the manager makes a snapshot."""
    before = disk.with_suffix(".before")
    assert play(ready, "backup", cloudify_store_dir=str(before)).code == 0
    (folder,) = (before / CLUSTER).glob("[!.]*")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["snapshot.zip"]["size"] = 20 << 20
    (folder / "manifest.json").write_text(json.dumps(manifest))
    had = tree(before)
    mounted(ready, disk, "size=32m", "rw")
    told = refused(ready, "backup", cloudify_store_dir=str(disk))
    assert "MiB free, 36 MiB are needed" in told and ROOM in told
    assert tree(disk.with_suffix(".after")) == had


def test_restore_from_a_store_that_cannot_be_written(disk: Path, ready: Place) -> None:
    """It keeps a note there, by which the next run knows that it was killed."""
    before = disk.with_suffix(".before")
    assert play(ready, "backup", cloudify_store_dir=str(before)).code == 0
    mounted(ready, disk, "size=32m", "ro")
    told = failure(
        "restore",
        play(ready, "restore", cloudify_store_dir=str(disk), cloudify_confirm=CLUSTER),
    )
    assert "cannot be written, which has to remember maintenance mode over a kill" in told
    assert ready.manager.summary()["maintenance"] == "deactivated"
