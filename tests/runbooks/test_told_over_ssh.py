# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module that runs on a host is followed over a second session of the same connection."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from lab import Lab
from runbooks.roles_site import REPO, until
from tooling.played import PLAYBOOK, play

PORT = 8097
#: Answers after longer than modules are silent.
SLOW_MANAGER = f"""
import http.server, json, time
class Slow(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(10)
        body = json.dumps({{"status": "activated", "remaining_executions": None}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("127.0.0.1", {PORT}), Slow).serve_forever()
"""
TASK = {
    "cloudify_ha.recovery.maintenance_mode": {
        "manager_hosts": ["127.0.0.1"],
        "manager_port": PORT,
        "manager_protocol": "http",
        "username": "admin",
        "password": "S3cr3t",
        "state": "activated",
    }
}


@pytest.fixture(scope="module")
def inventory(lab: Lab) -> Path:
    lab.down()
    (host,) = lab.up("h1")
    host.write("/root/slow.py", SLOW_MANAGER, 0o644)
    host.exec("systemd-run", "--unit", "slow-manager", "python3", "/root/slow.py")
    listens = f"ss -ltn | grep -q 127.0.0.1:{PORT} && echo yes || true"
    until(lambda: "yes" in host.exec("sh", "-c", listens).stdout, what="the slow manager")
    return lab.inventory({"nodes": ["h1"]}, {})


@pytest.mark.parametrize(
    ("pipelining", "become"),
    [
        (True, {}),
        (False, {"become": True}),
        (True, {"become": True, "become_user": "nobody"}),
    ],
    ids=["as the user of ssh", "as root, from a file", "as somebody else"],
)
def test_it_is_told(
    pipelining: bool, become: dict[str, Any], inventory: Path, lab: Lab, tmp_path: Path
) -> None:
    place = tmp_path / "ansible_collections" / "cloudify_ha" / "recovery"
    place.parent.mkdir(parents=True)
    place.symlink_to(REPO)
    book = tmp_path / "play.json"
    book.write_text(
        json.dumps([{"hosts": "nodes", "gather_facts": False, **become, "tasks": [TASK]}])
    )
    environment = {
        "ANSIBLE_COLLECTIONS_PATH": str(tmp_path),
        **os.environ,
        "ANSIBLE_HOME": str(tmp_path / "home"),
        "ANSIBLE_PIPELINING": str(pipelining),
        "ANSIBLE_NOCOLOR": "true",
    }
    done = play([str(PLAYBOOK), "-i", str(inventory), str(book)], environment)
    assert done.code == 0, done.output
    told = r"^\[h1\] maintenance_mode, \d+ s: read the maintenance mode$"
    assert re.search(told, done.output, re.MULTILINE), done.output
    assert "cloudify_ha" not in lab["h1"].exec("ls", "-a", "/tmp").stdout
