# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file as a request body: streamed, tested on its way, and never whole when it is damaged."""

from __future__ import annotations

import errno
import hashlib
import pathlib
import socket
import threading
import tracemalloc
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _transfer
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._checker import PIECE
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ApiError,
    ArchiveError,
    RecoveryError,
    TransferError,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._transfer import (
    FileBody,
    upload_file,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.local_server import (
    Exchange,
    Server,
    hang_up,
    page,
    reset,
    says,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.transferring import (
    archive,
    client,
)

DATA = archive(3 * PIECE + 1000)
DONE = says(201, b'{"id": "one"}', Content_Type="application/json")


@pytest.fixture
def server() -> t.Iterator[Server]:
    with Server(DONE) as running:
        yield running


@pytest.fixture
def source(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "one.zip"
    path.write_bytes(DATA)
    return path


def send(server: Server, body: FileBody, **options: t.Any) -> t.Any:
    return upload_file(
        client(server, **options),
        path="/snapshots/one/archive",
        body=body,
        doing="upload snapshot one",
        idle_timeout=options.get("idle_timeout", 5.0),
    )


def sized(path: pathlib.Path, size: int) -> pathlib.Path:
    """A sound archive of exactly this size."""
    path.write_bytes(archive(size - len(archive(0))))
    assert path.stat().st_size == size
    return path


# -- the body ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1000, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 9 * PIECE])
def test_it_is_the_whole_file_and_its_sha256(size: int, tmp_path: pathlib.Path) -> None:
    path = sized(tmp_path / "a.zip", size)
    approved: list[str] = []
    body = FileBody(str(path), approve=approved.append)
    assert len(body) == size
    for _again in range(2):
        assert b"".join(bytes(piece) for piece in body) == path.read_bytes()
        assert body.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert approved == [body.sha256] * 2


@pytest.mark.parametrize("at", [100, 2 * PIECE, len(DATA) - 10])
def test_of_a_damaged_file_the_end_is_held_back(at: int, source: pathlib.Path) -> None:
    source.write_bytes(DATA[:at] + bytes([DATA[at] ^ 1]) + DATA[at + 1 :])
    sent = 0
    with pytest.raises(ArchiveError):
        for piece in FileBody(str(source)):
            sent += len(piece)
    assert sent <= 3 * PIECE < len(DATA)


def test_what_is_not_approved_is_held_back_too(source: pathlib.Path) -> None:
    def approve(sha256: str) -> None:
        assert sha256 == hashlib.sha256(DATA).hexdigest()
        raise ArchiveError("not that one")

    sent = 0
    with pytest.raises(ArchiveError, match="not that one"):
        for piece in FileBody(str(source), approve=approve):
            sent += len(piece)
    assert sent == 3 * PIECE


@pytest.mark.parametrize("change", [DATA + b"more", DATA[:-100]])
def test_a_file_that_changes_meanwhile_is_no_archive(change: bytes, source: pathlib.Path) -> None:
    body = FileBody(str(source))
    source.write_bytes(change)
    with pytest.raises(ArchiveError, match="it has changed while it was read"):
        list(body)


def test_a_disk_that_cannot_be_read_is_no_fault_of_the_manager(
    server: Server, source: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: t.Any) -> t.Any:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(_transfer.StreamChecker, "room", broken)
    with pytest.raises(RecoveryError) as failed:
        send(server, FileBody(str(source)))
    assert failed.value.message == f"Cannot read {source}: Input/output error"
    assert not isinstance(failed.value, TransferError)


def test_memory_stays_flat_and_no_thread_stays(tmp_path: pathlib.Path) -> None:
    path = sized(tmp_path / "a.zip", 40 * PIECE)
    before = threading.active_count()
    tracemalloc.start()
    try:
        for _piece in FileBody(str(path)):
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 12 * PIECE
    half = iter(FileBody(str(path)))
    next(half)
    del half
    assert threading.active_count() == before


# -- on the wire --------------------------------------------------------------------------------------


def test_it_is_put_with_its_length(server: Server, source: pathlib.Path) -> None:
    body = FileBody(str(source))
    assert send(server, body) == {"id": "one"}
    (request,) = server.requests
    assert (request.method, request.path) == ("PUT", "/api/v3.1/snapshots/one/archive")
    assert request.headers["content-length"] == str(len(DATA))
    assert request.headers["content-type"] == "application/octet-stream"
    assert "transfer-encoding" not in request.headers
    assert request.body == DATA


def test_a_damaged_one_never_arrives_whole(server: Server, source: pathlib.Path) -> None:
    source.write_bytes(DATA[:PIECE] + bytes(PIECE) + DATA[2 * PIECE :])
    with pytest.raises(ArchiveError, match="entry 'pg_data' is damaged"):
        send(server, FileBody(str(source)))
    arrived = threading.Event()
    for _try in range(100):
        if server.requests:
            break
        arrived.wait(0.05)
    (request,) = server.requests
    assert request.cut
    assert len(request.body) < len(DATA)


@pytest.mark.parametrize("how", [hang_up, reset])
def test_a_torn_one_is_told_and_not_repeated(
    how: t.Any, server: Server, source: pathlib.Path
) -> None:
    def tear(exchange: Exchange) -> None:
        exchange.stream.read(1000)
        exchange.close = True
        how(exchange)

    server.rude = True
    server.next(tear)
    with pytest.raises(TransferError) as failed:
        send(server, FileBody(str(source)))
    assert str(failed.value).startswith("Cannot upload snapshot one: PUT http://127.0.0.1:")
    assert "The manager may have begun it all the same" in str(failed.value)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [502, 504])
def test_a_proxy_without_an_answer_leaves_it_open(
    status: int, server: Server, source: pathlib.Path
) -> None:
    server.next(page(status))
    with pytest.raises(TransferError, match=f"HTTP {status}"):
        send(server, FileBody(str(source)))
    assert len(server.requests) == 1


def test_the_rate_limit_has_it_sent_again(server: Server, source: pathlib.Path) -> None:
    server.next(page(503))
    assert send(server, FileBody(str(source))) == {"id": "one"}
    assert [request.body == DATA for request in server.requests] == [True, True]


@pytest.mark.parametrize("status", [401, 413])
def test_an_answer_before_the_body_was_read_is_an_error(
    status: int, server: Server, source: pathlib.Path
) -> None:
    """A proxy that refuses says so at once and hangs up."""

    def refuse(exchange: Exchange) -> None:
        says(status, b"no")(exchange)
        exchange.close = True

    server.rude = True
    server.next(refuse)
    with pytest.raises((ApiError, TransferError)):
        send(server, FileBody(str(source)))
    assert len(server.requests) == 1


def test_an_answer_that_is_no_json_is_told(server: Server, source: pathlib.Path) -> None:
    server.next(says(201, b"<html>", Content_Type="text/html"))
    with pytest.raises(ApiError, match="not the manager's JSON"):
        send(server, FileBody(str(source)))


def test_a_manager_that_pauses_while_it_reads_is_waited_for(
    server: Server, source: pathlib.Path
) -> None:
    """A busy disk may keep it longer than a connection may take to come about."""
    paused = threading.Event()

    def pause(exchange: Exchange) -> None:
        exchange.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        paused.wait(1.0)
        exchange.receive()
        DONE(exchange)

    big = sized(source.parent / "big.zip", 20 * PIECE)
    server.rude = True
    server.next(pause)
    assert send(server, FileBody(str(big)), connect_timeout=0.2) == {"id": "one"}


def test_a_manager_that_stops_reading_is_given_up(server: Server, source: pathlib.Path) -> None:
    big = sized(source.parent / "big.zip", 20 * PIECE)
    server.rude = True
    server.next(lambda exchange: (server.over.wait(30), None)[1])
    http = client(server, connect_timeout=0.2)
    with pytest.raises(TransferError):
        upload_file(http, path="/x", body=FileBody(str(big)), doing="upload it", idle_timeout=0.5)
