# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""diagnose, while clusters are broken in one way after another: the class, the exit code, and a screen that can be read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab import Lab
from product.cluster.configs import SECRETS
from product.on_hosts.tiers import Tiers
from runbooks.broken_clusters import SITUATIONS, Scene
from runbooks.runbook import PATIENT, Runbook
from tooling.played import Played

CODES = {"healthy": 0, "degraded": 2, "unknown": 2, "down": 4}
CONTROLLER = "172.31.78.1"


@dataclass
class Told:
    played: Played
    result: dict[str, Any]

    @property
    def screen(self) -> list[str]:
        """What was printed between the last task's title and what Ansible says of its end."""
        text = self.played.output.rpartition("] ***")[0].rpartition("TASK [")[0]
        shown = self.played.output[len(text) :].split("\n", 1)[1]
        for end in ("\n[ERROR]", "\nfatal:", "\nok:", "\n[WARNING]"):
            shown = shown.partition(end)[0]
        return shown.rstrip("\n").split("\n")


class Ward:
    """A cluster that is broken and mended, and diagnosed in between."""

    def __init__(self, lab: Lab, version: str) -> None:
        self.site = Runbook(lab, version=version, layout="compact", form_cluster=True)
        self.site.cluster.seed(sample="rich")
        self.scene = Scene(Tiers(self.site.cluster))
        self.scene.wait_whole()
        self.folder = self.site.cluster.config_dir

    def diagnose(self, *more: str, earlier: Path | None = None) -> Told:
        """:param earlier: what was found before"""
        file = self.folder / "found.json"
        file.unlink(missing_ok=True)
        if earlier:
            shutil.copy(earlier, file)
        keep = ("-e", f"cloudify_diagnosis_file={file}")
        played = self.site.run("diagnose", *PATIENT, *keep, *more)
        assert file.exists() and file.stat().st_mode & 0o777 == 0o600, played.output
        told = Told(played, json.loads(file.read_text()))
        self.holds(told)
        return told

    def holds(self, told: Told) -> None:
        """What is so whatever was found."""
        output = told.played.output
        assert told.played.code == CODES[told.result["state"]], output
        assert "[WARNING]" not in output and "Traceback" not in output, output
        assert "unreachable=1" not in output.replace("localhost", "", 1) or told.played.code == 4
        everything = output + json.dumps(told.result)
        for secret in (self.site.cluster.password, *SECRETS.values()):
            assert str(secret) not in everything
        screen = told.screen
        assert len(screen) <= 24 and max(map(len, screen)) <= 80, "\n".join(screen)


@pytest.fixture(scope="module", params=["7.0.5", "4.5.5"])
def ward(request: pytest.FixtureRequest, lab: Lab) -> Iterator[Ward]:
    yield Ward(lab, request.param)


# -- all is well -------------------------------------------------------------------------------------


def test_healthy(ward: Ward) -> None:
    told = ward.diagnose()
    assert (told.result["class"], told.played.code) == ("healthy", 0), told.played.output
    assert told.played.changed == 0
    assert told.screen[0].startswith("Cluster lab is HEALTHY")
    plan = ward.diagnose("--check")
    assert plan.result["class"] == "healthy"


def test_without_ssh(ward: Ward) -> None:
    told = ward.diagnose("-e", "diagnose_ssh=false")
    assert told.result["state"] in ("healthy", "unknown"), told.played.output


def test_without_rest(ward: Ward) -> None:
    """No manager lets us in, and the hosts do."""
    wrong = {"manager_hosts": ["192.0.2.1"], "username": "nobody", "password": "wr0ng-w0rd"}
    told = ward.diagnose("-e", json.dumps({"cloudify_connection": wrong}))
    assert "wr0ng-w0rd" not in told.played.output + json.dumps(told.result)
    assert not told.result["destructive"], told.played.output


def test_with_nothing_but_a_connection(ward: Ward) -> None:
    """No group, no host: the members are those that the managers name."""
    cluster = ward.site.cluster
    connection = {
        "manager_hosts": [cluster.address(host) for host in cluster.managers],
        "username": cluster.username,
        "password": cluster.password,
        "ca_path": str(cluster.ca),
    }
    extra = ward.folder / "connection.json"
    extra.write_text(json.dumps({"cloudify_connection": connection}))
    words = ward.site.words("diagnose", *PATIENT, "-e", f"@{extra}")
    words[words.index("-i") + 1] = "localhost,"
    played = ward.site.played([*words, "-e", "ansible_connection=local"])
    assert played.code in (0, 2), played.output
    assert "The cluster is" in played.output or "The cluster: " in played.output
    assert cluster.password not in played.output


def test_an_inventory_of_names(ward: Ward) -> None:
    """As the README has it: nothing says which addresses the members have among each other."""
    tree = json.loads(ward.site.cluster.inventory().read_text())
    for host in tree["all"]["hosts"].values():
        del host["ansible_host"]
    names = ward.folder / "names.yml"
    names.write_text(json.dumps(tree))
    words = ward.site.words("diagnose", *PATIENT)
    words[words.index("-i") + 1] = str(names)
    played = ward.site.played(words)
    assert played.code == 0 and "Cluster lab is HEALTHY" in played.output, played.output


