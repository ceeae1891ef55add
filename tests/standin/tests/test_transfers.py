# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Download and upload as nginx and the service behind it do them."""

from __future__ import annotations

import http.server
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from standin.testing import StandIn
from standin.tests.steps import create, total, until, upload

BINARY = {"Content-Type": "application/octet-stream"}


@pytest.fixture
def archive(manager: StandIn) -> bytes:
    manager.add_snapshot("one", size=300_000)
    body = manager.call("GET", "/snapshots/one/archive").body
    assert len(body) > 300_000
    return body


def ranged(manager: StandIn, value: str, **more: str) -> Any:
    return manager.call("GET", "/snapshots/one/archive", headers={"Range": value, **more})


def test_ranges(manager: StandIn, archive: bytes) -> None:
    size = len(archive)
    part = ranged(manager, "bytes=1000-1999")
    assert (part.status, part.body) == (206, archive[1000:2000])
    assert part.headers["Content-Range"] == f"bytes 1000-1999/{size}"
    assert ranged(manager, "bytes=-10").body == archive[-10:]
    rest = ranged(manager, f"bytes={size - 5}-")
    assert rest.body == archive[-5:]
    beyond = ranged(manager, f"bytes={size}-")
    assert beyond.status == 416
    assert beyond.headers["Content-Range"] == f"bytes */{size}"
    several = ranged(manager, "bytes=0-3,10-13")
    assert several.status == 206
    assert several.headers["Content-Type"].startswith("multipart/byteranges; boundary=")
    assert archive[10:14] in several.body


def test_validators(manager: StandIn, archive: bytes) -> None:
    whole = manager.call("HEAD", "/snapshots/one/archive")
    assert whole.headers["Content-Length"] == str(len(archive))
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.headers["Content-Disposition"] == 'attachment; filename="one.zip"'
    etag = whole.headers["ETag"]
    same = manager.call("GET", "/snapshots/one/archive", headers={"If-None-Match": etag})
    assert (same.status, same.body) == (304, b"")
    assert ranged(manager, "bytes=0-9", **{"If-Range": etag}).status == 206
    # the archive is another one by now: the whole of it comes
    assert ranged(manager, "bytes=0-9", **{"If-Range": '"1-2"'}).status == 200


def test_no_archive_yet_is_a_page_of_nginx(manager: StandIn) -> None:
    manager.worker("down")
    assert manager.call("PUT", "/snapshots/slow", {}).status == 201
    answer = manager.call("GET", "/snapshots/slow/archive")
    assert answer.status == 404
    assert b"<center>nginx</center>" in answer.body


def test_upload_takes_anything_but_nothing(manager: StandIn) -> None:
    upload(manager, "1bad", b"this is no archive")
    assert manager.call("GET", "/snapshots/1bad").json["status"] == "uploaded"
    empty = manager.call("PUT", "/snapshots/empty/archive", data=b"", headers=BINARY)
    assert (empty.status, empty.code) == (500, "internal_server_error")
    assert manager.call("GET", "/snapshots/empty").status == 404
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert manager.call("PUT", "/snapshots/form/archive", data=b"x=1", headers=form).status == 413


def test_upload_over_an_id_replaces_it_without_a_word(manager: StandIn) -> None:
    upload(manager, "twice", b"first")
    again = manager.call("PUT", "/snapshots/twice/archive", data=b"second", headers=BINARY)
    assert again.status == 201
    assert set(again.json.values()) == {None}
    assert manager.call("GET", "/snapshots/twice/archive").body == b"second"


def test_upload_over_an_id_is_refused_before_7_0_3(start: Callable[..., StandIn]) -> None:
    manager = start(profile="7.0.0")
    upload(manager, "twice", b"first")
    again = manager.call("PUT", "/snapshots/twice/archive", data=b"second", headers=BINARY)
    assert (again.status, again.code) == (409, "conflict_error")
    assert manager.call("GET", "/snapshots/twice/archive").body == b"first"


