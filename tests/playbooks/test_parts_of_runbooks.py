# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Single tasks of runbooks and roles, as they are written there, on this host alone: what they decide needs no cluster."""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from playbooks.cluster import Cluster
from standin.tests.cluster.members import Node
from tooling.played import PLAYBOOK, Played, environment, play

REPO = Path(__file__).parents[2]


def task_of(book: str, play_name: str, task: str) -> dict[str, Any]:
    """A task of a play of a playbook, by their names."""
    plays = yaml.safe_load((REPO / "playbooks" / f"{book}.yml").read_text())
    (found,) = [each for each in plays if each["name"] == play_name]
    (wanted,) = [each for each in found["tasks"] if each["name"] == task]
    return dict(wanted)


def played(
    place: Path,
    tasks: list[dict[str, Any]],
    given: dict[str, str] | None = None,
    *,
    brokers: dict[str, Any] | None = None,
    databases: dict[str, Any] | None = None,
    managers: dict[str, Any] | None = None,
    words: tuple[str, ...] = (),
    **variables: Any,
) -> Played:
    """
    :param given: the environment
    :param brokers: the hosts of that group, with their variables
    :param databases: the same
    :param managers: the same
    :param words: further ones of the command line
    """
    hosts = {"h1": {"ansible_connection": "local", "ansible_become": False}}
    python = {"ansible_python_interpreter": sys.executable}
    inventory = place / "hosts.json"
    children = {"cloudify_brokers": {"hosts": brokers}} if brokers else {}
    children |= {"cloudify_databases": {"hosts": databases}} if databases else {}
    children |= {"cloudify_managers": {"hosts": managers}} if managers else {}
    inventory.write_text(
        json.dumps({"all": {"hosts": hosts, "vars": python, "children": children}})
    )
    book = place / "book.json"
    book.write_text(json.dumps([{"hosts": "h1", "gather_facts": False, "tasks": tasks}]))
    options = ["-i", str(inventory), "-e", json.dumps(variables)]
    return play([str(PLAYBOOK), *options, *words, str(book)], given or environment(place / "home"))


@pytest.mark.parametrize(
    ("done", "in_place"),
    [
        # nothing on the host is ours before: it may be the old one, that somebody has switched on
        (["remove"], False),
        (["remove", "wait for a host in its place"], True),
    ],
)
def test_old_host_is_not_taken_for_a_new_one(
    tmp_path: Path, done: list[str], in_place: bool
) -> None:
    play_name = "See what an earlier attempt has left on it"
    whole = task_of("replace_node", play_name, "Remember whether it is whole")
    say = {"ansible.builtin.debug": {"msg": "in place: {{ cloudify_in_place }}"}}
    told = played(
        tmp_path,
        [whole, say],
        cloudify_done=done,
        look_at_nodes_answers=True,
        cloudify_tiers=["manager"],
        node_state_result={"configured": ["manager"]},
    )
    assert f"in place: {in_place}" in told.output, told.output


@pytest.mark.parametrize(
    ("done", "torn_down"),
    [
        # somebody may have installed it since, by hand or with the whole cluster: the others are asked first
        (["remove"], False),
        (["remove", "wait for a host in its place"], True),
    ],
)
def test_only_what_is_ours_is_torn_down_before_the_others_are_asked(
    tmp_path: Path, done: list[str], torn_down: bool
) -> None:
    play_name = "See what an earlier attempt has left on it"
    when = task_of("replace_node", play_name, "Tear down what is half installed")["when"]
    say = {"ansible.builtin.debug": {"msg": "torn down"}, "when": when}
    told = played(
        tmp_path,
        [say],
        cloudify_done=done,
        look_at_nodes_answers=True,
        cloudify_in_place=False,
        node_state_result={"is_empty": False},
    )
    assert told.code == 0 and ('"msg": "torn down"' in told.output) == torn_down, told.output


def test_who_goes_on_is_told_how_not_to(tmp_path: Path) -> None:
    """What is whole and does not start would fail in each attempt."""
    broken = {"ansible.builtin.fail": {"msg": "Patroni is not up."}}
    install = task_of("replace_node", "Install it", "Install it, or say how to begin anew")
    install["block"] = [broken]
    run = {"id": "replace_node-1"}
    for in_place in (True, False):
        variables = {"cloudify_is_in_place": in_place, "look_at_nodes_answers": True}
        given = {"cloudify_node": "h2", "cloudify_this_run": run}
        told = played(tmp_path, [install], **given, **variables)
        assert told.code == 2 and "Patroni is not up." in told.failure, told.output
        assert ("-e cloudify_give_up=replace_node-1" in told.failure) == in_place


