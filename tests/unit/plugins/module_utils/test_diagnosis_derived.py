# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Situations that are derived from a recorded one, by roles, with one thing changed.

What the lab cannot have, witnesses that are taken away or contradict each other, and what an earlier diagnosis adds.
"""

from __future__ import annotations

import json

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._diagnosis import diagnose
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._tidy_case import tidy
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._witnesses import signs
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import (
    derived_hosts,
    derived_services,
    derived_settings,
    derived_several,
    derived_sides,
    derived_unheard,
    derived_witnesses,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.derived_clusters import (
    DAY,
    Derived,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.derived_registry import (
    FIX,
    SEE,
    WANTED,
    built,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.health_recordings import (
    DIAGNOSED,
    RECORDED,
    has,
)

#: Each has put its situations into the registry.
SUBJECTS = (
    *(derived_hosts, derived_services, derived_settings, derived_several),
    *(derived_sides, derived_unheard, derived_witnesses),
)


@pytest.mark.parametrize("name", sorted(WANTED))
def test_a_derived_situation(name: str) -> None:
    _base, _change, kind, confidence, roles, runbook = WANTED[name]
    cluster = built(name)
    found = diagnose(cluster.case(), inventories=["hosts.yml"], cluster="lab")
    assert (found["class"], found["confidence"]) == (kind, confidence), json.dumps(found, indent=1)
    if roles:
        assert set(found["nodes"]) == {cluster.were[role] for role in roles}
    assert found["destructive"] == (runbook in ("replace_node", "rebuild_cluster"))
    assert found["runbook"] == (SEE if runbook == FIX else runbook)
    assert ("cloudify_action=fix" in found["command"]) == (runbook == FIX)


SAME = ("class", "confidence", "nodes", "command", "active")


@pytest.mark.parametrize("name", sorted(WANTED))
def test_a_derived_situation_in_an_inventory_of_names(name: str) -> None:
    cluster = built(name)
    with_addresses = diagnose(cluster.case())
    cluster.called("by name")
    found = diagnose(cluster.case())
    assert [found[key] for key in SAME] == [with_addresses[key] for key in SAME]


@pytest.mark.parametrize("hosts", [False, True], ids=["", "hosts"])
@pytest.mark.parametrize("name", [*RECORDED, *DIAGNOSED])
def test_a_recorded_situation_in_an_inventory_of_names(name: str, hosts: bool) -> None:
    cluster = Derived(name, hosts=hosts)
    with_addresses = diagnose(cluster.case())
    cluster.called("by name")
    found = diagnose(cluster.case())
    assert [found[key] for key in SAME] == [with_addresses[key] for key in SAME]
    assert cluster.judged()["healthy"] == Derived(name, hosts=hosts).judged()["healthy"]


@pytest.mark.parametrize("name", [*RECORDED, *DIAGNOSED])
def test_a_recorded_situation_in_an_inventory_of_other_addresses(name: str) -> None:
    """Which is as if nobody had tried to reach anybody."""
    cluster = Derived(name)
    for host in cluster.hosts.values():
        if "reaches" in host:
            host["reaches"] = {}
    untried = diagnose(cluster.case())
    cluster = Derived(name)
    cluster.called("by another address")
    found = diagnose(cluster.case())
    if name == "7.0.5-nine-all-killed":
        # nobody is left who would say that these are not their addresses
        found["confidence"] = untried["confidence"]
        assert not found["destructive"]
    if name.endswith("-all-unreachable"):
        # nor here: that they do not reach each other there is told before the way from here
        assert found["class"] == "network_broken" and not found["command"]
        (found,) = (each for each in found["also"] if each["class"] == untried["class"])
        assert found["nodes"] == untried["nodes"]
        return
    assert [found[key] for key in SAME] == [untried[key] for key in SAME]


@pytest.mark.parametrize("name", [*RECORDED, *DIAGNOSED])
def test_a_recorded_situation_with_databases_on_a_network_of_their_own(name: str) -> None:
    on_one = diagnose(Derived(name).case())
    cluster = Derived(name)
    cluster.with_databases_apart()
    found = diagnose(cluster.case())
    if not any(view.get("registers") for view in cluster.views.values()) and len(cluster.dead) > 1:
        # nobody is left who would say who of them has which address
        assert found["confidence"] in ("medium", on_one["confidence"]) and not found["destructive"]
        found["confidence"] = on_one["confidence"]
    assert [found[key] for key in SAME] == [on_one[key] for key in SAME]


@pytest.mark.parametrize("asked", ["none of them", "one of them"])
def test_a_list_of_others_is_no_sign_of_death(asked: str) -> None:
    """Of names that nothing leads from to the addresses that Patroni lists."""
    cluster = Derived("7.0.5-nine-healthy")
    cluster.called("by name")
    for view in cluster.views.values():
        view.update(registers={}, cluster_status=None)
    for role in ("leader", "sync", "async")[asked == "one of them" :]:
        cluster.database(cluster.were[role])["address"] = None
    cluster.out_of_sight(cluster.were["async"])
    told = signs(tidy(cluster.case()), cluster.were["async"])
    assert [sign for sign in told if sign.kind == "patroni" and not sign.alive] == []
    assert not diagnose(cluster.case())["destructive"]


def test_a_cause_is_told_before_its_consequence() -> None:
    found = diagnose(built("the full disk is the cause").case())
    assert [each["class"] for each in found["also"]] == ["disk_full"]
    assert "disk" in found["first"][0]


def test_a_database_that_does_not_follow_is_told_beside_what_is_worse() -> None:
    """Both are of the same hosts, and neither follows from the other."""
    cluster = Derived()
    for view in cluster.views.values():
        view.update(status_code=502, status=None, error="HTTP 502", restoring=False)
    cluster.database(cluster.were["async"])["patroni"]["body"]["xlog"]["paused"] = True
    found = diagnose(cluster.case())
    assert found["class"] == "cluster_down"
    told = {each["class"]: each for each in found["also"]}
    assert "does not replay" in told["database_down"]["summary"], found["also"]


def test_a_manager_that_answers_without_a_code_is_judged_where_users_are_served() -> None:
    cluster = Derived()
    cluster.fronted(status="OK")
    cluster.views["h1"].update(status_code=None, status=None)
    assert diagnose(cluster.case())["class"] == "manager_down"


def test_what_is_stopped_on_all_managers_is_named() -> None:
    found = diagnose(built("7.0.5-healthy, the REST service is stopped on all").case())
    assert "cloudify-restservice" in found["summary"]
    assert any("cloudify_action=fix" in line for line in found["first"])
    assert "reads over REST" not in found["safe"]


@pytest.mark.parametrize("name", ["a manager is of another version", "a host has another package"])
def test_versions_that_differ_are_told_as_such(name: str) -> None:
    found = diagnose(built(name).case())
    assert "7.0.4" in found["summary"] and "upgrade" in found["first"][0]
    assert "registers" not in " ".join(found["first"])
    assert not found["also"]


def test_others_that_are_dead_are_named_in_the_command() -> None:
    cluster = Derived("7.0.5-leader-killed-settled")
    cluster.before("healthy", "leader")
    found = diagnose(cluster.case(), inventories=["my hosts.yml", "store.yml"], cluster="a'b")
    assert "-i 'my hosts.yml' -i store.yml " in found["command"]
    assert found["command"].endswith("""-e 'cloudify_confirm=a'"'"'b'""")


def test_a_failover_that_is_looked_at_again_and_again_has_lasted() -> None:
    """However often somebody asks: each diagnosis is the earlier one of the next."""
    cluster = Derived("7.0.5-leader-killed-now")
    cluster.wait_for_the_database()
    seen = []
    for _look in range(8):
        found = diagnose(cluster.case())
        seen.append(found["class"])
        cluster.earlier = {**found, "age": 20.0}
    assert seen == ["active_down_failover_running"] * 6 + ["active_down_no_failover"] * 2


def test_a_diagnosis_of_yesterday_says_nothing_of_how_long() -> None:
    cluster = Derived("7.0.5-leader-killed-now")
    cluster.before("active_down_failover_running", age=DAY)
    assert diagnose(cluster.case())["class"] == "active_down_failover_running"


def test_a_healed_split_brain_stays_one_until_somebody_has_seen_to_it() -> None:
    cluster = built("two were active")
    first = diagnose(cluster.case())
    cluster.earlier = {**first, "age": 3600.0}
    second = diagnose(cluster.case())
    assert second["class"] == "split_brain_healed" and second["nodes"] == first["nodes"]
    cluster.earlier = None
    assert diagnose(cluster.case())["class"] == "healthy"


@pytest.mark.parametrize("change", ["unreachable", "a service runs", "a package"])
def test_hosts_are_not_empty_because_they_say_nothing(change: str) -> None:
    cluster = built("the hosts are empty")
    if change == "unreachable":
        cluster.hosts["h1"] = {"asked": True, "reachable": False, "error": "x", "package": ""}
        for name in ("h2", "h3"):
            cluster.reaches(name, h1=False)
    elif change == "a service runs":
        cluster.host("h1")["services"] = {"patroni": "active"}
    else:
        cluster.host("h1")["package"] = "7.0.5"
    found = diagnose(cluster.case())
    assert found["class"] == "cluster_down"
    assert not found["command"]


#: What is told otherwise where no write is tried, as it is by default.
WITHOUT_WRITES = {
    "7.0.5-no-standby": ("writes_blocked", "medium"),
    "7.0.5-nine-no-standby": ("writes_blocked", "medium"),
    # nothing shows yet that the standby does not confirm, only that it hangs
    "7.0.5-one-way": ("manager_down", "medium"),
    "7.0.5-sync-paused": ("node_down", "medium"),
    "7.0.5-sync-paused-hosts": ("node_down", "low"),
}


@pytest.mark.parametrize("name", [*RECORDED, *DIAGNOSED])
def test_it_needs_no_write(name: str) -> None:
    cluster = Derived(name, hosts=False)
    with_writes = diagnose(cluster.case())
    for probe in cluster.probes.values():
        if probe["database"]:
            probe["database"]["write"] = None
    found = diagnose(cluster.case())
    wanted = WITHOUT_WRITES.get(name) or WITHOUT_WRITES.get(name.removesuffix("-hosts"))
    if wanted:
        assert (found["class"], found["confidence"]) == wanted
        assert not found["destructive"]
    else:
        same = ("class", "confidence", "nodes", "command")
        assert [found[key] for key in same] == [with_writes[key] for key in same]


def test_a_fork_is_no_failover() -> None:
    found = diagnose(Derived("7.0.5-double-partition-healed", hosts=False).case())
    assert [each["class"] for each in found["also"]] == ["database_down"]
    assert "newer than" in found["evidence"][0]["says"]


@pytest.mark.parametrize(
    ("cluster", "node"),
    [
        (built("services are down on two"), "NODE"),
        (Derived("7.0.5-two-brokers-stopped"), "NODE"),
        (Derived("7.0.5-no-standby-hosts"), "NODE"),
        (Derived("7.0.5-sync-paused", hosts=False), ""),
    ],
    ids=["services", "brokers", "standbys", "one node"],
)
def test_what_starts_services_is_not_for_what_is_lost(cluster: Derived, node: str) -> None:
    found = diagnose(cluster.case())
    assert (found["confidence"], found["runbook"]) == ("high", "")
    told = " ".join(found["ask"])
    assert f"recover_active -e node={node or found['nodes'][0]} -e cloudify_action=fix" in told
    assert ("one after another" in told) == bool(node)
    assert "lost for good" not in told


def test_hosts_that_nobody_asked_are_as_none() -> None:
    for name in ("7.0.5-healthy", "7.0.5-leader-killed-settled", "4.5.5-replica-killed"):
        cluster = Derived(name, hosts=False)
        without = diagnose(cluster.case())
        cluster.hosts = {member["name"]: {"asked": False} for member in cluster.members}
        assert diagnose(cluster.case()) == without


@pytest.mark.parametrize("name", RECORDED)
def test_by_rest_alone_it_says_what_to_ask_next(name: str) -> None:
    cluster = Derived(name, hosts=False)
    cluster.without_ssh()
    found = diagnose(cluster.case())
    assert not found["destructive"]
    told = " ".join(found["ask"])
    if found["class"] != "healthy":
        assert "asked by ssh" in told
    elif found["confidence"] == "low":
        assert "have them asked by ssh" in told
    else:
        # managers of 4.x have no databases but their own
        assert cluster.generation == "active_standby"
    if name.endswith("-healthy"):
        assert found["class"] == "healthy"
    if found["confidence"] == "low" and found["class"] != "healthy":
        assert "again" in told or "another place" in told


def test_what_consul_says_is_told_where_nobody_is_active() -> None:
    cluster = Derived("4.5.5-active-and-replica-killed")
    (left,) = (m["name"] for m in cluster.members if m["name"] not in cluster.dead)
    cluster.host(left)["consul"] = {"leader": "", "peers": ["10.0.0.1:8300"]}
    found = diagnose(cluster.case())
    assert {"who": left, "says": "its Consul has no leader"} in found["evidence"]
    cluster.host(left)["consul"] = {"leader": "10.0.0.1:8300"}
    assert "its Consul is led by 10.0.0.1:8300" in json.dumps(diagnose(cluster.case()))
    cluster.host(left)["consul"] = {"leader": 7}
    assert "Consul" not in json.dumps(diagnose(cluster.case()))


def test_an_etcd_without_a_quorum_is_told() -> None:
    cluster = Derived("7.0.5-all-apart", hosts=False)
    for name in cluster.probes:
        cluster.database(name)["etcd"] = False
    found = diagnose(cluster.case())
    assert found["class"] == "database_quorum_lost"
    told = [line["who"] for line in found["evidence"] if "etcd has no quorum" in line["says"]]
    assert sorted(told) == sorted(cluster.probes)


@pytest.mark.parametrize("base", ["4.5.5-healthy", "7.0.5-healthy"])
def test_where_ssh_does_not_work_that_is_said(base: str) -> None:
    found = diagnose(built(f"no ssh from here to {base}: no answer by ssh within 3 s").case())
    assert "over REST" in found["summary"]
    assert any(line["says"].startswith("h1 does not answer by ssh") for line in found["evidence"])
    assert any("ssh does not work from here to h1, h2, h3" in line for line in found["ask"])


def test_of_the_only_one_nobody_says_that_its_work_is_safe() -> None:
    found = diagnose(built("nothing is heard of the only one: 5.0.5-single-healthy").case())
    assert found["state"] == "unknown" and not found["safe"]
    assert [each["class"] for each in found["also"]] == []


# -- a member that the inventory does not have -------------------------------------------------------


def _unknown_node(cluster: Derived, role: str) -> str:
    """Whoever had this role, which the inventory has lost."""
    name = cluster.were[role]
    cluster.members = [m for m in cluster.members if m["name"] != name]
    for part in (cluster.views, cluster.probes, cluster.hosts):
        part.pop(name, None)
    for told in cluster.hosts.values():
        (told.get("reaches") or {}).pop(name, None)
    return name


@pytest.mark.parametrize(
    ("base", "role"),
    [("7.0.5-async-killed-settled", "async"), ("4.5.5-replica-killed", "other")],
)
def test_a_dead_member_that_the_inventory_does_not_have(base: str, role: str) -> None:
    cluster = Derived(base)
    name = _unknown_node(cluster, role)
    found = diagnose(cluster.case())
    assert (found["class"], found["state"]) == ("registers_differ", "degraded"), found
    assert found["nodes"] == [name] and name in found["summary"]
    assert not found["command"]
    assert any("into the inventory, or remove it" in line for line in found["first"])


def test_a_stopped_database_that_the_inventory_does_not_have() -> None:
    cluster = Derived()
    for name in cluster.probes:
        cluster.listed(name).append({"host": "10.9.9.9", "state": "stopped", "role": "replica"})
    found = diagnose(cluster.case())
    assert (found["class"], found["nodes"]) == ("registers_differ", ["10.9.9.9"]), found


@pytest.mark.parametrize("base", ["7.0.5-healthy", "4.5.5-healthy"])
def test_a_live_member_that_the_inventory_does_not_have(base: str) -> None:
    """It is well, and told of all the same."""
    cluster = Derived(base)
    name = _unknown_node(cluster, "async" if base[0] == "7" else "other")
    found = diagnose(cluster.case())
    assert found["class"] == "healthy", found
    assert any(f"{name}, which is not in the inventory" in e["says"] for e in found["evidence"])


# -- a member that the inventory calls otherwise ------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "name", "addresses"),
    [
        ("7.0.5-nine-healthy", "h4", "by another address"),
        ("7.0.5-nine-healthy", "h7", "by another address"),
        ("7.0.5-nine-healthy", "h4", ""),
        ("7.0.5-nine-healthy", "h7", ""),
        ("4.5.5-healthy", "h3", ""),
    ],
)
def test_nobody_is_replaced_who_may_live_under_another_name(
    base: str, name: str, addresses: str
) -> None:
    """All is well, but this controller does not get to it, and its peers do not by the address that the inventory has."""
    cluster = Derived(base)
    if addresses:
        cluster.called(addresses)
    cluster.out_of_sight(name)
    cluster.renamed(name, f"prod-{name}", "203.0.113.99")
    found = diagnose(cluster.case())
    assert not found["destructive"] and not found["command"], found
    assert found["confidence"] == "low", found
    assert any("cloudify_hostname, cloudify_private_ip" in line for line in found["first"]), found
    assert any(f"the cluster has {name}" in line["says"] for line in found["evidence"])
    judged = cluster.judged(f"prod-{name}")
    assert has(judged["problems"], f"prod-{name}: is not dead", f"the cluster has {name}")
    assert has(judged["problems"], "name it so in the inventory")


def test_one_that_was_removed_is_still_replaced() -> None:
    """Nobody lists it any more, and nobody else in its place: as when replace_node was killed half-way."""
    cluster = Derived("7.0.5-async-killed-settled")
    name = cluster.were["async"]
    for view in cluster.views.values():
        for listed in (view.get("registers") or {}).values():
            listed[:] = [
                row for row in listed if name not in (row.get("name"), row.get("hostname"))
            ]
        for tier in ((view.get("cluster_status") or {}).get("tiers") or {}).values():
            tier["nodes"].pop(name)
    for told in (cluster.broker(other) for other in cluster.probes if other != name):
        told["known"] = [node for node in told["known"] if node != f"rabbit@{name}"]
    found = diagnose(cluster.case())
    assert (found["class"], found["runbook"]) == ("node_down", "replace_node"), found


@pytest.mark.parametrize(
    ("base", "tiers"), [("7.0.5-nine-healthy", "brokers, managers"), ("4.5.5-healthy", "managers")]
)
def test_an_inventory_of_other_names_and_addresses_is_no_failure(base: str, tiers: str) -> None:
    cluster = Derived(base)
    cluster.called("by another address")
    for number, name in enumerate([m["name"] for m in cluster.members], 1):
        cluster.renamed(name, f"prod-{name}", f"203.0.113.{number}")
    found = diagnose(cluster.case())
    assert (found["class"], found["confidence"]) == ("unclear", "low"), found
    assert f"The inventory's names of the {tiers} are not the cluster's" in found["summary"], found
    assert not found["also"]
    assert any("cloudify_hostname, cloudify_private_ip" in line for line in found["first"]), found


def test_one_member_by_another_name_is_told_as_such() -> None:
    cluster = Derived("7.0.5-nine-healthy")
    cluster.renamed("h4", "prod-h4", "203.0.113.4")
    found = diagnose(cluster.case())
    assert (found["class"], found["nodes"]) == ("registers_differ", ["prod-h4"]), found
    assert any("prod-h4 may be what the cluster calls h4" in line for line in found["first"])


def test_of_others_names_a_dead_one_is_told_all_the_same() -> None:
    cluster = Derived("7.0.5-nine-healthy")
    cluster.silence("h7")
    cluster.unreachable("h7")
    for number, name in enumerate([m["name"] for m in cluster.members], 1):
        cluster.renamed(name, f"prod-{name}", f"203.0.113.{number}")
    found = diagnose(cluster.case())
    assert (found["class"], found["nodes"]) == ("manager_down", ["prod-h7"]), found
    assert not found["command"]


@pytest.mark.parametrize("renamed", [False, True], ids=["", "by other names"])
def test_a_second_address_of_the_active_one_is_no_split_brain(renamed: bool) -> None:
    """As a load balancer's is, that the inventory has for a manager."""
    cluster = Derived("4.5.5-healthy")
    leader = cluster.were["leader"]
    cluster.members.append(
        {"name": "lb", "hostname": "lb", "address": "203.0.113.200", "tiers": ["manager"]}
    )
    cluster.views["lb"] = cluster.views[leader]
    if renamed:
        cluster.renamed(leader, "prod", "203.0.113.201")
        leader = "prod"
    cluster.earlier = {"class": "unclear", "active": [leader, "lb"], "age": 70.0, "lasting": 70.0}
    found = diagnose(cluster.case())
    kinds = {found["class"], *(each["class"] for each in found["also"])}
    assert not kinds & {"split_brain", "active_down_failover_running"}, found
    assert not found["command"]


