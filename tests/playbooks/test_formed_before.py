# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Before 5.0, a rebuild that is taken up again finds the cluster that it has formed, wherever that has gone since."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from playbooks.test_parts_of_runbooks import REPO, of_role, played
from standin.tests.cluster.members import Node
from standin.tests.steps import until
from tooling.played import Played, environment

Start = Callable[..., list[Node]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    made: list[Node] = []

    def start_all(*names: str) -> list[Node]:
        for name in names:
            made.append(Node(name, state=tmp_path / name, profile="4.5.5"))
            made[-1].start()
        return made

    yield start_all
    for node in made:
        node.stop()


def of_all(place: Path, nodes: list[Node]) -> dict[str, str]:
    """The environment that has their connection."""
    return environment(
        place / "home",
        CLOUDIFY_MANAGER_HOSTS=",".join(address(node) for node in nodes),
        CLOUDIFY_USERNAME=nodes[0].username,
        CLOUDIFY_PASSWORD=nodes[0].password,
        CLOUDIFY_VALIDATE_CERTS="false",
    )


def address(node: Node) -> str:
    return f"127.0.0.1:{node.port}"


def variables_of(role: str) -> dict[str, Any]:
    return {"ansible.builtin.include_vars": str(REPO / "roles" / role / "vars" / "main.yml")}


# -- whether it is restored


def restored(
    place: Path, nodes: list[Node], *words: str, facts: dict[str, Any] | None = None
) -> Played:
    tasks = of_role("restore_once", "main.yml")
    del tasks["Remember that it is restored"]
    restore = tasks.pop("Restore it")
    say = {"ansible.builtin.debug": {"msg": "it is restored"}, "when": restore["when"]}
    run = {"id": "run1", "set": "s1", "done": ["restore"], "empty": False, "facts": facts or {}}
    return played(
        place,
        [variables_of("restore_once"), *tasks.values(), say],
        of_all(place, nodes),
        words=words,
        begin_run_result=run,
        restore_once_deadline=10,
        restore_once_managers=[{"name": n.name, "address": address(n)} for n in nodes],
        restore_once_version="4.5.5",
    )


def test_nothing_is_restored_beside_the_cluster_of_the_others(start: Start, tmp_path: Path) -> None:
    """Else two managers are active, each with a part of what people have written."""
    nodes = start("m1", "m2", "m3")
    first, *others = nodes
    first.start_cluster()
    for node in others:
        node.join_cluster(first)
    first.kill()
    until(lambda: any(node.leads() for node in others))
    first.start()
    first.wipe()
    # where the set had nothing in it, too
    for facts in ({}, {"restored": "s1", "restored_empty": True}):
        told = restored(tmp_path, nodes, facts=facts)
        assert told.code == 2 and '"msg": "it is restored"' not in told.output, told.output
        assert told.failure.startswith("m1 is empty, and m"), told.failure
        assert all(f"{node.name} is in a cluster" in told.failure for node in others)
        assert "replace_node, with -e node=m1 -e cloudify_give_up=run1" in told.failure
    plan = restored(tmp_path, nodes, "--check")
    assert plan.code == 0, plan.output
    assert "PLAN m1: restore nothing: m1 is empty, and m" in " ".join(plan.output.split())


def test_nothing_is_restored_beside_content(start: Start, tmp_path: Path) -> None:
    nodes = start("m1", "m2", "m3")
    nodes[2].write("key")
    told = restored(tmp_path, nodes)
    assert told.code == 2 and told.failure.startswith("m1 is empty, and m3 has content: ")


def test_where_another_one_cannot_be_asked_nothing_is_restored(
    start: Start, tmp_path: Path
) -> None:
    nodes = start("m1", "m2")
    nodes[1].kill()
    told = restored(tmp_path, nodes)
    assert told.code == 2 and '"msg": "it is restored"' not in told.output, told.output
    assert "m1 is empty, and m2 cannot be asked: " in told.failure


def test_where_all_are_empty_it_is_restored_again(start: Start, tmp_path: Path) -> None:
    told = restored(tmp_path, start("m1", "m2"))
    assert told.code == 0 and '"msg": "it is restored"' in told.output, told.output


def test_an_empty_one_that_leads_them_all_is_restored(start: Start, tmp_path: Path) -> None:
    """Somebody has emptied it; it is the one cluster that there is."""
    nodes = start("m1", "m2")
    nodes[0].start_cluster()
    nodes[1].join_cluster(nodes[0])
    told = restored(tmp_path, nodes)
    assert told.code == 0 and '"msg": "it is restored"' in told.output, told.output


# -- how it is formed


def formed(place: Path, nodes: list[Node], *words: str) -> Played:
    """The peers' addresses are not those of REST here, so that none of them can start or join anew."""
    tasks = of_role("form_cluster", "main.yml")
    plan = tasks.pop("Say what would be done")
    planned = of_role("form_cluster", "plan.yml").values()
    planning = {"block": list(planned), "when": plan["when"]}
    members = [{"name": n.name, "hostname": n.name, "address": address(n)} for n in nodes]
    return played(
        place,
        [variables_of("form_cluster"), *tasks.values(), planning],
        of_all(place, nodes),
        words=words,
        form_cluster_anew=False,
        form_cluster_deadline=10,
        form_cluster_members=members,
        form_cluster_timeout=20,
        form_cluster_version="",
    )


def test_a_cluster_that_another_one_leads_is_gone_on_with(start: Start, tmp_path: Path) -> None:
    nodes = start("m1", "m2", "m3")
    first, second, third = nodes
    first.start_cluster()
    second.join_cluster(first)
    first.call("PATCH", "/cluster", {"master": "m2"})
    until(lambda: second.leads() and not first.leads())
    plan = formed(tmp_path, nodes, "--check")
    assert plan.code == 0 and plan.output.count("PLAN ") == 1, plan.output
    assert "PLAN m3: join m2" in plan.output
    third.join_cluster(second)
    told = formed(tmp_path, nodes)
    assert told.code == 0 and "changed=0" in told.output, told.output


def test_a_standby_that_nobody_leads_is_told(start: Start, tmp_path: Path) -> None:
    nodes = start("m1", "m2", "m3")
    first, second, third = nodes
    second.start_cluster()
    first.join_cluster(second)
    third.start_cluster()
    second.stop()
    told = formed(tmp_path, [first, third])
    assert told.code == 2, told.output
    assert told.failure.startswith("m1 is a standby of a cluster that is led by none of the others")


def test_no_second_cluster_is_started(start: Start, tmp_path: Path) -> None:
    nodes = start("m1", "m2", "m3")
    nodes[1].start_cluster()
    nodes[2].join_cluster(nodes[1])
    told = formed(tmp_path, nodes)
    assert told.code == 2 and not nodes[0].initialized(), told.output
    assert told.failure.startswith("m1 is in no cluster, and m2 and m3 in one without it. ")
    plan = formed(tmp_path, nodes, "--check")
    assert plan.code == 0 and "PLAN " not in plan.output, plan.output