@pytest.mark.parametrize(
    ("said", "pinned", "kept", "wanted"),
    [
        ("newest", "", None, "newest"),
        ("newest", "s2", None, "s2"),
        ("newest", "", "s1", "s1"),
        # approved as the newest one of that day, by people who did not know what the run had begun with
        ("newest", "s2", "s1", "s1"),
        ("s3", "", "s1", "s3"),
        ("s3", "s3", "s1", "s3"),
    ],
)
def test_which_set_is_wanted(
    tmp_path: Path, said: str, pinned: str, kept: str | None, wanted: str
) -> None:
    variables = {"ansible.builtin.include_vars": str(REPO / "roles/begin_run/vars/main.yml")}
    say = {"ansible.builtin.debug": {"msg": "wanted: {{ __begin_run_wanted }}"}}
    told = played(
        tmp_path,
        [variables, say],
        begin_run_runbook="rebuild_cluster",
        begin_run_set=said,
        cloudify_plan={"rebuild_cluster": {"pins": {"set": pinned}}},
        __begin_run_begun={"facts": {"set": kept} if kept else {}},
    )
    assert f'"wanted: {wanted}"' in told.output, told.output


@pytest.mark.parametrize(
    ("more", "joins"),
    [
        ({}, "rabbit@h2"),
        # that one goes, too
        ({"tear_down_planned": ["broker"]}, "rabbit@h3"),
        ({"node_state_result": {"configured": []}}, "rabbit@h3"),
    ],
)
def test_a_first_broker_that_is_lost_again_joins_the_others(
    tmp_path: Path, more: dict[str, Any], joins: str
) -> None:
    there = {"node_state_result": {"configured": ["broker"]}}
    empty = {"node_state_result": {"configured": []}}
    brokers = {"h1": empty, "h2": {**there, **more}, "h3": there}
    assert joining(tmp_path, brokers) == joins


def test_of_brokers_that_are_all_new_the_first_begins(tmp_path: Path) -> None:
    empty = {"node_state_result": {"configured": []}}
    there = {"node_state_result": {"configured": ["broker"]}}
    assert joining(tmp_path, {"h1": empty, "h2": empty, "h3": {}}) == ""
    # before they are torn down
    planned = {"tear_down_planned": ["broker", "manager"]}
    assert joining(tmp_path, {"h1": there, "h2": there}, **planned) == ""


def joining(place: Path, brokers: dict[str, Any], **more: Any) -> str:
    variables = {"ansible.builtin.include_vars": str(REPO / "roles/install_node/vars/main.yml")}
    say = {"ansible.builtin.debug": {"msg": "it joins ({{ __install_node_join }})"}, "vars": more}
    told = played(place, [variables, say], brokers=brokers, install_node_fresh_cluster=True)
    assert told.code == 0, told.output
    return told.output.partition("it joins (")[2].partition(")")[0]


@pytest.mark.parametrize(
    ("host", "listed", "called"),
    [
        # its disk is lost, and the others would not let it join as the one that they have
        ("h1", "h1 h2 h3", "brokers remove -r rabbit@h1 -c /etc/cloudify/rabbit.yaml"),
        # it was not begun
        ("h1", "h2 h3", ""),
        ("h2", "h2 h3", ""),
    ],
)
def test_brokers_that_stay_forget_the_one_that_is_lost_again(
    tmp_path: Path, host: str, listed: str, called: str
) -> None:
    stub = tmp_path / "bin" / "cfy_manager"
    stub.parent.mkdir()
    rows = "".join(f"echo '| rabbit@{name} | x |'; " for name in listed.split())
    stub.write_text(f'#!/bin/sh\n[ "$2" = list ] || echo "$@" >> {tmp_path}/calls\n{rows}\n')
    stub.chmod(0o755)
    local = {"ansible_connection": "local", "ansible_become": False}
    configs = {"broker": "/etc/cloudify/rabbit.yaml"}
    there = {**local, "node_state_result": {"configured": ["broker"], "configs": configs}}
    empty = {**local, "node_state_result": {"configured": [], "configs": {}}}
    facts = {"generation": "all_active", "install_config_option": True}
    look = {
        "node_state_facts": facts,
        "__install_node_plan": {"todo": ["broker"] if host == "h1" else []},
        "install_node_fresh_cluster": True,
        "install_node_places": [],
        "install_node_package": "x",
    }
    brokers = {"h1": empty if host == "h1" else there, "h2": there, "h3": there}
    role = {"name": "cloudify_ha.recovery.install_node", "tasks_from": "forget.yml"}
    known = environment(tmp_path / "home")
    known["PATH"] = f"{stub.parent}:{known['PATH']}"
    told = played(
        tmp_path, [{"ansible.builtin.include_role": role}], known, brokers=brokers, **look
    )
    assert told.code == 0, told.output
    calls = tmp_path / "calls"
    assert (calls.read_text().strip() if calls.exists() else "") == called