def test_two_active_ones_that_the_inventory_calls_otherwise_are_a_split_brain() -> None:
    cluster = Derived("4.5.5-active-isolated")
    for number, name in enumerate([m["name"] for m in cluster.members], 1):
        cluster.renamed(name, f"prod-{name}", f"203.0.113.{number}")
    cluster.earlier = {"class": "unclear", "active": ["prod-h1", "prod-h2"], "age": 70.0}
    cluster.earlier["lasting"] = 70.0
    assert diagnose(cluster.case())["class"] == "split_brain"


@pytest.mark.parametrize("code", [200, 404])
def test_the_address_that_users_take_answers_well_only_with_200(code: int) -> None:
    cluster = built("all managers answer 404, with hosts: 7.0.5-healthy")
    cluster.fronted(status_code=code)
    found = diagnose(cluster.case())
    assert found["class"] == "my_path_broken"
    assert ({"who": "front", "says": "answers well"} in found["evidence"]) == (code == 200)


@pytest.mark.parametrize("name", sorted(n for n in WANTED if "lets nobody in: " in n))
def test_who_lets_nobody_in_is_told_beside_whatever_is_found(name: str) -> None:
    cluster = built(name)
    (shut,) = (n for n, h in cluster.hosts.items() if "within" not in (h["error"] or "within"))
    found = diagnose(cluster.case())
    told = [line["says"] for line in found["evidence"]]
    assert any(line.startswith(f"{shut} does not answer by ssh: ") for line in told), found
    assert any(f"ssh does not work from here to {shut}, so" in line for line in found["ask"]), found
    if not found["runbook"]:
        assert any(
            line.startswith("Before replace_node: ") and shut in line for line in found["ask"]
        )


