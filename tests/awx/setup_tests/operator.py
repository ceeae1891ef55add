# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An AWX, a file of settings, and somebody who types ansible-playbook."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

from awx.standin.testing import AwxStandIn
from tooling.played import PLAYBOOK, Played, environment, play

REPO = Path(__file__).resolve().parents[3]
#: What ansible-core says of a result of awx.awx.project since 2.19.
THEIRS = "Value for result key 'finished'"
URL = "https://git.example.com/recovery.git"
NAME = "Cloudify production"
NODES = ["m1", "m2", "m3"]
#: Not words that anything else contains.
SECRETS = ("S3cr3t-of-the-manager", "S3cr3t-of-the-hosts")
KEY = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{SECRETS[1]}\n-----END OPENSSH PRIVATE KEY-----\n"
CA = "-----BEGIN CERTIFICATE-----\nY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n"
SETTINGS: dict[str, Any] = {
    "setup_awx_cluster": "production",
    "setup_awx_manager": {
        "manager_hosts": ["10.0.0.1", "10.0.0.2"],
        "username": "admin",
        "password": SECRETS[0],
        "ca": CA,
    },
    "setup_awx_machine": {"username": "centos", "ssh_key_data": KEY},
    "setup_awx_project": {"url": URL},
    "setup_awx_store": {"host": "backup", "address": "10.0.0.9"},
}
TELLS = {
    "_meta": {
        "hostvars": {
            name: {"ansible_host": f"10.0.0.{number}"} for number, name in enumerate(NODES, 1)
        }
    },
    **{
        group: {"hosts": NODES}
        for group in ("cloudify_managers", "cloudify_brokers", "cloudify_databases")
    },
}


def fresh_awx(**settings: Any) -> AwxStandIn:
    """One whose project is the directory awx/ of this repository, and that takes its time to delete an inventory."""
    given = {
        "projects": {URL: REPO / "awx"},
        "inventories": {f"{NAME}: nodes": TELLS},
        "deletion_delay": 4,
        **settings,
    }
    return AwxStandIn(**given)


class Operator:
    def __init__(self, awx: AwxStandIn, place: Path) -> None:
        self.awx = awx
        self.settings = copy.deepcopy(SETTINGS)
        self._file = place / "settings.json"
        # deprecations are those of awx.awx
        more = {**awx.environment, "ANSIBLE_DEPRECATION_WARNINGS": "false"}
        theirs = ("CONTROLLER_", "TOWER_", "AWX_")
        self.environment = {
            name: value
            for name, value in environment(place / "home", **more).items()
            if name in more or not name.startswith(theirs)
        }

    def play(self, *words: str) -> Played:
        self._file.write_text(json.dumps(self.settings), encoding="utf-8")
        command = [str(PLAYBOOK), "cloudify_ha.recovery.setup_awx", "-e", f"@{self._file}", *words]
        played = play(command, self.environment)
        for secret in SECRETS:
            assert secret not in played.output
        assert "Traceback" not in played.output, played.output
        return played

    def ok(self, *words: str) -> Played:
        self.awx.forget_requests()
        played = self.play(*words)
        assert played.code == 0, played.output
        warnings = re.findall(r"\[WARNING\]: (.*)", played.output)
        assert not [text for text in warnings if THEIRS not in text], played.output
        return played

    def refused(self, *words: str) -> str:
        self.awx.forget_requests()
        played = self.play(*words)
        assert played.code == 2, played.output
        return played.failure

    @property
    def changes(self) -> list[str]:
        """What was asked of AWX to be changed, but for the tokens of the modules."""
        return [
            f"{entry.method} {entry.path}"
            for entry in self.awx.mutations
            if "/tokens/" not in entry.path
        ]