@pytest.mark.parametrize(
    ("databases", "managers", "empty", "anew"),
    [
        # one's installation was broken off, or its host is new
        ("yes no", "no no", True, "database"),
        # all are there, or none
        ("yes yes", "no no", True, ""),
        ("no no", "no no", True, "database"),
        # there may be something in them
        ("yes no", "no yes", True, ""),
        ("yes no", "no", True, ""),
        ("yes no", "no no", False, ""),
    ],
)
def test_databases_that_have_nothing_begin_anew_together(
    tmp_path: Path, databases: str, managers: str, empty: bool, anew: str
) -> None:
    def hosts(prefix: str, there: str, tier: str, which: str) -> dict[str, Any]:
        looked = {
            f"{prefix}{number}": {"node_state_result": {which: [tier] if each == "yes" else []}}
            for number, each in enumerate(there.split(), start=1)
        }
        # of a host that was left out with --limit, nothing is known
        return {f"{prefix}1": {}, f"{prefix}2": {}, **looked}

    variables = {"ansible.builtin.include_vars": str(REPO / "roles/install_node/vars/main.yml")}
    say = {"ansible.builtin.debug": {"msg": "anew ({{ __install_node_anew | join }})"}}
    told = played(
        tmp_path,
        [variables, say],
        databases=hosts("d", databases, "database", "configured"),
        managers=hosts("m", managers, "manager", "traces"),
        node_state_facts={"generation": "all_active"},
        install_node_databases_are_empty=empty,
    )
    assert told.code == 0, told.output
    assert told.output.partition("anew (")[2].partition(")")[0] == anew


def test_one_that_stays_alone_is_started_anew_for_that() -> None:
    """Of two it is no majority, so that it is paused. In a cluster that is used it is not for us to do so."""
    (forget,) = of_role("install_node", "forget.yml").values()
    assert "'--start-anew'" in forget["cloudify_ha.recovery.long_command"]["argv"]
    assert "--start-anew" not in (REPO / "roles/remove_node/tasks/act.yml").read_text()


def test_they_forget_it_before_anything_is_installed() -> None:
    """Where one configuration is for all tiers, the first of them installs the broker, and one that is up is not forgotten."""
    text = (REPO / "roles/install_node/tasks/main.yml").read_text()
    names = [each["name"] for each in yaml.safe_load(text)]
    forgets = names.index("Forget the broker before it")
    assert names.index("Put everything in place") < forgets < names.index("Install the databases")


def test_what_the_operator_gave_is_what_is_left(tmp_path: Path) -> None:
    variables = {"ansible.builtin.include_vars": str(REPO / "roles/install_node/vars/main.yml")}
    words = "LINES {{ __install_node_to_finish.split() | to_json }} {{ __install_node_put_back_modes | to_json }}"
    say = {"ansible.builtin.debug": {"msg": words}}
    given = {"/etc/a.yaml": {"manager": {"x": 1}}, "/etc/b.yaml": "y: 2"}
    told = played(
        tmp_path,
        [variables, say],
        install_node_configs=given,
        __install_node_put_back=["/etc/saved.yaml", *given],
        __install_node_saved={"files": {"/etc/saved.yaml": {"mode": "0640"}}},
    )
    a, b = (base64.b64encode(text).decode() for text in (b"manager:\n  x: 1\n", b"y: 2"))
    lines = json.dumps([a, "/etc/a.yaml", b, "/etc/b.yaml"])
    modes = json.dumps(["0640", "0660", "0660"])
    assert f"LINES {lines} {modes}" in told.output.replace('\\"', '"'), told.output


# -- whether a host can get the package that is to be installed


NOWHERE = "http://127.0.0.1:9/cloudify.rpm"


def looked_for(place: Path, package: str, *words: str, **variables: Any) -> Played:
    """By the preflight of install_node, for an empty host."""
    role = {"name": "cloudify_ha.recovery.install_node", "tasks_from": "preflight.yml"}
    given = {
        "cloudify_config": {"/etc/cloudify/config.yaml": {"manager": {"private_ip": "10.0.0.1"}}},
        "install_node_admin_password": "secret",
        "install_node_new_certificates": True,
        "install_node_package": package,
        "install_node_store_host": "h1",
        "install_node_version": "7.0.5",
        "node_state_presumed_empty": True,
        **variables,
    }
    return played(place, [{"ansible.builtin.include_role": role}], words=words, **given)


@pytest.mark.parametrize(
    ("words", "variables", "ends"),
    [
        ((), {"install_node_untouched": True}, "Nothing was touched."),
        ((), {}, "Run this again once that is mended."),
        (("--check",), {}, "Nothing was touched."),
    ],
)
def test_a_package_that_the_host_cannot_get_is_refused(
    tmp_path: Path, words: tuple[str, ...], variables: dict[str, Any], ends: str
) -> None:
    told = looked_for(tmp_path, NOWHERE, *words, **variables)
    assert told.code == 2, told.output
    assert f"h1 is not installed: the host cannot get the package {NOWHERE} (curl: (7)" in (
        told.failure
    )
    assert told.failure.endswith(f". {ends}")


