# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a dead node is removed, and why it must not be: the filter node_removal."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.filter.cluster_members import cluster_members
from ansible_collections.cloudify_ha.recovery.plugins.filter.node_removal import node_removal

Json = dict[str, t.Any]

TIERS = ("manager", "broker", "database")
HOSTS = ("h1", "h2", "h3")
#: The inventory has addresses that the peers do not use.
PUBLIC: dict[str, Json] = {name: {"ansible_host": f"{name}.lab.test"} for name in HOSTS}
ROWS: list[Json] = [
    {"name": f"h{n}", "host": f"10.0.0.{n}", "is_external": False} for n in (1, 2, 3)
]
MANAGERS: list[Json] = [{"hostname": f"h{n}", "private_ip": f"10.0.0.{n}"} for n in (1, 2, 3)]
NODES: list[Json] = [{"name": f"h{n}", "host_ip": f"10.0.0.{n}"} for n in (1, 2, 3)]


def view(rows: list[Json] = ROWS, managers: list[Json] = MANAGERS, **more: t.Any) -> Json:
    registers = {"manager": managers, "broker": rows, "database": rows, **more}
    return {"answers": True, "error": "", "registers": registers}


def before_5_0(nodes: list[Json] | None = NODES) -> Json:
    return {"answers": True, "error": "", "nodes": nodes}


SILENT: Json = {"answers": False, "error": "timed out"}


def removal(
    views: dict[str, Json] | None = None,
    *,
    node: str = "h3",
    hosts: dict[str, Json] | None = None,
    own: Json | None = None,
    tiers: dict[str, t.Sequence[str]] | None = None,
    **more: t.Any,
) -> Json:
    """
    :param own: further variables of h3
    :param tiers: the members of those that are not all hosts
    """
    hosts = hosts or PUBLIC
    hosts = {**hosts, **({"h3": {**hosts["h3"], **own}} if own else {})}
    members = {tier: list(hosts) for tier in TIERS} | (tiers or {})
    groups = {f"cloudify_{tier}s": names for tier, names in members.items()}
    given: Json = {
        "host": hosts.get(node, {}),
        "groups": groups,
        "members": cluster_members(groups, hosts),
        "here": [name for name in hosts if name != node],
        "keepers": ["m1"],
        **more,
    }
    return node_removal({"m1": view()} if views is None else views, node, **given)


def refused(views: dict[str, Json] | None = None, **more: t.Any) -> str:
    return "; ".join(removal(views, **more)["refusals"])


def test_one_that_can_be_removed() -> None:
    told = removal()
    assert told["refusals"] == [] and told["standby"] is False
    assert told["tiers"] == list(TIERS)
    assert told["keepers"] == ["m1"] and told["unread"] == [] and told["why"] == ""
    rows = {"manager": MANAGERS[2:], "broker": ROWS[2:], "database": ROWS[2:]}
    assert told["rows"] == {"nodes": [], **rows}
    assert told["plan"] == (
        "remove it from managers, brokers, databases (manager by REST; broker on h1 and by REST; "
        "database on h1 and on each manager)"
    )
    assert told["remains"] == [f"the register of {tier}s" for tier in TIERS]


def test_one_of_a_cluster_before_5_0() -> None:
    told = removal({"m1": before_5_0(), "m2": before_5_0([])})
    assert told["refusals"] == [] and told["standby"] is True
    assert told["keepers"] == ["m1"]
    assert told["rows"] == {"nodes": NODES[2:], **dict.fromkeys(TIERS, [])}
    assert told["plan"] == "remove it from the cluster's nodes"
    assert told["remains"] == ["the list of nodes"]
    told = removal({"m1": before_5_0(NODES[:2])})
    assert told["plan"] == "remove it from the cluster's nodes, where it is not"
    assert told["refusals"] == [] and told["remains"] == []


# -- which rows


def test_a_node_is_removed_by_the_address_of_its_row() -> None:
    """The inventory's may be one that its peers do not know, and nothing would be removed."""

    def addressed(rows: list[Json], kept: list[Json]) -> tuple[str, str, str]:
        told = removal({"m1": view(rows)}, remembered={"broker": kept, "database": kept})
        assert told["refusals"] == []
        return told["database_address"], told["broker_name"], told["database_row"].get("host", "")

    assert addressed(ROWS, []) == ("10.0.0.3", "h3", "10.0.0.3")
    # an earlier attempt was killed before all managers had heard of it
    known = [{**ROWS[2], "name": "H3.old"}]
    assert addressed(ROWS[:2], known) == ("10.0.0.3", "H3.old", "10.0.0.3")
    # what is said now goes before that
    assert addressed(ROWS, known) == ("10.0.0.3", "h3", "10.0.0.3")
    assert addressed(ROWS[:2], []) == ("h3.lab.test", "h3", "")


def test_a_row_that_could_be_of_the_node_is_not_overlooked() -> None:
    rows = [{**row, "name": row["host"]} for row in ROWS]
    rows[0]["name"], rows[1]["name"] = "h1", "h2"
    views = {"m1": view(rows)}
    assert removal(views)["refusals"] == [
        f"no {tier} of the cluster is known to be it, and 10.0.0.3 is nobody else's: say cloudify_private_ip "
        "of each node in the inventory, which is the address that its peers use"
        for tier in ("broker", "database")
    ]
    # somebody else's database is nobody's node
    assert "broker" not in refused(views, tiers={"broker": HOSTS[:2]})
    outside = [*rows[:2], {**rows[2], "is_external": True}]
    assert refused({"m1": view(outside)}) == ""
    # one that has nothing to do with it is left over
    kept = {"broker": ROWS[2:], "database": ROWS[2:]}
    assert refused(views, remembered=kept) == ""
    told = removal(views, own={"cloudify_private_ip": "10.0.0.3"})
    assert told["refusals"] == []
    assert (told["database_address"], told["broker_name"]) == ("10.0.0.3", "10.0.0.3")


