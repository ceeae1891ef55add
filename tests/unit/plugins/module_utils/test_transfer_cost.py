# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What makes a transfer slow, counted: fresh memory for each piece, and copies of it."""

from __future__ import annotations

import io
import os
import pathlib
import platform
import random
import subprocess
import sys
import types
import typing as t
import zipfile

import pytest
import urllib3

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _disk, _download
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.local_server import Server, whole
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.transferring import DATA, download

SIZE = 32 << 20

#: In a process of its own, since the tests before it have shaped this one's heap.
COUNT_FAULTS = """
import resource, sys
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._checker import (
    StreamChecker, feed_file
)
checker = StreamChecker()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
with open(sys.argv[1], "rb", buffering=0) as archive:
    feed_file(checker, archive)
checker.close()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries keep no such limit")
def test_what_is_inflated_goes_where_the_last_piece_was(tmp_path: pathlib.Path) -> None:
    archive = tmp_path / "one.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("noise", random.Random(1).randbytes(SIZE))
    root = pathlib.Path(_download.__file__).absolute().parents[5]
    done = subprocess.run(
        [sys.executable, "-c", COUNT_FAULTS, str(archive)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), *sys.path])},
        stdout=subprocess.PIPE,
        check=True,
    )
    pages = SIZE // os.sysconf("SC_PAGE_SIZE")
    assert int(done.stdout) < pages / 4


def test_a_body_is_not_copied_on_its_way(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def copies(*_given: object) -> int:
        raise AssertionError("it reads, joins and copies")

    monkeypatch.setattr(urllib3.HTTPResponse, "readinto", copies)
    with Server(whole(DATA)) as server:
        download(tmp_path / "one.zip", server).run()
    assert (tmp_path / "one.zip").read_bytes() == DATA


def test_a_file_is_written_in_pieces_that_the_kernel_caches_at_ease() -> None:
    sizes, data = [], bytes(range(256)) * 5000
    place = io.BytesIO()

    class Disk(io.RawIOBase):
        def write(self, piece: t.Any) -> int:
            sizes.append(len(piece))
            return place.write(piece[:100_000])

    _disk.write_all(Disk(), memoryview(data))
    assert place.getvalue() == data
    assert max(sizes) == 1 << 18


@pytest.mark.parametrize("inner", [{}, {"_fp": None}])
def test_another_urllib3_is_read_by_its_own_way(inner: dict[str, object]) -> None:
    response = types.SimpleNamespace(raw=types.SimpleNamespace(**inner))
    assert _download._plain_body(response) is response.raw