def test_only_what_looks_before_anything_is_touched_says_so() -> None:
    """A host that was off is asked for the first time when the node is in no register any more."""
    told = {
        # an earlier attempt may have begun it, and been killed
        "rebuild_cluster": "{{ 'tear down' not in cloudify_this_run.begun }}",
        "replace_node": "{{ 'remove' not in cloudify_this_run.begun }}",
    }
    for book, untouched in told.items():
        text = (REPO / "playbooks" / f"{book}.yml").read_text()
        tasks = [
            each
            for one in yaml.safe_load(text)
            for each in [*one.get("tasks", []), *one.get("post_tasks", [])]
        ]
        (first,) = [
            each
            for each in tasks
            if each.get("ansible.builtin.include_role", {}).get("tasks_from") == "preflight.yml"
        ]
        assert first["vars"].get("install_node_untouched") == untouched
        assert text.count("install_node_untouched") == 1


@pytest.mark.parametrize(
    ("begun", "ends"),
    [
        ([], "put it into cloudify_brokers. Nothing was touched."),
        # killed in the middle of it
        (["tear down"], "put it into cloudify_brokers, and run this again."),
    ],
)
def test_what_the_inventory_does_not_name_is_told_before_or_while_it_is_torn_down(
    tmp_path: Path, begun: list[str], ends: str
) -> None:
    plays = yaml.safe_load((REPO / "playbooks" / "rebuild_cluster.yml").read_text())
    (saves,) = [each for each in plays if each["name"] == "Save what the nodes still have"]
    looks = {each["name"]: each for each in saves["post_tasks"]}
    told = played(
        tmp_path,
        [looks["Make sure that the inventory names all that a node has"]],
        cloudify_this_run={"begun": begun, "done": []},
        cloudify_tiers=["manager"],
        node_state_result={"traces": ["manager", "broker"]},
    )
    assert told.code == 2 and told.failure.endswith(ends), told.output


@pytest.mark.parametrize("begun", [[], ["remove"]])
def test_who_waits_for_the_others_is_told_whether_anything_was_touched(
    tmp_path: Path, begun: list[str]
) -> None:
    plays = yaml.safe_load((REPO / "playbooks" / "replace_node.yml").read_text())
    name = "See whether the others are well, and the node is dead"
    ((looks,),) = [each["roles"] for each in plays if each["name"] == name]
    told = played(
        tmp_path,
        [{"ansible.builtin.debug": {"msg": "<{{ hint }}>"}}],
        hint=looks["check_health_hint"],
        cloudify_done=[],
        cloudify_node="h2",
        cloudify_this_run={"begun": begun, "id": "run1"},
    )
    begins = "<Shut the node down" if begun else "<Nothing was touched. Shut the node down"
    assert begins in told.output, told.output


def test_one_of_another_version_is_refused_whatever_it_is_called(tmp_path: Path) -> None:
    file = tmp_path / "latest.rpm"
    name = b"cloudify-manager-install-%s-ga".ljust(66, b"\0")
    lead = b"\xed\xab\xee\xdb\x03\x00\x00\x00\x00\x01" + name
    file.write_bytes(lead.replace(b"%s", b"6.4") + bytes(20))
    told = looked_for(tmp_path, f"file://{file}")
    assert told.code == 2 and "is of version 6.4, not 7.0.5" in told.failure, told.output
    file.write_bytes(lead.replace(b"%s", b"7.0.5") + bytes(20))
    told = looked_for(tmp_path, f"file://{file}")
    assert told.code == 0, told.output


def test_a_host_that_does_not_answer_is_not_asked_for_a_package(tmp_path: Path) -> None:
    told = looked_for(tmp_path, NOWHERE, look_at_nodes_answers=False)
    assert told.code == 0, told.output


# -- what proves that a node is in no register


def proven(cluster: Cluster, place: Path, **variables: Any) -> Played:
    """By a role that removes a node which nobody knows."""
    tasks = [
        {
            "ansible.builtin.include_role": {
                "name": "cloudify_ha.recovery.remove_node",
                "tasks_from": name,
            }
        }
        for name in ("ask.yml", "verify.yml")
    ]
    given = {"remove_node_store_host": "h1", "remove_node_name": "h9", **variables}
    return played(place, tasks, cluster.environment, **given)


