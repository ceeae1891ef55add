# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands of the README and of the guides, as they are printed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from playbooks.cluster import NAME, Cluster
from tooling.played import PLAYBOOK, Played, play

REPO = Path(__file__).resolve().parents[2]
GUIDES = sorted((REPO / "docs" / "docsite" / "rst").glob("*.rst"))
COMMAND = re.compile(r"^ *\$ (ansible-playbook .*)$", re.M)


def read(text: str, cluster: Cluster) -> str:
    """What a user makes of it: addresses and paths that are his own."""
    # tests/runbooks have hosts
    text, marker, _nodes = text.partition("# the nodes, by ssh")
    assert marker
    for theirs, ours in (
        ("manager1.example.com, manager2.example.com, manager3.example.com", "127.0.0.1"),
        ("username: admin", f"username: admin\n      manager_port: {cluster.manager.port}"),
        ("/etc/pki/cloudify-ca.pem", str(cluster.manager.ca)),
        ("/var/lib/cloudify_ha", str(cluster.store)),
    ):
        assert theirs in text
        text = text.replace(theirs, ours)
    return text


def test_commands_do_what_is_said(cluster: Cluster, tmp_path: Path) -> None:
    readme = (REPO / "README.md").read_text()
    (inventory,) = re.findall(r"```yaml\n(.*?)```", readme, re.S)
    (tmp_path / "inventory.yml").write_text(read(inventory, cluster))
    kept = ("ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_HOME", "ANSIBLE_NOCOLOR")
    environment = {
        name: value
        for name, value in cluster.environment.items()
        if name in kept or not name.startswith(("ANSIBLE_", "CLOUDIFY_"))
    }
    environment["CLOUDIFY_PASSWORD"] = cluster.manager.password

    def run(line: str, *, codes: tuple[int, ...] = (0,)) -> Played:
        words = shlex.split(line.replace("backup-20261122T020000Z", (cluster.names() or [""])[0]))
        assert words[:3] == ["ansible-playbook", "-i", "inventory.yml"]
        played = play([str(PLAYBOOK), *words[1:]], environment, cwd=tmp_path)
        assert played.code in codes, played.output
        assert (
            "[WARNING]" not in played.output and "DEPRECATION" not in played.output
        ), played.output
        return played

    diagnosis, backup, plan, restore, again = COMMAND.findall(readme)
    # of one manager that has no hosts beside it, not enough is known
    assert f"Cluster {NAME}" in run(diagnosis, codes=(0, 2)).output
    assert run(backup).report[0].startswith(f"BACKUP OK: cluster {NAME} (")
    cluster.manager.wipe()
    assert run(plan).report[0].startswith(f"PLAN: restore of cluster {NAME} on ")
    told = run(restore).report[0]
    assert told.startswith("RESTORE OK: ") and told.endswith(": RESTORED")
    assert run(again).report[0].startswith("RESTORE OK: ")
    guides = [
        line
        for guide in GUIDES
        for line in COMMAND.findall(guide.read_text())
        # tests/runbooks does these, on hosts, or a test of their own
        if not re.search(
            r"rebuild_cluster|replace_node|recover_active|\.recover |resolve_split_brain|schedule_backup|setup_awx|\.status$",
            line,
        )
    ]
    assert sorted(set(guides)) == sorted([diagnosis, backup, plan, restore])
    inventories = [
        re.sub("^    ", "", text, flags=re.M)
        for guide in GUIDES
        for text in re.findall(r"\n\n(    all:\n.*?)\n\n", guide.read_text(), re.S)
    ]
    assert [text.strip() for text in inventories] == [inventory.strip()]
