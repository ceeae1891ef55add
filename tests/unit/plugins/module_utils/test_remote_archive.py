# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An archive that stays on the manager: looked into, compared, hashed."""

from __future__ import annotations

import hashlib
import io
import os
import pathlib
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._archive import describe
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ArchiveError,
    NotFound,
    TransferError,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._remote import (
    RemoteFile,
    archive_headers,
    hash_remote,
    same_archive,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.local_server import (
    TAG,
    Answer,
    Server,
    cut,
    hang_up,
    page,
    reset,
    says,
    stall,
    whole,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.transferring import (
    DATA,
    OTHER,
    archive,
    client,
)

ARCHIVE: dict[str, t.Any] = {"path": "/snapshots/one/archive", "doing": "look at it"}
SIZE = len(DATA)


@pytest.fixture
def server() -> t.Iterator[Server]:
    with Server(whole(DATA)) as running:
        yield running


@pytest.fixture
def local(tmp_path: pathlib.Path) -> str:
    path = tmp_path / "one.zip"
    path.write_bytes(DATA)
    return str(path)


def remote(server: Server) -> RemoteFile:
    return RemoteFile(client(server, request_timeout=0.3), **ARCHIVE)


def same(server: Server, local: str) -> bool:
    http = client(server, request_timeout=0.3)
    return same_archive(http, local=local, idle_timeout=0.3, **ARCHIVE)


def traffic(server: Server) -> int:
    """Bytes that were asked for by ranges."""
    total = 0
    for headers in server.asked():
        first, last = headers["range"].removeprefix("bytes=").split("-")
        total += int(last) + 1 - int(first)
    return total


# -- as a file ----------------------------------------------------------------------------------------


def test_it_can_be_read_like_a_file(server: Server) -> None:
    whole_file = remote(server)
    assert whole_file.seek(0, os.SEEK_END) == SIZE
    assert whole_file.read(10) == b""
    assert whole_file.seek(-10, os.SEEK_CUR) == SIZE - 10
    assert whole_file.read(100) == DATA[-10:]
    assert whole_file.seek(5) == whole_file.tell() == 5
    assert whole_file.read(7) == DATA[5:12]
    assert whole_file.tell() == 12
    with pytest.raises(ValueError):
        whole_file.seek(-1)


def test_it_is_described_without_fetching_it(server: Server) -> None:
    description = describe(t.cast(t.BinaryIO, io.BufferedReader(remote(server), 1 << 12)))
    assert description.snapshot_version == "7.0.5"
    assert traffic(server) < SIZE / 4
    assert {headers.get("if-range") for headers in server.asked()} == {TAG}


def test_what_is_no_archive_is_found_out_from_afar(server: Server) -> None:
    server.default = whole(b"garbage" * 1000)
    with pytest.raises(ArchiveError, match="not a zip archive"):
        describe(t.cast(t.BinaryIO, io.BufferedReader(remote(server))))


@pytest.mark.parametrize("how", ["hang_up", "reset", "stall"])
def test_a_part_that_breaks_is_asked_for_again(how: str, server: Server) -> None:
    breaks = {"hang_up": hang_up, "reset": reset, "stall": stall(server)}[how]
    archive_file = remote(server)
    server.next(*[cut(whole(DATA), at=100, how=breaks)] * 2)
    assert archive_file.read(1000) == DATA[:1000]
    server.next(*[cut(whole(DATA), at=100, how=breaks)] * 3)
    with pytest.raises(TransferError, match="Cannot look at it"):
        archive_file.read(1000)


@pytest.mark.parametrize(
    "answer",
    [
        says(200, DATA),
        says(206, DATA[:10]),
        says(206, DATA[1:11], Content_Range=f"bytes 1-10/{SIZE}"),
        says(206, DATA[:10], Content_Range=f"bytes 0-9/{SIZE + 1}"),
        whole(DATA, tag='"two"'),
    ],
    ids=["no parts", "no header", "another part", "of another length", "changed meanwhile"],
)
def test_anything_but_the_part_that_was_asked_for_is_refused(
    answer: Answer, server: Server
) -> None:
    archive_file = remote(server)
    server.next(answer, answer, answer)
    with pytest.raises(
        TransferError, match=r"the manager does not send parts of it\. Run this again; a proxy"
    ):
        archive_file.read(10)


# -- compared -----------------------------------------------------------------------------------------


def test_the_same_archive_is_known_by_its_directory(server: Server, local: str) -> None:
    assert same(server, local)
    assert traffic(server) < 1000


def test_one_of_another_size_is_known_at_once(server: Server, local: str) -> None:
    server.default = whole(DATA + b"x")
    assert not same(server, local)
    assert server.asked("GET") == []


def test_one_of_the_same_size_is_known_by_its_directory(server: Server, local: str) -> None:
    assert len(OTHER) == SIZE
    server.default = whole(OTHER)
    assert not same(server, local)
    assert traffic(server) < 1000


def test_the_directory_is_compared_to_its_last_byte(server: Server, local: str) -> None:
    server.default = whole(DATA[:-1] + b"x")
    assert not same(server, local)


@pytest.mark.parametrize(("theirs", "result"), [(DATA, True), (OTHER, False)])
def test_without_parts_all_of_it_is_compared(
    theirs: bytes, result: bool, server: Server, local: str
) -> None:
    server.default = says(200, theirs)
    assert same(server, local) is result


def test_a_break_is_no_difference(server: Server, local: str) -> None:
    """It must not pass for another archive: the caller would refuse to go on, or replace a file."""
    server.next(says(200, b"", Content_Length=str(SIZE)), *[page(502)] * 2)
    server.requests.clear()
    assert same(server, local)
    with Server(cut(whole(DATA), at=10, how=hang_up)) as broken:
        broken.next(says(200, b"", Content_Length=str(SIZE), ETag=TAG))
        broken.next(says(200, b"", Content_Length=str(SIZE), ETag=TAG))
        with pytest.raises(TransferError):
            same(broken, local)


# -- headers and hashes ---------------------------------------------------------------------------------


def test_its_size_and_tag_cost_no_byte_of_it(server: Server) -> None:
    assert archive_headers(client(server), **ARCHIVE) == (SIZE, TAG)
    assert server.asked("GET") == []


@pytest.mark.parametrize(
    ("headers", "tag"),
    [({}, ""), ({"ETag": 'W/"x"'}, ""), ({"ETag": 'W/"x"', "Last-Modified": "then"}, "then")],
)
def test_a_weak_tag_is_none(headers: dict[str, str], tag: str, server: Server) -> None:
    server.default = whole(DATA, tag=None, **headers)
    assert archive_headers(client(server), **ARCHIVE)[1] == tag


def test_one_that_is_not_there_is_told(server: Server) -> None:
    server.default = page(404)
    with pytest.raises(NotFound, match="Cannot look at it"):
        archive_headers(client(server), **ARCHIVE)


@pytest.mark.parametrize("size", [1000, 3_000_000])
def test_its_sha256(size: int, server: Server) -> None:
    data = archive(size)
    server.default = whole(data)
    found = hash_remote(client(server), idle_timeout=1.0, **ARCHIVE)
    assert found == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    "answer",
    [
        cut(whole(DATA), at=10, how=hang_up),
        cut(whole(DATA), at=10, how=reset),
        lambda exchange: exchange.head(200, {"Transfer-Encoding": "chunked"}),
    ],
    ids=["torn", "reset", "without a length"],
)
def test_no_sha256_of_half_of_it(answer: Answer, server: Server) -> None:
    server.default = answer
    with pytest.raises(TransferError, match=r"Cannot look at it: .+\. (Run this again|Without)"):
        hash_remote(client(server), idle_timeout=1.0, **ARCHIVE)