def test_a_register_that_cannot_be_read_proves_nothing(
    start: Callable[..., Cluster], tmp_path: Path
) -> None:
    cluster = start("7.0.5")
    broken = {"status": 502, "body": "<html>Bad Gateway</html>"}
    # it answers before the removal, and then its REST service is started anew
    cluster.manager.add_fault(broken, path="/db-nodes", after=1, times=2)
    cluster.manager.add_fault(broken, path="/version", after=3, times=1)
    done = proven(cluster, tmp_path)
    assert done.code == 0, done.output
    assert len([r for r in cluster.manager.requests() if "/db-nodes" in r["path"]]) == 4
    cluster.manager.add_fault(broken, path="/db-nodes", after=1, times=None)
    done = proven(cluster, tmp_path, remove_node_timeout="4")
    assert done.code == 2
    assert "127.0.0.1" in done.failure and "cannot be read" in done.failure


#: The inventory has addresses that the peers do not use.
PUBLIC = {f"h{n}": {"ansible_host": f"h{n}.lab.test"} for n in (1, 2, 3)}
ROWS = [{"name": f"h{n}", "host": f"10.0.0.{n}", "is_external": False} for n in (1, 2, 3)]


def removing(
    place: Path,
    rows: list[dict[str, Any]],
    *,
    kept: list[dict[str, Any]] | None = None,
    own: dict[str, str] | None = None,
) -> str:
    """What is removed of database node and broker h3, and what that is refused for.

    :param kept: what an earlier attempt has written down of it
    :param own: further variables of h3
    """
    hosts = {**PUBLIC, "h3": {**PUBLIC["h3"], **(own or {})}}
    say = (
        "{{ [__remove_node_database_address, __remove_node_broker_name] | join(' ') }}; "
        "{{ __remove_node_refusals | join('; ') }}"
    )
    registers = {"manager": [], "broker": rows, "database": rows}
    written = {"manager": [], "broker": kept, "database": kept} if kept else {}
    variables = {"ansible.builtin.include_vars": str(REPO / "roles/remove_node/vars/main.yml")}
    look = {
        "__remove_node_said": {"views": {"m1": {"answers": True, "registers": registers}}},
        "__remove_node_remembered": {"stdout": json.dumps(written) if written else ""},
        "__remove_node_keepers": ["m1"],
        "remove_node_name": "h3",
        "remove_node_alive": [],
        "role_path": str(REPO / "roles/x"),
    }
    tasks = [variables, {"ansible.builtin.debug": {"msg": say}}]
    told = played(place, tasks, brokers=hosts, databases=hosts, **look)
    assert told.code == 0, told.output
    return told.output.partition('"msg": "')[2].partition('"')[0]


def test_a_node_is_removed_by_the_address_of_its_row(tmp_path: Path) -> None:
    """The inventory's may be one that its peers do not know, and nothing would be removed."""
    assert removing(tmp_path, ROWS) == "10.0.0.3 h3; "
    # an earlier attempt was killed before all managers had heard of it
    assert removing(tmp_path, ROWS[:2], kept=ROWS[2:]) == "10.0.0.3 h3; "
    assert removing(tmp_path, ROWS[:2]) == "h3.lab.test h3; "


def test_a_row_that_could_be_of_the_node_is_not_overlooked(tmp_path: Path) -> None:
    rows = [{**row, "name": row["host"]} for row in ROWS]
    rows[0]["name"], rows[1]["name"] = "h1", "h2"
    told = removing(tmp_path, rows)
    assert "no broker of the cluster is known to be it, and 10.0.0.3 is nobody else's" in told
    assert "no database of the cluster is known to be it, and 10.0.0.3 is nobody else's" in told
    assert "cloudify_private_ip" in told
    given = {"cloudify_private_ip": "10.0.0.3"}
    assert removing(tmp_path, rows, own=given) == "10.0.0.3 10.0.0.3; "


@pytest.mark.parametrize(
    ("own", "address"), [({}, "10.0.0.3"), ({"cloudify_private_ip": "10.0.1.3"}, "10.0.1.3")]
)
def test_a_node_comes_back_with_the_address_that_it_had(
    tmp_path: Path, own: dict[str, str], address: str
) -> None:
    variables = {"ansible.builtin.include_vars": str(REPO / "roles/register_node/vars/main.yml")}
    say = "{{ __register_node_broker_address }} {{ __register_node_database_address }}"
    hosts = {**PUBLIC, "h3": {**PUBLIC["h3"], **own}}
    look = {"register_node_name": "h3", "role_path": str(REPO / "roles/x")}
    tasks = [variables, {"ansible.builtin.debug": {"msg": say}}]
    for kept, wanted in ((ROWS[2:], address), ([], own.get("cloudify_private_ip", "h3.lab.test"))):
        remembered = {"stdout": json.dumps({"broker": kept, "database": kept})}
        told = played(
            tmp_path,
            tasks,
            brokers=hosts,
            databases=hosts,
            __register_node_remembered=remembered,
            **look,
        )
        assert f'"{wanted} {wanted}"' in told.output, told.output


