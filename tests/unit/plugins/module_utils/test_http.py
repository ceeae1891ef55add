# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP over real sockets: what breaks there, how it is called, and what is repeated."""

from __future__ import annotations

import pathlib
import re
import socket
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ApiError,
    ConnectionFailed,
    Unavailable,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._http import (
    Connection,
    ManagerHttp,
    Pacer,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.local_server import (
    Answer,
    Exchange,
    Server,
    page,
    reset,
    says,
    stall,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.transferring import client

FINE = says(200, b'{"fine": true}', Content_Type="application/json")
MAY_HAVE = "The manager may have begun it all the same: look before trying again"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def server() -> t.Iterator[Server]:
    with Server(FINE) as running:
        yield running


def hang_up(exchange: Exchange) -> None:
    exchange.close = True


def half_a_head(exchange: Exchange) -> None:
    exchange.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-")
    exchange.close = True


def half_a_body(exchange: Exchange) -> None:
    exchange.head(200, {"Content-Length": 100, "Content-Type": "application/json"})
    exchange.socket.sendall(b"{")
    exchange.close = True


def no_http(exchange: Exchange) -> None:
    exchange.socket.sendall(b"220 mail.example ESMTP\r\n")
    exchange.close = True


def reset_it(exchange: Exchange) -> None:
    exchange.close = True
    reset(exchange)


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        return f"127.0.0.1:{gone.getsockname()[1]}"


def get(http: ManagerHttp) -> t.Any:
    return http.json("GET", "/version", doing="read the version")


def post(http: ManagerHttp) -> t.Any:
    return http.json("POST", "/maintenance/activate", doing="activate maintenance mode", body={})


BREAKS: dict[str, tuple[Answer, str]] = {
    "closed": (hang_up, "the connection was closed without an answer"),
    "closed in the body": (half_a_body, "the connection was closed early"),
    "reset": (reset_it, "the connection was closed without an answer"),
    "no HTTP": (no_http, "it is no web server that answers there"),
}


@pytest.mark.parametrize(("answer", "told"), BREAKS.values(), ids=BREAKS)
def test_a_read_that_breaks_is_repeated_and_in_the_end_told(
    answer: Answer, told: str, server: Server
) -> None:
    server.default = answer
    with pytest.raises((ConnectionFailed, ApiError)) as failed:
        get(client(server))
    assert str(failed.value).startswith("Cannot read the version: GET http://127.0.0.1:")
    assert told in failed.value.message
    assert len(server.requests) == 5
    server.next(answer, answer)
    server.default = FINE
    assert get(client(server)) == {"fine": True}


def test_half_an_answer_is_none(server: Server) -> None:
    server.next(half_a_head)
    with pytest.raises(ApiError, match="this is not the manager's JSON"):
        get(client(server))


@pytest.mark.parametrize("name", BREAKS)
def test_a_change_that_breaks_is_never_repeated(name: str, server: Server) -> None:
    with Server(FINE) as second:
        server.next(BREAKS[name][0])
        with pytest.raises((ConnectionFailed, ApiError)) as failed:
            post(client(server, second))
        assert second.requests == []
    assert len(server.requests) == 1
    assert MAY_HAVE in str(failed.value)


def test_silence_ends_after_the_time_out(server: Server) -> None:
    server.default = stall(server)
    http = client(server, request_timeout=0.1)
    with pytest.raises(ConnectionFailed, match="no answer within request_timeout"):
        get(http)
    with pytest.raises(ConnectionFailed, match=MAY_HAVE):
        post(http)
    assert len(server.requests) == 6


def test_a_change_that_found_nobody_goes_to_the_next_manager(server: Server) -> None:
    http = client(server)
    http._order.insert(0, closed_port())
    assert post(http) == {"fine": True}
    assert http.host == server.address


def test_whoever_was_pinned_is_not_left(server: Server) -> None:
    with Server(page(502)) as second:
        http = client(second, server)
        http.pin()
        with pytest.raises(Unavailable, match="HTTP 502"):
            get(http)
    assert server.requests == []


def test_one_connection_serves_many_requests(server: Server) -> None:
    http = client(server)
    for _request in range(5):
        get(http)
    assert len({id(request.socket) for request in server.requests}) == 1


@pytest.mark.parametrize("kind", ["text/html", "text/html; charset=utf-8"])
def test_the_rate_limit_is_waited_for_also_with_a_change(kind: str, server: Server) -> None:
    slept: list[float] = []
    limited = says(503, b"<html>", Content_Type=kind)
    server.next(limited, limited)
    http = client(server)
    http._sleep = slept.append
    assert post(http) == {"fine": True}
    assert slept == [0.5, 1.0]


def test_a_503_of_the_manager_itself_is_told_at_once(server: Server) -> None:
    body = b'{"error_code": "maintenance_mode_active", "message": "no"}'
    server.next(says(503, body, Content_Type="application/json"))
    with pytest.raises(Unavailable, match="Leave maintenance mode first"):
        get(client(server))
    assert len(server.requests) == 1


# -- who is asked, and as whom ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("manager", "https://manager:443"),
        ("manager:8443", "https://manager:8443"),
        ("10.0.0.1", "https://10.0.0.1:443"),
        ("10.0.0.1:8443", "https://10.0.0.1:8443"),
        ("fd00::1", "https://[fd00::1]:443"),
        ("[fd00::1]", "https://[fd00::1]:443"),
        ("[fd00::1]:8443", "https://[fd00::1]:8443"),
    ],
)
def test_addresses_become_urls(host: str, url: str) -> None:
    assert Connection(hosts=[host], port=443).base_url(host) == url


