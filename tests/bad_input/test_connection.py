# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Managers that are not there, are no managers, or do not let one in."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest

from bad_input.batch import (
    ARCHIVES,
    TOKEN,
    WRONG,
    Batch,
    Case,
    Place,
    check,
    check_nothing_happened,
    run,
    run_side_by_side,
    web_server,
)
from standin.certs import ensure_ca

LOGIN = "Check username and password or token"
RIGHTS = "Check that the tenant exists and that the user is a sys_admin"
ADDRESS = "Check manager_hosts and manager_port, and that the manager is up"
CA = "Name the CA that signed the manager's certificate in ca_path"


def info(name: str, says: str | tuple[str, ...], todo: str, **args: object) -> Case:
    return Case(name, "snapshot_info", args, (says,) if isinstance(says, str) else says, todo)


def clerk(module: str, says: str, **args: object) -> Case:
    """What a user without rights may not do; the name is that of the module."""
    return Case(f"a clerk: {module}", module, {"username": "clerk", **args}, (says, "403"), RIGHTS)


CASES = [
    Case(
        "wrong password",
        "snapshot",
        {"id": "new", "password": WRONG},
        ("Cannot ", "GET https://127.0.0.1:", "HTTP 401", "Wrong credentials or locked account"),
        LOGIN,
    ),
    info("unknown user", ("HTTP 401", "user nobody"), LOGIN, username="nobody"),
    info("wrong token", ("HTTP 401", "Invalid token"), LOGIN, token=TOKEN),
    info("empty password", "neither a token nor username and password", "Set them", password=""),
    info(
        "token with line break", "token has characters", "Look for a line break", token=f"{TOKEN}\n"
    ),
    Case(
        "unknown tenant",
        "snapshot",
        {"id": "new", "tenant": "nowhere"},
        ("HTTP 403", "invalid tenant name: nowhere"),
        RIGHTS,
    ),
    info("tenant with a space", "tenant has characters", "a space at its ends", tenant="t1 "),
    clerk("snapshot", "Cannot look up snapshot new: GET", id="new"),
    clerk("snapshot_download", "Cannot look up snapshot there", id="there", dest="{{ files }}"),
    clerk("snapshot_upload", "Cannot look up snapshot new", id="new", src="{{ archive }}"),
    clerk("snapshot_restore", "Cannot look up snapshot there", id="there"),
    clerk("content_info", "Cannot list users"),
    info("wrong CA", ("certificate is not trusted", "local issuer"), CA, ca_path="{{ other_ca }}"),
    info("no CA", "its certificate is not trusted", CA, ca_path=""),
    info(
        "missing CA",
        ("ca_path", "none.pem: No such file"),
        "Give a file",
        ca_path="{{ files }}/none.pem",
    ),
    info("CA is a directory", ("ca_path", "Is a directory"), "Give a file", ca_path="{{ files }}"),
    info(
        "CA is no certificate",
        "text.pem has no certificate",
        "BEGIN CERTIFICATE",
        ca_path="{{ files }}/text.pem",
    ),
    info(
        "CA is damaged",
        "damaged.pem has no certificate",
        "BEGIN CERTIFICATE",
        ca_path="{{ files }}/damaged.pem",
    ),
    info(
        "plain http to https",
        ("HTTP 400", "plain HTTP request"),
        "manager_protocol=https",
        manager_protocol="http",
    ),
    info(
        "https to plain http",
        "TLS failed",
        "Check manager_protocol",
        manager_port="{{ http_port }}",
    ),
    info(
        "a web server that is no manager",
        "HTTP 404",
        "It is not the manager that says so",
        manager_port="{{ http_port }}",
        manager_protocol="http",
    ),
    info("no host", "manager_hosts names no manager", "at least one", manager_hosts=[]),
    info("empty host", "manager_hosts names no manager", "at least one", manager_hosts=[""]),
    info(
        "a URL as host",
        "'https://m1' is not an address",
        "Give a host name",
        manager_hosts=["https://m1"],
    ),
    info(
        "two hosts in one", "'m1 m2' is not an address", "Give a host name", manager_hosts=["m1 m2"]
    ),
    info("no such port", "'m1:99999' is not an address", ":port", manager_hosts=["m1:99999"]),
    info("port 0", "manager_port", "from 1 to 65535", manager_port=0),
    info("negative port", "manager_port", "from 1 to 65535", manager_port=-1),
    info("negative request_timeout", "request_timeout", "more than 0", request_timeout=-1),
    info("no connect_timeout", "connect_timeout", "more than 0", connect_timeout=0),
]

# Each of these takes its time, so they wait side by side.
DEAD = [
    info(
        "refused",
        ("GET https://127.0.0.1:", "connection refused"),
        ADDRESS,
        manager_port="{{ closed_port }}",
    ),
    info("silent", "no answer within request_timeout", ADDRESS, manager_port="{{ silent_port }}"),
    info("full", "no connection within connect_timeout", ADDRESS, manager_port="{{ full_port }}"),
    info("unresolvable", "name or service not known", ADDRESS, manager_hosts=["manager.invalid"]),
    info(
        "two dead ones",
        ("no manager answers (127.0.0.1: connection refused; manager.invalid: ", "not known)"),
        ADDRESS,
        manager_hosts=["127.0.0.1", "manager.invalid"],
        manager_port="{{ closed_port }}",
    ),
]


@contextlib.contextmanager
def silent(*, full: bool) -> Iterator[int]:
    """A port that takes connections and says nothing, or one whose queue has no room left."""
    with socket.socket() as server, contextlib.ExitStack() as clients:
        server.bind(("127.0.0.1", 0))
        server.listen(0 if full else 50)
        port: int = server.getsockname()[1]
        for _each in range(4 if full else 0):
            client = clients.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        yield port


@pytest.fixture(scope="module")
def ready(place: Place) -> Iterator[Place]:
    files = place.files
    (files / "text.pem").write_text("this is no certificate\n")
    (files / "damaged.pem").write_text(
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    )
    other_ca, _key = ensure_ca(files / "other")
    users = [{"username": "clerk", "role": "default", "password": place.manager.password}]
    place.manager.seed(kind="users", items=users)
    place.manager.add_snapshot("there")
    with socket.socket() as closed, contextlib.ExitStack() as held:
        closed.bind(("127.0.0.1", 0))  # bound and not listening: refused for sure
        place.variables |= {
            "archive": str(ARCHIVES / "rich-legacy-revisions.zip"),
            "other_ca": str(other_ca),
            "closed_port": closed.getsockname()[1],
            "http_port": held.enter_context(web_server(files)),
            "silent_port": held.enter_context(silent(full=False)),
            "full_port": held.enter_context(silent(full=True)),
        }
        yield place


@pytest.fixture(scope="module")
def batch(ready: Place) -> Batch:
    return run(ready, CASES)


@pytest.fixture(scope="module")
def dead(ready: Place) -> Batch:
    return run_side_by_side(ready, DEAD, request_timeout=0.5, connect_timeout=0.5)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_one_clear_line(case: Case, batch: Batch) -> None:
    check(case, batch)


def test_nothing_happened(batch: Batch) -> None:
    check_nothing_happened(batch, CASES)


@pytest.mark.parametrize("case", DEAD, ids=str)
def test_a_dead_manager_is_one_clear_line(case: Case, dead: Batch) -> None:
    check(case, dead)


def test_nothing_happened_without_a_manager(dead: Batch) -> None:
    check_nothing_happened(dead, DEAD)
