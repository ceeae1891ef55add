# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles on hosts of the lab: a cluster, a place in the store, and ansible-playbook."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab import Host, Lab
from product.cluster import Cluster, deploy
from tooling.played import PLAYBOOK, Played, environment, play

REPO = Path(__file__).parents[2]
CA = "/etc/cloudify/ssl/cloudify_internal_ca_cert.pem"
TIERS = {"manager": "managers", "broker": "brokers", "database": "databases"}
PATIENCE = 120.0


class Site:
    """A cluster whose nodes are saved, torn down and installed by roles."""

    def __init__(self, lab: Lab, *, version: str, layout: str = "single", **options: Any) -> None:
        lab.down()
        options.setdefault("form_cluster", False)
        self.lab = lab
        self.cluster: Cluster = deploy(lab, version=version, layout=layout, **options)
        self.place = self.cluster.config_dir / "store" / "lab" / ".runs" / "one"
        self.place.mkdir(parents=True)
        self._number = 0

    # -- roles

    def variables(self) -> dict[str, Any]:
        return {
            "cloudify_confirm": self.cluster.name,
            "save_certificates_place": str(self.place),
            "tear_down_proven": True,
            "tear_down_places": [str(self.place)],
            "install_node_places": [str(self.place)],
            "install_node_fresh_cluster": True,
        }

    def command(self, *roles: str, hosts: str = "", **more: Any) -> list[str]:
        self._number += 1
        play = [
            {
                "hosts": hosts or ",".join(self.cluster.hosts),
                "gather_facts": False,
                "any_errors_fatal": True,
                "vars": {
                    "look_at_nodes_answers": True,
                    "cloudify_tiers": "{{ tiers_of[inventory_hostname] }}",
                },
                "tasks": [
                    {
                        "name": f"Role {role}",
                        "ansible.builtin.include_role": {"name": f"cloudify_ha.recovery.{role}"},
                    }
                    for role in roles
                ],
            }
        ]
        file = self.cluster.config_dir / f"play-{self._number}.json"
        file.write_text(json.dumps(play))
        tiers = {
            host: [tier for tier, group in TIERS.items() if host in getattr(self.cluster, group)]
            for host in self.cluster.hosts
        }
        inventory = self.cluster.inventory(tiers_of=tiers)
        extra = json.dumps({**self.variables(), **more})
        return [str(PLAYBOOK), "-i", str(inventory), str(file), "--extra-vars", extra]

    @property
    def environment(self) -> dict[str, str]:
        found = environment(
            self.cluster.config_dir / "home",
            ANSIBLE_FORKS="10",
            ANSIBLE_HOST_KEY_CHECKING="false",
        )
        if "ANSIBLE_COLLECTIONS_PATH" not in found:
            root = self.cluster.config_dir / "collections"
            place = root / "ansible_collections" / "cloudify_ha" / "recovery"
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.is_symlink():
                place.symlink_to(REPO)
            found["ANSIBLE_COLLECTIONS_PATH"] = str(root)
        return found

    def played(self, command: list[str]) -> Played:
        return play(command, self.environment)

    def play(self, *roles: str, words: tuple[str, ...] = (), **more: Any) -> Played:
        return self.played([*self.command(*roles, **more), *words])

    def ok(self, *roles: str, **more: Any) -> Played:
        played = self.play(*roles, **more)
        assert played.code == 0, played.output
        return played

    def refused(self, *roles: str, **more: Any) -> str:
        played = self.play(*roles, **more)
        assert played.code == 2, played.output
        return " ".join(played.output.split())

    def start(self, *roles: str, **more: Any) -> subprocess.Popen[str]:
        """The same in the background; its output goes to a file."""
        self.log = self.cluster.config_dir / "background.log"
        with self.log.open("w") as log:
            return subprocess.Popen(
                self.command(*roles, **more),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )

    # -- hosts

    def host(self, name: str = "h1") -> Host:
        return self.lab.host(name)

    def sh(self, script: str, name: str = "h1", *, check: bool = True) -> str:
        return self.host(name).exec("sh", "-c", script, check=check, timeout=300).stdout.strip()

    def fingerprint(self, path: str = CA, name: str = "h1") -> str:
        """sha256 of the certificate in a file, by openssl."""
        script = f"openssl x509 -in '{path}' -noout -fingerprint -sha256"
        return self.sh(script, name).partition("=")[2].replace(":", "").lower()

    def saved(self, name: str = "h1") -> dict[str, Any]:
        index: dict[str, Any] = json.loads((self.place / "nodes" / name / "index.json").read_text())
        return index

    def is_bare(self, name: str = "h1") -> bool:
        """Whether nothing of the product is left but for logs."""
        left = self.sh(
            "rpm -q cloudify-manager-install; ls -A /etc/cloudify/ssl /etc/cloudify/.install* "
            "/etc/cloudify/.configured /opt/manager 2>/dev/null; command -v cfy_manager; true",
            name,
        )
        return left == "package cloudify-manager-install is not installed"

    def works(self, name: str = "h1") -> bool:
        return bool(self.cluster.call(name, "GET", "/version")[0] == 200)

    def look(self, name: str = "h1") -> str:
        """Everything that a role could have touched, and that stays as it is by itself."""
        return self.sh(
            "find /etc/cloudify /opt /var/lib/patroni /etc/etcd /var/tmp /home/admin "
            "-path /var/lib/patroni/data -prune -o -type f -exec sha256sum {} + 2>/dev/null | sort; rpm -qa | sort",
            name,
        )


def until(condition: Callable[[], Any], *, what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"not within {PATIENCE:g} s: {what}"
        time.sleep(0.1)


def end_all(child: subprocess.Popen[str]) -> None:
    """Kill a playbook with all that it started on this side."""
    for pid in (*_descendants(child.pid), child.pid):
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            pass
    child.wait()


def _descendants(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                continue
            if parent == pid:
                found += [*_descendants(int(entry.name)), int(entry.name)]
    return found


__all__ = ("CA", "Played", "Site", "end_all", "until")