def test_as_json_and_in_the_log(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    log = ward.folder / "ansible.log"
    monkeypatch.setenv("ANSIBLE_LOG_PATH", str(log))
    ward.diagnose()
    assert "Cluster lab is HEALTHY" in log.read_text()
    played = ward.site.run("diagnose", *PATIENT, "-e", "cloudify_output=json")
    text = played.output[played.output.index("\n{\n") :]
    found, _end = json.JSONDecoder().raw_decode(text.lstrip())
    assert found["class"] == "healthy" and found["cluster"] == "lab"


# -- something is wrong ------------------------------------------------------------------------------


def fill(scene: Scene) -> None:
    host, place = scene["other" if scene.standby else "async"], "/var/log/cloudify"
    host.fill_disk(place, leave=4096)
    scene.undo.append(lambda: host.free_disk(place))


def leave_flag(scene: Scene) -> None:
    host = scene["async"]
    host.exec("sh", "-c", "mkdir -p /tmp/cloudify && touch /tmp/cloudify/snapshot_restoring")
    scene.undo.append(lambda: host.exec("rm", "/tmp/cloudify/snapshot_restoring"))


def cut_my_path(scene: Scene) -> None:
    """Nothing goes from the hosts to the controller, and all goes between them."""
    for name in scene.were.values():
        host = scene.tiers.host(name)
        host.exec("ip", "route", "add", "blackhole", CONTROLLER)
        scene.mute.add(name)
        scene.undo.append(lambda h=host: h.exec("ip", "route", "del", "blackhole", CONTROLLER))  # type: ignore[misc]


def change_certificate(scene: Scene) -> None:
    """One of nobody's, in place of the one that is there."""
    host = scene["async"]
    file = "/etc/cloudify/ssl/monitoring_cert.pem"
    host.exec("cp", file, "/root/kept.pem")
    make = f"openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=x -out {file}"
    host.exec("sh", "-c", make)
    scene.undo.append(lambda: host.exec("cp", "/root/kept.pem", file))


def situation(name: str) -> Callable[[Scene], object]:
    return SITUATIONS[name].act


BROKEN: list[tuple[str, str, Callable[[Scene], object], tuple[str, ...]]] = [
    ("7.0.5", "mgmtworker", situation("mgmtworker-stopped"), ("services_down",)),
    ("7.0.5", "manager", situation("manager-stopped"), ("manager_down",)),
    ("7.0.5", "broker", situation("broker-stopped"), ("broker_down",)),
    ("7.0.5", "database", situation("patroni-of-async-stopped"), ("database_down",)),
    ("7.0.5", "disk", fill, ("disk_full",)),
    ("7.0.5", "flag", leave_flag, ("restore_flag_left",)),
    ("7.0.5", "certificate", change_certificate, ("certificates_bad",)),
    ("7.0.5", "maintenance", situation("maintenance"), ("maintenance_left",)),
    ("7.0.5", "my path", cut_my_path, ("my_path_broken", "unclear")),
    ("7.0.5", "no standby", situation("no-standby"), ("writes_blocked",)),
    ("7.0.5", "replica killed", situation("async-killed-settled"), ("node_down",)),
    (
        "7.0.5",
        "leader killed now",
        situation("leader-killed-now"),
        ("active_down_failover_running",),
    ),
    ("7.0.5", "leader killed", situation("leader-killed-settled"), ("active_down_failover_done",)),
    (
        "7.0.5",
        "leader isolated",
        situation("leader-isolated"),
        ("active_down_failover_done", "network_broken"),
    ),
    ("7.0.5", "two killed", situation("two-killed"), ("database_quorum_lost",)),
    ("4.5.5", "disk", fill, ("disk_full",)),
    ("4.5.5", "my path", cut_my_path, ("my_path_broken", "unclear")),
    ("4.5.5", "replica killed", situation("replica-killed"), ("node_down", "manager_down")),
    (
        "4.5.5",
        "active killed now",
        situation("active-killed-now"),
        ("active_down_failover_running",),
    ),
    ("4.5.5", "active killed", situation("active-killed"), ("active_down_failover_done",)),
    ("4.5.5", "active isolated", situation("active-isolated"), ("split_brain",)),
]


@pytest.mark.parametrize(
    ("ward", "act", "classes"),
    [pytest.param(v, act, classes, id=f"{v}-{what}") for v, what, act, classes in BROKEN],
    indirect=["ward"],
)
def test_broken(ward: Ward, act: Callable[[Scene], object], classes: tuple[str, ...]) -> None:
    scene = ward.scene
    scene.who()
    before = None
    if classes[0].startswith("active_"):
        ward.diagnose()
        before = shutil.copy(ward.folder / "found.json", ward.folder / "before.json")
    try:
        act(scene)
        told = ward.diagnose(earlier=before)
        assert told.result["class"] in classes, told.played.output
        assert told.result["evidence"] and told.result["summary"]
        if told.result["command"]:
            assert str(ward.folder / "inventory.yml") in told.result["command"]
    finally:
        scene.mend()


def test_a_dead_front(ward: Ward) -> None:
    """The managers are well, and the address that users take leads nowhere."""
    cluster = ward.site.cluster
    connection = {
        "manager_hosts": ["172.31.78.99"],
        "username": cluster.username,
        "password": cluster.password,
        "ca_path": str(cluster.ca),
    }
    extra = ward.folder / "front.json"
    extra.write_text(json.dumps({"cloudify_connection": connection}))
    told = ward.diagnose("-e", f"@{extra}")
    assert told.result["class"] == "load_balancer_broken", told.played.output