def of_role(role: str, file: str) -> dict[str, dict[str, Any]]:
    """The tasks of a role, by their names."""
    tasks = yaml.safe_load((REPO / "roles" / role / "tasks" / file).read_text())
    return {each["name"]: each for each in tasks}


def remembering(
    place: Path, notes: dict[str, list[dict[str, Any]]], **rows: list[dict[str, Any]]
) -> Played:
    """How run c of replace_node removes the broker and database h3, and takes in its successor.

    :param notes: what each run has written down of both
    :param rows: what the registers have
    """
    for run in ("a", "b", "c"):
        (place / run).mkdir()
    for run, kept in notes.items():
        written = {"manager": [], "broker": kept, "database": kept}
        (place / run / "registers-h3.json").write_text(json.dumps(written))
    plays = yaml.safe_load((REPO / "playbooks/replace_node.yml").read_text())
    (removal,) = [each for each in plays if each["name"] == "Remove it from every register"]
    given = {**removal["roles"][0], "remove_node_alive": []}
    given = {name: value for name, value in given.items() if name.startswith("remove_node_")}
    before = of_role("remove_node", "preflight.yml")
    del before["Ask the registers"], before["Look at the node"]
    keep = of_role("remove_node", "act.yml")["Remember what the registers say of it"]
    read = of_role("register_node", "act.yml")["Read what the registers said of the one before it"]
    names = ("__remove_node_broker_name", "__remove_node_database_address")
    names += ("__register_node_broker_address", "__register_node_database_address")
    tasks = [
        *(
            {"ansible.builtin.include_vars": str(REPO / f"roles/{role}/vars/main.yml")}
            for role in ("remove_node", "register_node")
        ),
        {"vars": given, "block": [*before.values(), keep]},
        {**read, "vars": {"register_node_place": str(place / "c")}},
        {
            "ansible.builtin.debug": {"msg": " ".join(f"{{{{ {name} }}}}" for name in names)},
            "vars": given,
        },
    ]
    views = {"m1": {"answers": True, "registers": {"manager": [], "broker": [], "database": []}}}
    views["m1"]["registers"].update(rows)
    return played(
        place,
        tasks,
        brokers=PUBLIC,
        databases=PUBLIC,
        cloudify_node="h3",
        cloudify_this_run={
            "path": str(place / "c"),
            "places": [*(str(place / run) for run in ("c", "b", "a")), "/nowhere/set"],
        },
        remove_node_store_host="h1",
        register_node_name="h3",
        register_node_store_host="h1",
        role_path=str(REPO / "roles/x"),
        __remove_node_said={"views": views},
        __remove_node_keepers=["m1"],
    )


ELSEWHERE = [{**ROWS[2], "host": "10.0.9.3"}]


@pytest.mark.parametrize(
    ("notes", "rows", "addresses"),
    [
        # a run that was given up has removed it from all registers, and perhaps not from all lists
        ({"a": ROWS[2:]}, {}, "10.0.0.3 10.0.0.3 10.0.0.3"),
        ({"a": ROWS[2:]}, {"database": ROWS}, "10.0.0.3 10.0.0.3 10.0.0.3"),
        # the newest tells, and what is there now tells more
        ({"a": ELSEWHERE, "b": ROWS[2:]}, {}, "10.0.0.3 10.0.0.3 10.0.0.3"),
        ({"b": ELSEWHERE, "c": ROWS[2:]}, {}, "10.0.0.3 10.0.0.3 10.0.0.3"),
        ({"a": ELSEWHERE}, {"broker": ROWS}, "10.0.9.3 10.0.0.3 10.0.9.3"),
        ({}, {}, "h3.lab.test h3.lab.test h3.lab.test"),
    ],
)
def test_what_earlier_runs_have_found_in_the_registers_is_known(
    tmp_path: Path, notes: dict[str, Any], rows: dict[str, Any], addresses: str
) -> None:
    told = remembering(tmp_path, notes, **rows)
    assert told.code == 0 and f'"msg": "h3 {addresses}"' in told.output, told.output


def test_it_hides_nothing_that_was_brought_back_since(tmp_path: Path) -> None:
    """With another name and address, by hand."""
    rows = [*ROWS[:2], {**ROWS[2], "name": "new", "host": "10.0.9.3"}]
    told = remembering(tmp_path, {"a": ROWS[2:]}, broker=rows, database=rows)
    assert told.code == 2 and "10.0.9.3 is nobody else's" in told.failure, told.output


def role_of(name: str, *parts: str) -> list[dict[str, Any]]:
    """Parts of a role, by the names of their files."""
    role = {"name": f"cloudify_ha.recovery.{name}"}
    return [{"ansible.builtin.include_role": {**role, "tasks_from": part}} for part in parts]