def test_upload_without_tenant_leaves_the_file(manager: StandIn) -> None:
    headers = {**BINARY, "Tenant": None}
    answer = manager.call("PUT", "/snapshots/nowhere/archive", data=b"x", headers=headers)
    assert (answer.status, answer.code) == (409, "storage_error")
    assert (manager.state / "snapshots/nowhere/nowhere.zip").exists()
    assert total(manager, "snapshots") == 0


def test_upload_in_chunks(manager: StandIn, archive: bytes) -> None:
    raw = speak(
        manager,
        b"PUT /api/v3.1/snapshots/chunked/archive HTTP/1.1\r\nHost: x\r\nTenant: default_tenant\r\n"
        b"Authorization: Basic YWRtaW46YWRtaW4=\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"".join(
            b"%x\r\n%s\r\n" % (len(p), p)
            for p in (archive[:1000], archive[1000:200_000], archive[200_000:])
        )
        + b"0\r\n\r\n",
    )
    assert raw.startswith(b"HTTP/1.1 201 CREATED\r\n")
    assert manager.call("GET", "/snapshots/chunked/archive").body == archive


def test_upload_by_url(manager: StandIn, archive: bytes, tmp_path: Path) -> None:
    (tmp_path / "served").mkdir()
    (tmp_path / "served/snap.zip").write_bytes(archive)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(tmp_path / "served"))

        def log_message(self, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http%3A%2F%2F127.0.0.1%3A{server.server_address[1]}%2F"
    path = "/snapshots/fetched/archive?snapshot_archive_url="
    try:
        missing = manager.call("PUT", f"{path}{base}none.zip")
        assert (missing.status, missing.code) == (400, "bad_parameters_error")
        assert manager.call("PUT", f"{path}{base}snap.zip").status == 201
        both = manager.call("PUT", f"{path}{base}snap.zip", data=b"x", headers=BINARY)
        assert "only one of" in both.json["message"]
    finally:
        server.shutdown()
    assert manager.call("GET", "/snapshots/fetched/archive").body == archive
    refused = manager.call("PUT", f"{path}file%3A%2F%2F%2Fetc%2Fpasswd")
    assert refused.json["message"] == "Invalid URL file:///etc/passwd"


def test_memory_stays_flat(manager: StandIn) -> None:
    manager.add_snapshot("big", size=200 << 20)
    before = peak(manager)
    data = manager.call("GET", "/snapshots/big/archive").body
    upload(manager, "copy", data)
    assert (manager.state / "snapshots/copy/copy.zip").stat().st_size == len(data)
    assert peak(manager) - before < 32 << 20


def peak(manager: StandIn) -> int:
    for line in Path(f"/proc/{manager.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmHWM")


def test_a_created_snapshot_opens(manager: StandIn) -> None:
    create(manager, "fresh", legacy=True)
    data = manager.call("GET", "/snapshots/fresh/archive").body
    assert data.startswith(b"PK")


def speak(manager: StandIn, data: bytes) -> bytes:
    """Bytes over TLS, and what comes back until the first body is there."""
    context = ssl.create_default_context(cafile=manager.ca)
    with (
        socket.create_connection(("127.0.0.1", manager.port), timeout=30) as raw,
        context.wrap_socket(raw, server_hostname="127.0.0.1") as connection,
    ):
        connection.sendall(data)
        got = b""
        while b"\r\n\r\n" not in got:
            piece = connection.recv(65536)
            if not piece:
                break
            got += piece
        return got


def test_a_torn_upload_leaves_nothing(manager: StandIn) -> None:
    fault = {"drop_after_bytes": 1000, "of": "request"}
    manager.add_fault(fault, method="PUT", path="/archive$")
    with pytest.raises(OSError):
        manager.call("PUT", "/snapshots/torn/archive", data=b"x" * 5_000_000, headers=BINARY)
    assert manager.call("GET", "/snapshots/torn").status == 404
    until(lambda: not list((manager.state / "spool").iterdir()))
