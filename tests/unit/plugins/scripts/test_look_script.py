# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""look.sh of look_at_nodes: whether something serves on a host, as its own kernel tells."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.scripts.stub_host import StubHost

LOOK = "look_at_nodes/files/look.sh"
HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
ANY, LOOPBACK, OWN = "00000000", "0100007F", "0B00000A"
ANY6, LOOPBACK6 = "0" * 32, "0" * 24 + "01000000"


def socket(address: str, port: int, state: str = "0A", *, peer: str = "0000") -> str:
    there = "0" * len(address)
    return f"   0: {address}:{port:04X} {there}:{peer} {state} 00000000:00000000 00:00000000 00000000  0 0 1557 1\n"


@pytest.mark.parametrize(
    ("tcp", "tcp6", "serves"),
    [
        ("", "", False),
        (socket(ANY, 443), "", True),
        (socket(ANY, 22) + socket(OWN, 80), "", True),
        ("", socket(ANY6, 443), True),
        (socket(ANY, 8443), "", True),
        (socket(ANY, 22) + socket(ANY, 5432) + socket(ANY, 8008) + socket(ANY, 15671), "", False),
        # it serves nobody else
        (socket(LOOPBACK, 443), socket(LOOPBACK6, 80), False),
        (socket(LOOPBACK, 443), socket(ANY6, 80), True),
        # a connection of its own to some other host's
        (socket(OWN, 443, "01", peer="C350"), "", False),
        (socket(OWN, 50000, "01", peer="01BB"), "", False),
    ],
)
def test_what_listens(tcp: str, tcp6: str, serves: bool, tmp_path: pathlib.Path) -> None:
    (tmp_path / "tcp").write_text(HEAD + tcp)
    if tcp6:
        (tmp_path / "tcp6").write_text(HEAD + tcp6)
    done = StubHost(tmp_path).run(LOOK, "443", "80", "8443", place=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == ("serves\n" if serves else "")


def test_it_never_fails(tmp_path: pathlib.Path) -> None:
    host = StubHost(tmp_path)
    done = host.run(LOOK, "443", "no port", "", place=str(tmp_path / "none"))
    assert (done.returncode, done.stdout) == (0, "")
    host.without("grep")
    assert host.run(LOOK, "443").returncode == 0
