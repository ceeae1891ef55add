# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nginx does before the service sees a request, and the faults."""

from __future__ import annotations

import gzip
import http.client
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from standin.testing import StandIn
from standin.tests.test_transfers import speak

GET_VERSION = (
    b"GET /api/v3.1/version HTTP/1.1\r\nHost: x\r\nAuthorization: Basic YWRtaW46YWRtaW4=\r\n\r\n"
)


def test_plain_http_gets_a_page(manager: StandIn) -> None:
    with socket.create_connection(("127.0.0.1", manager.port), timeout=30) as connection:
        connection.sendall(GET_VERSION)
        got = b""
        while piece := connection.recv(65536):
            got += piece
    assert got.startswith(b"HTTP/1.1 400 Bad Request")
    assert b"The plain HTTP request was sent to HTTPS port" in got


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/api/v3.1/nope", 404, b"<!doctype html>"),
        ("GET", "/api/v3.1/snapshots/", 404, b"<!doctype html>"),
        ("GET", "/api/v1/snapshots", 404, b"<!doctype html>"),
        ("GET", "/api", 404, b"<center>nginx</center>"),
        ("POST", "/api/v3.1/snapshots", 405, b"<!doctype html>"),
    ],
)
def test_pages(manager: StandIn, method: str, path: str, status: int, text: bytes) -> None:
    answer = manager.call(method, path, {} if method == "POST" else None)
    assert answer.status == status
    assert text in answer.body


def test_older_api_versions(manager: StandIn) -> None:
    assert manager.call("GET", "/api/v2/snapshots").status == 200
    assert manager.call("GET", "/api/version").json["version"] == "7.0.5"


def test_authentication(manager: StandIn) -> None:
    nobody = manager.call("GET", "/version", headers={"Authorization": None})
    assert (nobody.status, nobody.code) == (401, "unauthorized_error")
    wrong = manager.call("GET", "/version", headers={"Authorization": "Basic YWRtaW46d3Jvbmc="})
    assert "Wrong credentials or locked account" in wrong.json["message"]
    for header, value, status in (
        ("Tenant", None, 403),
        ("Tenant", "nope", 403),
        ("Tenant", "default_tenant", 200),
    ):
        assert manager.call("GET", "/snapshots", headers={header: value}).status == status
    assert manager.call("GET", "/maintenance", headers={"Tenant": None}).status == 200
    assert manager.call("GET", "/maintenance", headers={"Tenant": "nope"}).status == 403


def test_tokens(manager: StandIn) -> None:
    token = manager.call("POST", "/tokens", {"description": "test"}).json["value"]
    headers = {"Authorization": None, "Authentication-Token": token}
    assert manager.call("GET", "/version", headers=headers).status == 200
    headers["Authentication-Token"] = "ctok-none"
    assert manager.call("GET", "/version", headers=headers).status == 401


def test_rate_limit(start: Callable[..., StandIn]) -> None:
    manager = start(rate_limit=True)
    # one connection, with the cheapest request: as quick as a busy machine allows
    context = ssl.create_default_context(cafile=manager.ca)
    connection = http.client.HTTPSConnection("127.0.0.1", manager.port, context=context)
    statuses, refused = [], b""
    for dummy in range(400):
        connection.request("GET", "/api/v3.1/snapshot-status")
        answer = connection.getresponse()
        body = answer.read()
        statuses.append(answer.status)
        if answer.status == 503:
            refused = body
            break
    connection.close()
    assert b"503 Service Temporarily Unavailable" in refused
    assert statuses[:30] == [200] * 30


def test_json_from_1000_bytes_on_is_packed(manager: StandIn) -> None:
    manager.seed(sample="rich")
    headers = {"Accept-Encoding": "gzip"}
    long = manager.call("GET", "/deployments", headers=headers)
    assert long.headers["Content-Encoding"] == "gzip"
    assert b"web-prod" in gzip.decompress(long.body)
    short = manager.call("GET", "/snapshots", headers=headers)
    assert "Content-Encoding" not in short.headers


def test_keep_alive_serves_two_requests(manager: StandIn) -> None:
    context = ssl.create_default_context(cafile=manager.ca)
    connection = http.client.HTTPSConnection("127.0.0.1", manager.port, context=context)
    for dummy in range(2):
        connection.request("GET", "/api/v3.1/snapshot-status")
        assert connection.getresponse().read() == b'{"status": "not-running"}'
    connection.close()


def test_nonsense_is_a_bad_request(manager: StandIn) -> None:
    assert speak(manager, b"NONSENSE\r\n\r\n").startswith(b"HTTP/1.1 400 Bad Request")


def test_faults_on_status(manager: StandIn) -> None:
    manager.add_fault({"status": 503, "body": "html"}, path="/version$", times=2, after=1)
    statuses = [manager.call("GET", "/version").status for dummy in range(5)]
    assert statuses == [200, 503, 503, 200, 200]
    manager.add_fault({"status": 401, "body": "json"}, path="/version$", times=None)
    assert manager.call("GET", "/version").code == "unauthorized_error"
    manager.clear_faults()
    assert manager.call("GET", "/version").status == 200


def test_fault_cuts_a_download(manager: StandIn) -> None:
    manager.add_snapshot("one", size=100_000)
    manager.add_fault({"drop_after_bytes": 40_000}, path="/archive$")
    with pytest.raises((OSError, http.client.IncompleteRead)):
        manager.call("GET", "/snapshots/one/archive")
    cut = manager.requests()[-1]
    assert cut["bytes_out"] == 40_000
    assert manager.call("GET", "/snapshots/one/archive").status == 200


def test_journal_counts(manager: StandIn) -> None:
    manager.call("GET", "/version")
    seen = manager.requests()
    assert [r["path"] for r in seen] == ["/api/v3.1/version"]
    assert seen[0]["status"] == 200
    assert manager.requests(since=1) == []


def test_restart_is_a_second_of_502(manager: StandIn) -> None:
    manager.control("POST", "/restart", {"seconds": 30})
    answer = manager.call("GET", "/snapshot-status")
    assert (answer.status, b"502 Bad Gateway" in answer.body) == (502, True)


def test_one_ca_for_several(start: Callable[..., StandIn], tmp_path: Path) -> None:
    shared = tmp_path / "ca"
    managers = [start(ca_dir=shared) for dummy in range(2)]
    assert managers[0].ca == managers[1].ca == str(shared / "ca.pem")
    assert [m.call("GET", "/version").status for m in managers] == [200, 200]


def test_a_second_run_keeps_its_certificate(manager: StandIn) -> None:
    before = Path(manager.ca).read_bytes()
    manager.restart()
    assert Path(manager.ca).read_bytes() == before
    assert manager.call("GET", "/version").status == 200


def test_fault_stalls_a_download(manager: StandIn) -> None:
    manager.add_snapshot("one", size=100_000)
    manager.add_fault({"stall_seconds": 60, "at_byte": 5000}, path="/archive$")
    context = ssl.create_default_context(cafile=manager.ca)
    connection = http.client.HTTPSConnection("127.0.0.1", manager.port, context=context, timeout=2)
    headers = {"Authorization": "Basic YWRtaW46YWRtaW4=", "Tenant": "default_tenant"}
    connection.request("GET", "/api/v3.1/snapshots/one/archive", headers=headers)
    response = connection.getresponse()
    assert len(response.read(5000)) == 5000
    with pytest.raises(TimeoutError):
        response.read(1)
    connection.close()