def test_who_lets_nobody_in_is_told_beside_a_full_disk() -> None:
    cluster = Derived("7.0.5-nine-healthy")
    cluster.disk("h4", free=1)
    cluster.unreachable("h5", why="ssh does not let us in: permission denied")
    cluster.probes["h5"]["broker"] = None
    found = diagnose(cluster.case())
    assert found["class"] == "disk_full"
    assert any("ssh does not work from here to h5, so" in line for line in found["ask"]), found


def test_of_databases_that_let_nobody_in_it_is_not_said_that_they_are_lost() -> None:
    (name,) = (n for n in WANTED if "managers wait: 7.0.5-nine" in n and "ssh does not" in n)
    cluster = built(name)
    found = diagnose(cluster.case())
    assert "are left" not in found["summary"] and "h1, h3 lets nobody in" in found["summary"]
    assert not found["runbook"]


def test_nothing_is_replaced_while_the_others_are_of_different_versions() -> None:
    cluster = Derived("7.0.5-async-killed-settled")
    assert diagnose(cluster.case())["runbook"] == "replace_node"
    cluster.host(cluster.were["sync"])["package"] = "7.0.4"
    found = diagnose(cluster.case())
    assert (found["class"], found["runbook"], found["destructive"]) == ("node_down", "", False)
    told = "Before replace_node: The members are of different versions: "
    assert any(line.startswith(told) for line in found["ask"]), found


