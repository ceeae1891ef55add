# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A manager is lost and comes back, under ansible-rulebook; what its rules do about it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from awx.standin.testing import AwxStandIn
from awx.standin.world import GIT, PLAYBOOKS, World
from eda.rulebook import PATIENCE, Rulebook
from eda.scripted_playbook import alive
from standin.testing import StandIn

PASSWORD = "S3cr3t/Passw0rd+of-the-stand-in"
DIAGNOSE = "Cloudify production: diagnose"
RECOVER = "Cloudify production: recover with approval"


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[StandIn]:
    with StandIn(speed=40, state=tmp_path / "manager", password=PASSWORD) as running:
        yield running


@pytest.fixture
def start(tmp_path: Path, manager: StandIn) -> Iterator[Callable[..., Rulebook]]:
    """A rulebook for that manager, which is its own host."""
    host = {
        "ansible_connection": "local",
        "ansible_become": False,
        "cloudify_private_ip": f"127.0.0.1:{manager.port}",
        "cloudify_public_ip": "127.0.0.1",
    }
    connection = {
        "manager_hosts": ["127.0.0.1"],
        "manager_port": manager.port,
        "username": manager.username,
        "ca_path": manager.ca,
    }
    tree = {
        "all": {
            "vars": {"cloudify_cluster_name": "production", "cloudify_connection": connection},
            "children": {"cloudify_managers": {"hosts": {"m1": host}}},
        }
    }
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps(tree))
    environment = {
        "ANSIBLE_INVENTORY": str(inventory),
        "CLOUDIFY_PASSWORD": PASSWORD,
        "TEST_OF": str(tmp_path),
    }
    made: list[Rulebook] = []

    def make(name: str, *words: str, **variables: Any) -> Rulebook:
        given = {"interval": 1, "confirmations": 1, "deadline": 150, **variables}
        made.append(Rulebook(name, tmp_path, *words, environment=environment, **given))
        return made[-1]

    yield make
    for each in made:
        assert PASSWORD not in each.output
        assert "Traceback" not in each.output, each.output
    # whatever it was doing when it was ended
    end = time.monotonic() + PATIENCE
    while alive(f"TEST_OF={tmp_path}") and time.monotonic() < end:
        time.sleep(0.1)
    assert not alive(f"TEST_OF={tmp_path}")
    assert not list((tmp_path / "tmp").glob("cloudify-ha-watch-*"))


def classes(rulebook: Rulebook) -> list[tuple[str, str, str]]:
    return [(each["reason"], each["previous"], each["class"]) for each in rulebook.events()]


LOST_AND_BACK = [
    ("first", "", "healthy"),
    ("changed", "healthy", "cluster_down"),
    ("changed", "cluster_down", "healthy"),
]


@pytest.fixture
def awx() -> Iterator[AwxStandIn]:
    """With a diagnosis, and a workflow that begins with somebody's approval and asks for a confirmation."""
    with AwxStandIn(projects={GIT: PLAYBOOKS}) as awx:
        world = World(awx, organization="Default")
        world.template(DIAGNOSE, playbook="restore.yml")
        workflow = world.make("workflow_job_templates", name=RECOVER)
        node = awx.make(f"workflow_job_templates/{workflow}/workflow_nodes/", identifier="approve")
        nodes = f"workflow_job_template_nodes/{node['id']}"
        awx.make(f"{nodes}/create_approval_template/", name="Approve")
        world.survey(workflow, {"variable": "cloudify_confirm", "required": True}, kind="workflow")
        yield awx


def launches(awx: AwxStandIn) -> list[tuple[str, dict[str, Any]]]:
    """What was launched, in order: the name of the template and what was sent."""
    names = {
        f"/api/v2/{kind}/{item['id']}/launch/": str(item["name"])
        for kind in ("job_templates", "workflow_job_templates")
        for item in awx.objects(kind)
    }
    return [(names[e.path], e.body) for e in awx.mutations if e.path in names and e.status == 201]


def test_a_workflow_waits_for_approval(
    manager: StandIn, start: Callable[..., Rulebook], awx: AwxStandIn
) -> None:
    token = awx.make("tokens/", scope="write")["token"]
    words = ("--controller-url", awx.url, "--controller-token", token)
    with start("cluster_health", *words, confirmations=2) as rulebook:
        rulebook.until(lambda: [name for name, _sent in launches(awx)] == [DIAGNOSE])
        manager.kill()
        rulebook.until(lambda: len(launches(awx)) == 3)
        manager.start()
        # that nobody has approved anything holds nothing up
        rulebook.until(lambda: len(launches(awx)) == 4)
        assert classes(rulebook) == LOST_AND_BACK
        lost = rulebook.events()[1]
        assert token not in rulebook.output
    (waiting,) = awx.get("workflow_approvals/", status="pending")["results"]
    assert waiting["name"] == "Approve"
    launched = launches(awx)
    names = [name for name, _sent in launched]
    assert sorted(names[1:3]) == [DIAGNOSE, RECOVER] and names[3] == DIAGNOSE
    # what would destroy all is named, and neither done nor confirmed
    assert lost["runbook"] == "rebuild_cluster" and lost["destructive"]
    assert lost["looks"] == 2 and lost["cluster"] == "production"
    for name, sent in launched:
        given = {key: value for key, value in sent["extra_vars"].items() if key != "ansible_eda"}
        assert given == ({"cloudify_confirm": "production"} if name == RECOVER else {})
        assert "limit" not in sent or sent["limit"] == ""
        assert PASSWORD not in json.dumps(sent)
    assert manager_is_as_it_was(manager)


def test_without_awx_it_is_diagnosed(
    manager: StandIn, start: Callable[..., Rulebook], tmp_path: Path
) -> None:
    record = tmp_path / "record.json"

    def recorded() -> str:
        return str(json.loads(record.read_text())["class"]) if record.exists() else ""

    with start("cluster_health_diagnose", record=str(record)) as rulebook:
        rulebook.until(lambda: recorded() == "healthy")
        manager.kill()
        rulebook.until(lambda: recorded() == "cluster_down")
        manager.start()
        rulebook.until(lambda: recorded() == "healthy")
        assert classes(rulebook) == LOST_AND_BACK
        # its page is in the log, with the host's own word
        assert "Cluster production is DOWN" in rulebook.output
        assert "Cluster production is down: cluster_down (changed) since" in rulebook.output
        assert "ERROR" not in rulebook.output
    assert manager_is_as_it_was(manager)


def manager_is_as_it_was(manager: StandIn) -> bool:
    """Nobody has changed anything."""
    return not [each for each in manager.requests() if each["method"] not in ("GET", "HEAD")]


def test_what_is_wrong_is_said_at_once(start: Callable[..., Rulebook]) -> None:
    with start("cluster_health_diagnose", interval="soon", inventory="/nowhere") as rulebook:
        assert rulebook.wait() == 1
    said = "cluster_health: inventory: there is no /nowhere; interval: 'soon' is not a number"
    assert said in rulebook.output
