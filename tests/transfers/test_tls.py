# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS as it fails: what it is called, whether it is tried again, and where."""

from __future__ import annotations

import datetime
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _http
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import ConnectionFailed
from standin.testing import StandIn

NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)
MAY_HAVE = "The manager may have begun it all the same"


def certificate(folder: Path, host: str, start: datetime.datetime, days: int = 2) -> Path:
    """A certificate that vouches for itself, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + days * DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{host}-{start:%Y%m%d}.pem"
    pem = serialization.Encoding.PEM
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(made.public_bytes(pem) + key.private_bytes(pem, *plain))
    return path


class Peer:
    """Does one thing to each connection, over TLS if it has a certificate; counts them."""

    def __init__(
        self, action: Callable[[socket.socket], Any], *, certificate: Path | None = None
    ) -> None:
        self._action = action
        self._context = None
        if certificate:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.count = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection = self._listener.accept()[0]
            except OSError:
                return
            self.count += 1
            try:
                if self._context:
                    connection = self._context.wrap_socket(connection, server_side=True)
                self._action(connection)
            except OSError:
                pass
            connection.close()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def peer() -> Iterator[Callable[..., Peer]]:
    made: list[Peer] = []

    def make(action: Callable[[socket.socket], Any], **options: Any) -> Peer:
        made.append(Peer(action, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def client(*ports: int, ca: Path | str | None = None, **options: Any) -> _http.ManagerHttp:
    connection = _http.Connection(
        hosts=[f"localhost:{port}" for port in ports],
        port=443,
        username="admin",
        password="admin",
        ca_path=str(ca) if ca else None,
        **options,
    )
    return _http.ManagerHttp(connection, sleep=lambda _seconds: None)


def get(http: _http.ManagerHttp) -> Any:
    return http.json("GET", "/version", doing="read the version")


def failure(http: _http.ManagerHttp) -> str:
    with pytest.raises(ConnectionFailed) as failed:
        get(http)
    return str(failed.value)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "*")


# -- certificates -------------------------------------------------------------------------------------


def test_an_unknown_ca_is_told_at_once(manager: StandIn) -> None:
    seen = len(manager.requests())
    said = failure(client(manager.port))
    assert "its certificate is not trusted: unable to get local issuer certificate" in said
    assert "Name the CA that signed the manager's certificate in ca_path." in said
    assert len(manager.requests()) == seen


@pytest.mark.parametrize(
    ("host", "start", "why", "todo"),
    [
        ("elsewhere", NOW - DAY, "ostname mismatch", "that is in the certificate"),
        ("localhost", NOW - 3 * DAY, "certificate has expired", "Renew the manager's certificate"),
        ("localhost", NOW + DAY, "certificate is not yet valid", "correct the clock"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_told(
    host: str,
    start: datetime.datetime,
    why: str,
    todo: str,
    peer: Callable[..., Peer],
    tmp_path: Path,
) -> None:
    path = certificate(tmp_path, host, start)
    listening = peer(lambda connection: None, certificate=path)
    said = failure(client(listening.port, ca=path))
    assert f"its certificate is not trusted: {why}" in said.replace("Hostname", "ostname")
    assert todo in said
    assert listening.count == 1


def test_without_validation_any_certificate_will_do(manager: StandIn) -> None:
    http = client(
        manager.port,
        validate_certs=False,
    )
    assert get(http)["version"] == "7.0.5"


# -- the environment's CA bundles -----------------------------------------------------------------------


def test_the_environment_names_a_ca_where_the_options_do_not(
    manager: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(manager.ca))
    assert get(client(manager.port))["version"] == "7.0.5"
    other = certificate(tmp_path, "localhost", NOW - DAY)
    assert "not trusted" in failure(client(manager.port, ca=other))


@pytest.mark.parametrize("options", [{"ca": True}, {"validate_certs": False}])
def test_the_options_go_before_the_environment(
    options: dict[str, Any], manager: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    given = {**options, **({"ca": manager.ca} if "ca" in options else {})}
    assert get(client(manager.port, **given))["version"] == "7.0.5"


@pytest.mark.parametrize("there", [False, True])
def test_a_bundle_of_the_environment_that_is_none_is_told(
    there: bool, manager: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.pem"
    if there:
        bundle.write_text("no certificate")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    said = failure(client(manager.port))
    if there:
        assert "TLS failed" in said
    else:
        assert str(bundle) in said
        assert "Set ca_path, or correct REQUESTS_CA_BUNDLE" in said


# -- connections ----------------------------------------------------------------------------------------


def reset(connection: socket.socket) -> None:
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize(
    ("action", "told"),
    [
        (lambda connection: connection.shutdown(socket.SHUT_WR), "the connection was closed"),
        (reset, "the connection was closed"),
    ],
    ids=["closed", "reset"],
)
def test_a_handshake_that_breaks_is_tried_again(
    action: Callable[[socket.socket], Any], told: str, peer: Callable[..., Peer]
) -> None:
    """As a proxy does whose manager restarts."""
    listening = peer(action)
    assert told in failure(client(listening.port))
    assert listening.count == 5


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SSH-2.0-OpenSSH_9\r\n",
        b"\x15\x03\x01\x00\x02\x02\x28",
    ],
    ids=["plain http", "another service", "an alert"],
)
def test_what_speaks_no_tls_is_told_at_once(answer: bytes, peer: Callable[..., Peer]) -> None:
    def speak(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(answer)

    listening = peer(speak)
    said = failure(client(listening.port))
    assert "TLS failed" in said
    assert "_ssl.c" not in said
    assert "Check manager_protocol and manager_port" in said
    assert listening.count == 1


def torn(connection: socket.socket) -> None:
    connection.recv(1000)


def torn_hard(connection: socket.socket) -> None:
    connection.recv(1000)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize("action", [torn, torn_hard])
@pytest.mark.parametrize("size", [100, 20_000_000])
def test_a_change_that_is_torn_is_not_sent_to_another_manager(
    action: Callable[[socket.socket], Any],
    size: int,
    peer: Callable[..., Peer],
    tmp_path: Path,
) -> None:
    path = certificate(tmp_path, "localhost", NOW - DAY)
    first, second = peer(action, certificate=path), peer(action, certificate=path)
    http = client(first.port, second.port, ca=path)
    with pytest.raises(ConnectionFailed, match=MAY_HAVE):
        http.json("PUT", "/snapshots/x/archive", doing="upload x", data=b"x" * size)
    assert (first.count, second.count) == (1, 0)


def test_a_change_that_an_untrusted_manager_refused_may_go_to_the_next(
    manager: StandIn, peer: Callable[..., Peer], tmp_path: Path
) -> None:
    """Nothing has been sent to the first one."""
    path = certificate(tmp_path, "localhost", NOW - DAY)
    stranger = peer(torn, certificate=path)
    http = client(stranger.port, manager.port, ca=manager.ca)
    http.json("POST", "/maintenance/deactivate", doing="leave it", body={}, expected=(200, 304))
    assert stranger.count == 1
