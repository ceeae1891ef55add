# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""diagnose of one manager, on every ansible-core; the clusters that are broken are on hosts of the lab (tests/runbooks)."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from playbooks.cluster import NAME, Cluster
from tooling.played import started

CODES = {"healthy": 0, "degraded": 2, "unknown": 2, "down": 4}


def inventory(cluster: Cluster, place: Path, **connection: Any) -> Path:
    """The manager is on this machine, which is its host too."""
    cluster.connect_with_variables()
    given = {**cluster.variables.pop("cloudify_connection"), **connection}
    host = {
        "ansible_connection": "local",
        "ansible_become": False,
        "cloudify_private_ip": f"127.0.0.1:{cluster.manager.port}",
        # it is one on a port, and not on an address of its own
        "cloudify_public_ip": "127.0.0.1",
    }
    tree = {
        "all": {
            "vars": {"cloudify_connection": given},
            "children": {"cloudify_managers": {"hosts": {"m1": host}}},
        }
    }
    path = place / "inventory.json"
    path.write_text(json.dumps(tree))
    return path


def diagnosed(cluster: Cluster, place: Path, *words: str) -> tuple[str, dict[str, Any]]:
    file = place / "found.json"
    keep = ("-e", f"cloudify_diagnosis_file={file}", "-e", "diagnose_deadline=20")
    played = cluster.play("diagnose", *words, *keep)
    found = json.loads(file.read_text())
    assert played.code == CODES[found["state"]], played.output
    assert cluster.manager.password not in played.output
    return played.output, found


@pytest.mark.smoke
def test_a_manager_and_its_host(cluster: Cluster, tmp_path: Path) -> None:
    path = inventory(cluster, tmp_path)
    output, found = diagnosed(cluster, tmp_path, "-i", str(path))
    assert re.search(f"^Cluster {NAME}", output, re.MULTILINE)
    assert found["cluster"] == NAME and found["generation"] == "all_active"
    # its host was asked too: nothing of the product is installed there
    assert "ssh" not in json.dumps(found["evidence"])
    plan, again = diagnosed(cluster, tmp_path, "-i", str(path), "--check")
    assert again["class"] == found["class"]
    assert re.search(f"^Cluster {NAME}", plan, re.MULTILINE)


@pytest.mark.smoke
def test_a_manager_that_is_down(cluster: Cluster, tmp_path: Path) -> None:
    path = inventory(cluster, tmp_path, manager_port=1)
    tree = json.loads(path.read_text())
    host = tree["all"]["children"]["cloudify_managers"]["hosts"]["m1"]
    host.update(cloudify_private_ip="127.0.0.1:1")
    path.write_text(json.dumps(tree))
    output, found = diagnosed(cluster, tmp_path, "-i", str(path), "-e", "diagnose_ssh=false")
    assert found["state"] in ("down", "unknown")
    assert "connection refused" in json.dumps(found)
    assert not found["destructive"], output


@pytest.mark.smoke
def test_from_the_environment_alone(cluster: Cluster, tmp_path: Path) -> None:
    """No inventory, no groups: whom the managers name is asked for over REST."""
    output, found = diagnosed(cluster, tmp_path)
    assert re.search(f"^Cluster {NAME}", output, re.MULTILINE)
    assert found["state"] != "down"


@pytest.mark.smoke
def test_it_is_called_wrongly(cluster: Cluster, tmp_path: Path) -> None:
    told = cluster.play("diagnose", "-e", "cloudify_output=paper")
    assert told.code == 2 and "paper" in told.output
    assert "must be one of" in " ".join(told.output.split())


@pytest.mark.parametrize(
    ("asked", "front"),
    [
        (["127.0.0.1"], False),
        (["lb.example.invalid"], True),
        (["lb.example.invalid:8443"], True),
        # the inventory's, by its full name
        (["m1.example.invalid"], False),
        (["M1.EXAMPLE.invalid:8443"], False),
        # beside all managers
        (["m1", "lb.example.invalid"], True),
        # a balancer is one
        (["one.example.invalid", "two.example.invalid"], False),
    ],
)
def test_what_is_a_front(cluster: Cluster, tmp_path: Path, asked: list[str], front: bool) -> None:
    path = inventory(cluster, tmp_path, manager_hosts=asked)
    output, found = diagnosed(cluster, tmp_path, "-i", str(path), "-e", "diagnose_ssh=false")
    classes = [found["class"], *(one["class"] for one in found["also"])]
    assert ("load_balancer_broken" in classes) == front, output


def test_as_json(cluster: Cluster) -> None:
    told = cluster.play("diagnose", "-e", "cloudify_output=json")
    found, _end = json.JSONDecoder().raw_decode(told.output[told.output.index("\n{\n") + 1 :])
    assert told.code == CODES[found["state"]]


def test_without_a_password(cluster: Cluster, tmp_path: Path) -> None:
    """Nobody can be asked over REST, and that is told."""
    del cluster.environment["CLOUDIFY_PASSWORD"]
    path = tmp_path / "hosts.json"
    hosts = {"m1": {"ansible_connection": "local", "ansible_become": False}}
    tree = {"all": {"children": {"cloudify_managers": {"hosts": hosts}}}}
    path.write_text(json.dumps(tree))
    output, found = diagnosed(cluster, tmp_path, "-i", str(path))
    assert "password" in json.dumps(found) and found["state"] != "healthy", output


def test_it_changes_nothing(cluster: Cluster, tmp_path: Path) -> None:
    since = len(cluster.manager.requests())
    diagnosed(cluster, tmp_path)
    assert cluster.changes(since) == []
    assert not cluster.store.exists()


def test_nobody_waits_for_what_is_left_running(cluster: Cluster, tmp_path: Path) -> None:
    """Whoever reads the output through a pipe sees its end when Ansible has ended."""
    path = inventory(cluster, tmp_path)
    command = started(cluster.command("diagnose", "-i", str(path)))
    done = subprocess.run(
        command, env=cluster.environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    assert b"PLAY RECAP" in done.stdout
