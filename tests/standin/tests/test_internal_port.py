# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The second port, as agents use it."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from product import x509
from standin.testing import StandIn
from standin.tests.steps import until

ADDRESS = "127.0.0.1"


def make_pair(folder: Path, ca: x509.Pair) -> None:
    pair = x509.make(ADDRESS, signed_by=ca, names=[ADDRESS])
    (folder / "internal.pem").write_text(pair.certificate)
    (folder / "internal.key").write_text(pair.key)


def test_it_shows_the_internal_certificate_and_reads_it_again(tmp_path: Path) -> None:
    ca = x509.make("Agents' CA", ca=True)
    (tmp_path / "ca.pem").write_text(ca.certificate)
    trust = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    make_pair(tmp_path, ca)
    with socket.create_server((ADDRESS, 0)) as free:
        port = free.getsockname()[1]
    manager = StandIn(state=tmp_path / "state")
    manager._options += [
        *("--internal-port", str(port)),
        *("--internal-cert", str(tmp_path / "internal.pem")),
        *("--internal-key", str(tmp_path / "internal.key")),
    ]

    def serial() -> Any:
        with (
            socket.create_connection((ADDRESS, port), timeout=30) as raw,
            trust.wrap_socket(raw, server_hostname=ADDRESS) as connection,
        ):
            return (connection.getpeercert() or {})["serialNumber"]

    with manager:
        with pytest.raises(urllib.error.HTTPError) as told:
            urllib.request.urlopen(f"https://{ADDRESS}:{port}/api/v3.1/status", context=trust)
        assert told.value.code == 401
        assert manager.requests()[-1]["status"] == 401
        first = serial()
        make_pair(tmp_path, ca)
        assert serial() == first
        os.kill(manager.pid, signal.SIGHUP)
        until(lambda: serial() != first)
