# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A full disk is full for everybody on it, and whole again afterwards."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lab import Host, LabError

LARGE = "x" * 300_000

# Run in a lab of its own whose disks are files.
ON_FILES = """
import subprocess
from pathlib import Path
from lab import LabError, attach
lab = attach()
host = lab.up("h1")[0]
host.write("/var/lib/kept", "text")
host.fill_disk(leave=1 << 20)
host.write("/var/lib/small", "x" * 1000)
try:
    host.write("/var/lib/large", "x" * 3_000_000)
    raise SystemExit("it was written")
except LabError as error:
    assert "No space left on device" in str(error), error
host.free_disk()
host.write("/var/lib/large", "x" * 3_000_000)
host.kill()
host.boot()
assert host.read("/var/lib/kept") == "text"
file = host.disk.file
# It has a size, and takes what is written.
assert 0 < file.stat().st_blocks * 512 < 500_000_000, file.stat()
host.destroy()
assert not file.exists()
lab.up("h1", "h2")
print("done", file.parent)
"""


def test_the_whole_disk(three_hosts: list[Host]) -> None:
    host = three_hosts[0]
    host.write("/root/kept", "text")
    host.fill_disk()
    for path in ("/root/more", "/var/log/more"):
        with pytest.raises(LabError, match="No space left on device"):
            host.write(path, LARGE)
        assert not host.exists(f"{path}.new")
    assert host.read("/root/kept") == "text"
    host.free_disk()
    host.write("/root/more", LARGE)


def test_some_room_is_left(three_hosts: list[Host]) -> None:
    host = three_hosts[0]
    host.fill_disk(leave=1 << 20)
    host.write("/root/more", LARGE)
    with pytest.raises(LabError, match="No space left on device"):
        host.write("/root/most", LARGE * 10)


def test_one_directory(three_hosts: list[Host]) -> None:
    host = three_hosts[0]
    host.write("/var/lib/room/deep/kept", "text")
    host.exec("chmod", "750", "/var/lib/room")
    host.exec("chown", "ops", "/var/lib/room")
    host.fill_disk("/var/lib/room")
    assert host.read("/var/lib/room/deep/kept") == "text"
    assert host.exec("stat", "-c", "%a %U", "/var/lib/room").stdout == "750 ops\n"
    with pytest.raises(LabError, match="No space left on device"):
        host.write("/var/lib/room/more", LARGE)
    host.write("/var/lib/elsewhere", LARGE)
    host.free_disk("/var/lib/room")
    host.write("/var/lib/room/more", LARGE)


def test_disks_on_files(nested: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lab", "run", "--", sys.executable, "-c", ON_FILES],
        env={**nested, "LAB_DISK": "file"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("done "), done.stderr
    loops = subprocess.run(["losetup", "--list"], capture_output=True, text=True, check=True)
    assert done.stdout.split()[1] not in loops.stdout