@pytest.mark.parametrize("standby", [False, True])
def test_a_dead_manager_is_not_taken_for_its_namesake(standby: bool) -> None:
    names = {f"manager.dc{n}.example.com": f"10.0.0.{n}" for n in (1, 2, 3)}
    rows = [{"hostname": name, "private_ip": address} for name, address in names.items()]
    nodes = [{"name": name, "host_ip": address} for name, address in names.items()]
    views = {"m1": before_5_0(nodes) if standby else view([], rows)}
    hosts: dict[str, Json] = {name: {} for name in names}
    told = removal(views, hosts=hosts, node="manager.dc2.example.com")
    assert told["manager_name"] == "manager.dc2.example.com"
    place, listed = ("nodes", nodes) if standby else ("manager", rows)
    assert told["rows"][place] == [listed[1]]


def test_its_name_is_that_of_its_row() -> None:
    known = {"cloudify_private_ip": "10.0.0.3", "cloudify_hostname": "three"}
    told = removal(own=known)
    assert (told["hostname"], told["manager_name"], told["broker_name"]) == ("three", "h3", "h3")
    told = removal({"m1": view([], [])}, own=known)
    assert (told["manager_name"], told["broker_name"]) == ("three", "three")
    assert told["database_address"] == "10.0.0.3"
    nodes = [{"name": "old", "host_ip": "10.0.0.3"}]
    assert removal({"m1": before_5_0(nodes)}, own=known)["manager_name"] == "old"


def test_every_manager_is_asked_whether_it_is_gone() -> None:
    left = view(ROWS[:2], MANAGERS[:2])
    views = {"m1": left, "m2": view(ROWS, MANAGERS[:2]), "m3": SILENT}
    assert removal(views)["remains"] == ["the register of brokers", "the register of databases"]
    assert removal({"m1": left, "m2": left})["remains"] == []
    # of no inventory
    assert removal({"m1": view([*ROWS, {"host": "h9", "name": "h9"}])}, node="h9")["remains"] == [
        "the register of brokers",
        "the register of databases",
    ]


# -- what is refused


def test_one_that_could_be_another() -> None:
    rows = [{"hostname": f"manager.dc{n}", "private_ip": f"10.0.0.{n}"} for n in (1, 2)]
    told = removal({"m1": view(ROWS[:2], rows)}, own={"cloudify_hostname": "manager"})
    assert told["refusals"] == [
        "manager.dc1, manager.dc2 could each be manager, and none has its address"
    ]
    assert told["rows"]["manager"] == []


def test_one_that_is_alive_or_unknown() -> None:
    assert refused(alive=["h1 sees it", "h2 reaches it"]) == (
        "its peers see it alive (h1 sees it; h2 reaches it): shut it down first"
    )
    assert refused(node="h9") == "the inventory has no such node"


def test_managers_that_do_not_tell() -> None:
    assert refused({"m1": SILENT}) == (
        "no manager answers; what m1 has in its registers cannot be read (timed out)"
    )
    assert refused({"m1": SILENT}, keepers=[]) == "no manager answers"
    empty = {"m1": before_5_0([])}
    assert refused(empty, keepers=[]) == "no manager tells who is in the cluster"


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (view(broker=None), ""),
        ({**view(database=None), "errors": {"database": "HTTP 502", "more": "x"}}, " (HTTP 502)"),
        ({**view(manager=None), "errors": {}, "error": "slow"}, " (slow)"),
        ({"answers": True, "error": "", "registers": {"manager": [], "broker": []}}, ""),
        ({"answers": True, "error": "HTTP 502", "status_code": 502}, " (HTTP 502)"),
        (before_5_0(None), ""),
        (None, ""),
    ],
)
def test_a_register_that_cannot_be_read(told: Json | None, why: str) -> None:
    views = {"m1": view(), **({"m2": told} if told else {})}
    found = removal(views, keepers=["m1", "m2"])
    assert found["unread"] == ["m2"] and found["why"] == why
    assert found["refusals"] == [f"what m2 has in its registers cannot be read{why}"]
    # it keeps some all the same, so that the next look has to find them
    assert found["keepers"] == ["m1", "m2"] if told and "registers" in told else ["m1"]


def test_several_that_cannot_be_read() -> None:
    told = removal(
        {"m1": view(), "m2": {**SILENT, "error": "away"}}, keepers=["m3", "m1", "m2", "m3"]
    )
    assert told["refusals"] == ["what m3 and m2 has in its registers cannot be read"]


def test_the_last_of_a_tier() -> None:
    told = removal(tiers={"manager": ["h3"], "broker": ["h3"]})
    assert told["refusals"] == ["it is the only manager and broker: rebuild the cluster"]
    assert told["broker_by"] == ""


def test_a_database_without_a_standby() -> None:
    two = "of 2 databases, one would be left, without a standby: rebuild the cluster, or add a third first"
    outside = {"name": "db", "host": "10.0.0.9", "is_external": True}
    views = {"m1": view([*ROWS[1:], outside]), "m2": view(ROWS[1:])}
    assert refused(views) == two
    assert refused(views, tiers={"database": ["h1", "h2"]}) == ""
    # it is not among them any more
    assert refused({"m1": view(ROWS[:2])}) == ""


def test_who_is_told_to_remove_it() -> None:
    told = removal(here=["h2"], tiers={"manager": ["h1", "h2"]})
    assert (told["broker_by"], told["database_by"]) == ("h2", "h2")
    assert told["plan"] == (
        "remove it from brokers, databases (; broker on h2 and by REST; database on h2 and on each manager)"
    )