def test_a_node_before_5_0_comes_back_with_the_address_that_it_had(tmp_path: Path) -> None:
    """The inventory has the one at which the operator reaches it, and its peers have a network of their own."""
    m1, m2 = (Node(f"m{n}", state=tmp_path / f"m{n}", profile="4.5.5") for n in (1, 2))
    try:
        for each in (m1, m2):
            each.start()
        m1.start_cluster()
        m2.join_cluster(m1)
        (old,) = [row for row in m1.nodes() if row["name"] == "m2"]
        assert old["host_ip"] == m2.address
        m2.kill()
        given = environment(
            tmp_path / "home",
            CLOUDIFY_MANAGER_HOSTS=f"127.0.0.1:{m1.port}",
            CLOUDIFY_USERNAME=m1.username,
            CLOUDIFY_PASSWORD=m1.password,
            CLOUDIFY_VALIDATE_CERTS="false",
        )
        look: dict[str, Any] = {
            "managers": {n.name: {"ansible_host": f"127.0.0.1:{n.port}"} for n in (m1, m2)},
            "node_state_facts": {"generation": "active_standby", "dbs_need_node_id": False},
        }
        for role in ("remove_node", "register_node"):
            look |= {
                f"{role}_store_host": "h1",
                f"{role}_name": "m2",
                f"{role}_place": str(tmp_path),
            }
        done = played(
            tmp_path, role_of("remove_node", "ask.yml", "act.yml", "verify.yml"), given, **look
        )
        assert done.code == 0, done.output
        assert [row["name"] for row in m1.nodes()] == ["m1"]
        file = tmp_path / "registers-m2.json"
        (remembered,) = json.loads(file.read_text())["nodes"]
        assert (remembered["name"], remembered["host_ip"]) == ("m2", m2.address)

        m2.start()
        m2.wipe()
        done = played(
            tmp_path, role_of("register_node", "act.yml"), given, register_node_timeout="30", **look
        )
        assert done.code == 0, done.output
        assert m1.node("m2")["host_ip"] == m2.address
    finally:
        for each in (m1, m2):
            each.stop()


def test_whether_the_inventory_says_the_address_for_the_peers_before_5_0(tmp_path: Path) -> None:
    list_ = [{"name": "h3", "host_ip": "10.0.0.3"}, {"name": "h3", "host_ip": "10.0.0.33"}]
    registers: dict[str, Any] = {"manager": [], "broker": [], "database": []}
    #: Host, what was remembered of it -> by which address it joins.
    cases = [
        ("h3", json.dumps({**registers, "nodes": list_}), "10.0.0.3"),
        ("h2", json.dumps({**registers, "nodes": list_}), "10.0.1.2"),
        (
            "h3",
            json.dumps({**registers, "nodes": [{"name": "h3", "host_ip": None}]}),
            "h3.lab.test",
        ),
        ("h3", json.dumps({**registers, "nodes": []}), "h3.lab.test"),
        # of an older version, or of none
        ("h3", json.dumps(registers), "h3.lab.test"),
        ("h3", "", "h3.lab.test"),
    ]
    hosts = {**PUBLIC, "h2": {**PUBLIC["h2"], "cloudify_private_ip": "10.0.1.2"}}
    variables = {"ansible.builtin.include_vars": str(REPO / "roles/register_node/vars/main.yml")}
    say = {
        "ansible.builtin.debug": {"msg": "joins by {{ __register_node_member_address }}."},
        "loop": [{"name": name, "stdout": stdout} for name, stdout, _address in cases],
        "vars": {
            "register_node_name": "{{ item.name }}",
            "__register_node_remembered": "{{ item }}",
        },
    }
    told = played(tmp_path, [variables, say], managers=hosts, role_path=str(REPO / "roles/x"))
    assert told.code == 0, told.output
    said = re.findall(r'"joins by (\S+)\."', told.output)
    assert said == [address for _name, _stdout, address in cases], told.output


# -- what a side is fenced off from


def test_a_side_is_fenced_off_from_where_its_peers_are(tmp_path: Path) -> None:
    variables = {"ansible.builtin.include_vars": str(REPO / "roles/freeze_sides/vars/main.yml")}
    others = {"ansible.builtin.debug": {"msg": "others: {{ __freeze_sides_others | to_json }}"}}
    members = [{"name": name, "address": f"public-{name}"} for name in ("h1", "h2", "h3")]
    result: dict[str, Any] = {
        "generation": "active_standby",
        "members": members,
        "sides": [{"name": "h1", "nodes": ["h1", "h2"], "managers": ["h1"]}],
    }
    look = {"role_path": str(REPO / "roles/x")}
    # an earlier attempt may have written the sides down without them
    told = played(tmp_path, [variables, others], look_at_sides_result=result, **look).output
    assert 'others: ["public-h3"]' in told.replace('\\"', '"'), told
    result["addresses"] = {"h2": ["10.0.0.2"], "h3": ["10.0.0.3", "public-h3"]}
    told = played(tmp_path, [variables, others], look_at_sides_result=result, **look).output
    assert 'others: ["public-h3", "10.0.0.3"]' in told.replace('\\"', '"'), told