def test_a_token_goes_alone_whatever_netrc_says(server: Server, tmp_path: pathlib.Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password else\n")
    (tmp_path / ".netrc").chmod(0o600)
    get(client(server, token="t0ken"))
    assert server.asked()[0]["authentication-token"] == "t0ken"
    assert "authorization" not in server.asked()[0]


def test_an_account_goes_before_netrc(server: Server, tmp_path: pathlib.Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password else\n")
    (tmp_path / ".netrc").chmod(0o600)
    get(client(server))
    assert server.asked()[0]["authorization"] == "Basic YWRtaW46c2VjcmV0"


def test_another_password_is_used_from_the_next_request_on(server: Server) -> None:
    http = client(server)
    get(http)
    http.login(password="p\u00e4ss")
    get(http)
    assert server.asked()[1]["authorization"] == "Basic YWRtaW46cMOkc3M="


def test_a_redirect_is_not_followed_with_the_password(server: Server) -> None:
    with Server(FINE) as elsewhere:
        server.next(says(302, Location=f"http://{elsewhere.address}/"))
        with pytest.raises(ApiError, match="HTTP 302"):
            get(client(server))
        assert elsewhere.requests == []


# -- proxies of the environment ---------------------------------------------------------------------


def test_a_proxy_is_used_where_the_environment_names_one(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://{server.address}")
    http = client(server)
    http._order = ["manager.invalid"]
    assert get(http) == {"fine": True}
    assert server.requests[0].path == "http://manager.invalid:80/api/v3.1/version"
    monkeypatch.setenv("NO_PROXY", "manager.invalid")
    with pytest.raises(ConnectionFailed, match="name|resol"):
        get(http)


def test_a_proxy_that_is_dead_is_named(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://{closed_port()}")
    http = client(server)
    for call in (get, post):
        with pytest.raises(ConnectionFailed) as failed:
            call(http)
        assert re.search(r": the proxy: connection refused\. ", str(failed.value))
        assert "name the manager in NO_PROXY" in str(failed.value)
    assert server.requests == []


def test_a_proxy_of_an_unknown_kind_is_told_at_once(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "gopher://127.0.0.1:1")
    slept: list[float] = []
    http = client(server)
    http._sleep = slept.append
    with pytest.raises(ConnectionFailed, match="gopher"):
        get(http)
    assert slept == []


# -- the pace -----------------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_the_pace_stays_under_the_managers_limit() -> None:
    """nginx: ten a second, and thirty beyond that at once."""
    clock = Clock()
    pacer = Pacer(clock=clock, sleep=clock.sleep)
    times = []
    for number in range(400):
        pacer.take()
        times.append(clock.now)
        if number == 200:
            clock.now += 60
    excess, last = 0.0, 0.0
    for now in times:
        excess = max(0.0, excess - (now - last) * 10) + 1
        last = now
        assert excess <= 30
    assert clock.now < 60 + 400 / 9


def test_a_few_requests_are_never_held_up() -> None:
    clock = Clock()
    pacer = Pacer(clock=clock, sleep=clock.sleep)
    for _request in range(25):
        pacer.take()
    assert clock.now == 0