def test_a_tier_of_other_names_is_told_beside_whatever_is_found() -> None:
    cluster = Derived("7.0.5-nine-healthy")
    for name in ("h4", "h5", "h6"):
        cluster.renamed(name, f"prod-{name}", f"203.0.113.{name[1:]}")
    cluster.disk("h7", free=1)
    found = diagnose(cluster.case())
    assert found["class"] == "disk_full", found
    told = [each["summary"] for each in found["also"]]
    assert any("names of the brokers are not the cluster's" in summary for summary in told), found
    assert any(line.startswith("Name the hosts in the inventory as") for line in found["ask"])


@pytest.mark.parametrize("late", [False, True])
def test_who_may_lead_and_lets_nobody_in_is_not_said_to_be_lost(late: bool) -> None:
    """While another one is dead, and managers tell no registers."""
    cluster = Derived("7.0.5-async-killed-settled")
    derived_settings.no_registers_and_no_way_in(cluster)
    shut = cluster.were["leader"]
    if late:
        cluster.before("active_down_failover_running", "leader")
    found = diagnose(cluster.case())
    assert (found["runbook"], found["confidence"]) == ("", "low"), found
    assert f"{shut} lets nobody in, so that whether it leads is not known" in found["summary"]


@pytest.mark.parametrize("name", sorted(n for n in WANTED if n.startswith("no manager was asked")))
def test_that_no_manager_was_asked_is_told_and_that_one_is_down_is_not(name: str) -> None:
    cluster = built(name)
    found = diagnose(cluster.case())
    kinds = [found["class"], *(each["class"] for each in found["also"])]
    assert "my_path_broken" in kinds, found
    assert "neither a token" in json.dumps([found["evidence"], found["also"]])
    assert not found["destructive"]
    assert all(f"{n} (manager" not in json.dumps(found) for n in cluster.views), found