def ended(place: Path, hosts: dict[str, str], **variables: Any) -> Played:
    """The end of recover_active.

    :param hosts: who each of them says is active
    """
    plays = yaml.safe_load((REPO / "playbooks" / "recover_active.yml").read_text())
    (end,) = [each for each in plays if each["name"] == "End"]
    (role,) = end["roles"]
    say = {"ansible.builtin.debug": {"msg": role["end_run_report"]["lines"]}}
    known = {"ansible.builtin.include_vars": str(REPO / "playbooks/vars/runbook.yml")}
    tasks = [known, *end.get("pre_tasks", []), say]
    result = {name: {"active": [active], "notes": ["a note"]} for name, active in hosts.items()}
    return played(
        place,
        [{**each, "vars": end.get("vars", {})} for each in tasks],
        brokers={name: {"check_health_result": told} for name, told in result.items()},
        cloudify_node="h1",
        cloudify_this_run={"path": "/runs/1"},
        **variables,
    )


@pytest.mark.parametrize("dead", [[], ["h2"]], ids=["single", "all others are dead"])
def test_where_nobody_else_is_left_the_node_itself_tells_how_it_ended(
    tmp_path: Path, dead: list[str]
) -> None:
    hosts = {"h1": "h1", **dict.fromkeys(dead, "nobody")}
    told = ended(tmp_path, hosts, cloudify_action="fix", cloudify_dead=dead)
    assert told.code == 0 and "active: h1; a note" in told.output, told.output
    # nothing was proved of anybody
    told = ended(tmp_path, hosts, cloudify_dead=dead)
    assert told.code == 2 and "nobody else is left to take over" in told.failure, told.output
    assert "-e cloudify_action=fix" in told.failure


def test_those_that_are_left_tell_who_has_taken_over(tmp_path: Path) -> None:
    told = ended(tmp_path, {"h1": "h1", "h2": "h2"})
    assert told.code == 0 and "active: h2; a note" in told.output, told.output


# -- whether what an earlier attempt has restored is still there


@pytest.mark.parametrize(
    ("profile", "sample", "words", "wanted"),
    [
        # a manager of its own, until the cluster is formed
        ("4.5.5", "", (), "m1 does not answer"),
        ("4.5.5", "", ("--check",), "PLAN m1: whether s1, which an earlier attempt has restored"),
        # of the cluster that is formed
        ("4.5.5", "rich", (), "is not restored again"),
        # all have one database
        ("5.0.5", "", (), "it is restored"),
    ],
)
def test_before_5_0_another_manager_that_is_empty_proves_nothing(
    start: Callable[..., Cluster],
    tmp_path: Path,
    profile: str,
    sample: str,
    words: tuple[str, ...],
    wanted: str,
) -> None:
    cluster = start(profile)
    if sample:
        cluster.manager.seed(sample=sample)
    tasks = of_role("restore_once", "main.yml")
    del tasks["Remember that it is restored"]
    restore = tasks.pop("Restore it")
    say = {"ansible.builtin.debug": {"msg": "it is restored"}, "when": restore["when"]}
    variables = {"ansible.builtin.include_vars": str(REPO / "roles/restore_once/vars/main.yml")}
    # it is not up yet
    addresses = {"m1": "127.0.0.1:9", "m2": f"127.0.0.1:{cluster.manager.port}"}
    of_run = {"id": "run1", "set": "s1", "done": ["restore"], "facts": {}, "empty": False}
    told = played(
        tmp_path,
        [variables, *tasks.values(), say],
        cluster.environment,
        words=words,
        begin_run_result=of_run,
        restore_once_managers=[{"name": n, "address": each} for n, each in addresses.items()],
        restore_once_version=profile,
    )
    text = " ".join(told.output.split())
    assert wanted in text and told.code == (2 if "not answer" in wanted else 0), told.output
    assert ('"msg": "it is restored"' in told.output) == (wanted == "it is restored"), told.output


# -- what keeps us out of a host


def test_what_is_told_of_a_host_key_is_of_the_port(tmp_path: Path) -> None:
    keep = of_role("look_at_nodes", "main.yml")["Keep what it said"]
    say = {"ansible.builtin.debug": {"msg": "{{ look_at_nodes_trouble }}"}}
    told = played(
        tmp_path,
        [keep, say],
        __look_at_nodes_answer={"unreachable": True, "msg": "Host key verification failed."},
        ansible_host="10.0.0.2",
        ansible_port=2222,
    )
    assert "ssh-keyscan -p 2222 10.0.0.2 >> ~/.ssh/known_hosts" in told.output, told.output
