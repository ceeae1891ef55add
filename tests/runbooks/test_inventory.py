# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin on a cluster of hosts, in place of an inventory that somebody wrote."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from lab import Lab
from runbooks.roles_site import until
from runbooks.runbook import Runbook
from tooling.played import PLAYBOOK

TIERS = ("cloudify_managers", "cloudify_brokers", "cloudify_databases")


class Asked:
    """A cluster that is asked for its nodes.

    :ivar words: the inventories, for any command of Ansible
    """

    def __init__(self, site: Runbook) -> None:
        self.site = site
        written = json.loads(site.cluster.inventory().read_text())
        variables = written["all"]["vars"]
        source = site.cluster.config_dir / "lab.cloudify.yml"
        options = {"plugin": "cloudify_ha.recovery.cluster", **variables["cloudify_connection"]}
        source.write_text(json.dumps(options))
        store = site.cluster.config_dir / "store.yml"
        groups = {"cloudify_store": written["all"]["children"]["cloudify_store"]}
        store.write_text(json.dumps({"all": {"vars": variables, "children": groups}}))
        self.words = ["-i", str(source), "-i", str(store)]

    def groups(self, *, warned: bool = False) -> dict[str, list[str]]:
        command = PLAYBOOK.with_name("ansible-inventory")
        done = subprocess.run(
            [str(command), *self.words, "--list"],
            env=self.site.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert ("[WARNING]" in done.stderr) == warned, done.stderr
        listed: dict[str, Any] = json.loads(done.stdout)
        return {name: group.get("hosts", []) for name, group in listed.items() if name != "_meta"}


@pytest.mark.parametrize("version", ["4.5.5", "7.0.5"])
def test_a_cluster_is_its_own_inventory(lab: Lab, version: str) -> None:
    site = Runbook(lab, version=version, layout="compact", form_cluster=True)
    asked = Asked(site)
    hosts = sorted(site.cluster.hosts)
    found = asked.groups()
    assert {tier: sorted(found[tier]) for tier in TIERS} == dict.fromkeys(TIERS, hosts)
    assert not found.get("cloudify_broken")
    before_5 = site.cluster.site.version.generation == "active_standby"
    assert len(found.get("cloudify_active", [])) == (1 if before_5 else 0)

    command = [str(PLAYBOOK), *asked.words, "cloudify_ha.recovery.backup"]
    played = site.played(command)
    assert played.code == 0 and "[WARNING]" not in played.output, played.output

    lost = hosts[-1]
    lab.host(lost).kill()
    until(lambda: asked.groups().get("cloudify_broken") == [lost], what="it is seen down")
    found = asked.groups()
    assert {tier: sorted(found[tier]) for tier in TIERS} == dict.fromkeys(TIERS, hosts)
    if before_5:
        assert found["cloudify_active"] not in ([], [lost])

    for host in hosts[:-1]:
        lab.host(host).kill()
    found = asked.groups(warned=True)
    assert {tier: sorted(found[tier]) for tier in TIERS} == dict.fromkeys(TIERS, hosts)