@pytest.mark.parametrize(
    ("base", "beside"),
    [
        ("7.0.5-async-killed-settled", "node_down"),
        ("4.5.5-replica-killed", "manager_down"),
        ("7.0.5-broker-stopped", "broker_down"),
    ],
)
def test_who_is_down_is_told_beside_managers_that_hang(base: str, beside: str) -> None:
    found = diagnose(built(f"all managers hang: {base}").case())
    assert any("does not answer" in line["says"] for line in found["evidence"])
    told = [each["class"] for each in found["also"]]
    assert told == [beside], found


@pytest.mark.parametrize("name", sorted(n for n in WANTED if n.startswith("REST is ")))
def test_a_wrong_way_over_rest_is_told_with_its_error(name: str) -> None:
    found = diagnose(built(name).case())
    told = [found, *found["also"]]
    (way,) = (each for each in told if each["class"] == "my_path_broken")
    words = [line["says"] for line in way["evidence"]]
    assert any("GET https" in line for line in words)
    assert any("cloudify-restservice, nginx are active" in line for line in words), words


def test_what_is_stopped_where_no_manager_answers_is_named() -> None:
    found = diagnose(built("no manager answers, and the hosts say what is stopped").case())
    assert {"who": "h1", "says": "its service nginx is inactive"} in found["evidence"]
    assert any("connection refused" in line["says"] for line in found["evidence"])
    assert any("Start nginx on h1; nginx on h2" in line for line in found["first"])
    assert not any("Which services" in line for line in found["ask"])


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("a manager, the broker of another, and a host are down", "leader"),
        ("a manager and all brokers are down", "sync"),
    ],
)
def test_a_manager_that_is_down_is_told_beside_brokers_without_a_majority(
    name: str, role: str
) -> None:
    cluster = built(name)
    found = diagnose(cluster.case())
    told = [each["summary"] for each in found["also"]]
    assert any(f"{cluster.were[role]} (manager)" in summary for summary in told), found


def test_registers_that_were_not_told_are_no_difference() -> None:
    """Whatever else is found, why they were not told is told."""
    late = "no time was left to ask for it"
    found = diagnose(built("registers are not told in time by one: 7.0.5-healthy").case())
    assert {"who": "h1", "says": f"does not list the brokers: {late}"} in found["evidence"]
    cluster = Derived("7.0.5-async-killed-settled")
    derived_unheard.slow(cluster)
    found = diagnose(cluster.case())
    assert (found["class"], found["also"]) == ("node_down", [])
    assert any(line.startswith("Diagnose again: ") and late in line for line in found["ask"])


@pytest.mark.parametrize("beside", ["a host is dead", "a broker is stopped"])
def test_managers_that_are_all_slow_are_told_beside_who_is_down(beside: str) -> None:
    found = diagnose(built(f"no manager says in time how it is, and {beside}").case())
    assert ["in time" in each["summary"] for each in found["also"]] == [True], found
    if found["class"] == "node_down":
        assert any("Before replace_node: " in line for line in found["ask"])
