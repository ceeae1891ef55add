# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._comparison import (
    compare,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._content import (
    KINDS,
    build_inventory,
    counts,
    is_inventory,
    placed_deployments,
    schedules_breaking_new_format,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._surely_saved import (
    surely_saved,
)

Items = dict[str, list[dict[str, t.Any]]]

SCHEDULE = {
    "id": "nightly",
    "deployment_id": "d1",
    "tenant_name": "t1",
    "visibility": "tenant",
    "workflow_id": "heal",
    "since": "2026-01-01T00:00:00Z",
    "until": None,
    "rule": {"rrule": "FREQ=DAILY", "count": None, "weekdays": None},
    "slip": 0,
    "parameters": {"a": 1},
    "execution_arguments": {},
    "stop_on_fail": False,
    "enabled": True,
    "next_occurrence": "2026-12-01T00:00:00Z",
}
DEPLOYMENT = {
    "id": "d1",
    "tenant_name": "t1",
    "site_name": "berlin",
    "labels": [{"key": "env", "value": "prod"}, {"key": "env", "value": "eu"}],
}
ITEMS: Items = {
    "tenants": [{"name": "default_tenant"}, {"name": "t1"}],
    "users": [{"username": "admin"}],
    "blueprints": [{"id": "bp", "tenant_name": "t1"}, {"id": "bp", "tenant_name": "t2"}],
    "deployments": [DEPLOYMENT, {"id": "d2", "tenant_name": "t1"}],
    "secrets": [{"key": "k", "tenant_name": "t1"}],
    "sites": [{"name": "berlin", "tenant_name": "t1", "location": None}],
    "executions": [{"id": "e1", "tenant_name": "t1", "status": "terminated"}],
    "execution_schedules": [SCHEDULE],
}


def inventory(items: Items | None = None) -> dict[str, t.Any]:
    items = ITEMS if items is None else items
    return build_inventory(items=items, manager={"version": "7.0.5"}, now="now")


def after(change: t.Callable[[Items], t.Any]) -> dict[str, t.Any]:
    items = copy.deepcopy(ITEMS)
    change(items)
    return inventory(items)


def told(found: t.Any) -> list[str]:
    return [str(difference) for difference in found]


def test_an_inventory_equals_itself() -> None:
    comparison = compare(inventory(), inventory())
    assert comparison.equal and comparison.complete
    assert not comparison.nothing_kept


def test_the_order_of_items_and_labels_does_not_matter() -> None:
    def turn_round(items: Items) -> None:
        for found in items.values():
            found.reverse()
        for item in items["deployments"]:
            item.get("labels", []).reverse()

    assert compare(inventory(), after(turn_round)).equal


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("tenants", ["lost: tenants default_tenant", "lost: tenants t1"]),
        ("users", ["lost: users admin"]),
        ("blueprints", ["lost: blueprints bp of tenant t1", "lost: blueprints bp of tenant t2"]),
        ("deployments", ["lost: deployments d1 of tenant t1", "lost: deployments d2 of tenant t1"]),
        ("secrets", ["lost: secrets k of tenant t1"]),
        ("sites", ["lost: sites berlin of tenant t1"]),
        ("executions", ["lost: executions e1 of tenant t1"]),
        ("execution_schedules", ["lost: execution_schedules d1/nightly of tenant t1"]),
    ],
)
def test_what_is_gone_is_named(kind: str, words: list[str]) -> None:
    comparison = compare(inventory(), after(lambda items: items[kind].clear()))
    assert told(comparison.lost) == words
    assert not comparison.complete and not comparison.equal
    assert not comparison.gained and not comparison.changed


WHAT_COUNTS = {
    "blueprints": {"id": "b", "labels": [{"key": "env", "value": "prod"}]},
    "deployments": {"id": "d", "blueprint_id": "b"},
    "plugins": {"id": "p", "package_name": "aws", "package_version": "1.0"},
    "sites": {"name": "s", "location": "52, 13", "visibility": "tenant"},
    "node_instances": {"id": "n", "state": "started"},
}


@pytest.mark.parametrize(
    ("kind", "field", "value", "words"),
    [
        ("blueprints", "labels", [], "labels ['env:prod'] became nothing"),
        ("deployments", "blueprint_id", "c", "blueprint_id b became c"),
        ("plugins", "package_version", "1.1", "package_version 1.0 became 1.1"),
        ("sites", "location", None, "location 52, 13 became nothing"),
        ("sites", "visibility", "global", "visibility tenant became global"),
        ("node_instances", "state", "uninitialized", "state started became uninitialized"),
    ],
)
def test_what_counts_of_an_item_is_compared(
    kind: str, field: str, value: t.Any, words: str
) -> None:
    item = {**WHAT_COUNTS[kind], "tenant_name": "t1"}
    was, now = (
        build_inventory(items={kind: [each]}, manager={}, now="now")
        for each in (item, {**item, field: value})
    )
    name = next(iter(item.values()))
    assert told(compare(was, now).changed) == [f"changed: {kind} {name} of tenant t1 ({words})"]
    assert compare(was, was).equal


def test_a_set_from_before_that_was_kept_compares_ids() -> None:
    old = inventory()
    del old["details"]["fields"]
    assert compare(old, inventory()).equal


@pytest.mark.parametrize(
    "kind", ["blueprints", "deployments", "secrets", "executions", "execution_schedules"]
)
def test_what_is_new_is_named_and_is_no_loss(kind: str) -> None:
    key = {"secrets": "key"}.get(kind, "id")
    more = {key: "new", "tenant_name": "t1", "deployment_id": "d1"}
    comparison = compare(inventory(), after(lambda items: items[kind].append(more)))
    name = "d1/new" if kind == "execution_schedules" else "new"
    assert told(comparison.gained) == [f"gained: {kind} {name} of tenant t1"]
    assert comparison.complete and not comparison.equal


def test_the_same_id_in_another_tenant_is_another_item() -> None:
    def move(items: Items) -> None:
        items["blueprints"][1]["tenant_name"] = "t3"

    comparison = compare(inventory(), after(move))
    assert told(comparison.lost) == ["lost: blueprints bp of tenant t2"]
    assert told(comparison.gained) == ["gained: blueprints bp of tenant t3"]


@pytest.mark.parametrize("site", [None, "paris"])
def test_a_deployments_site_that_changed_is_named(site: str | None) -> None:
    def change(items: Items) -> None:
        items["deployments"][0]["site_name"] = site

    assert told(compare(inventory(), after(change)).changed) == [
        f"changed: deployments d1 of tenant t1 (site berlin became {site or 'none'})"
    ]


def test_labels_that_are_gone_are_named() -> None:
    def change(items: Items) -> None:
        items["deployments"][0]["labels"] = [{"key": "env", "value": "eu"}]

    assert told(compare(inventory(), after(change)).changed) == [
        "changed: deployments d1 of tenant t1 (lost labels env:prod)"
    ]


def test_a_site_and_labels_that_came_are_no_loss() -> None:
    def change(items: Items) -> None:
        items["deployments"][1].update(site_name="berlin", labels=[{"key": "a", "value": "b"}])

    assert compare(inventory(), after(change)).complete


def test_a_deployment_that_is_gone_is_not_also_said_to_have_lost_its_site() -> None:
    comparison = compare(inventory(), after(lambda items: items["deployments"].pop(0)))
    assert told(comparison.lost) == ["lost: deployments d1 of tenant t1"]
    assert not comparison.changed


@pytest.mark.parametrize(
    ("attribute", "value", "words"),
    [
        ("workflow_id", "install", "workflow_id 'heal' became 'install'"),
        ("since", None, "since '2026-01-01T00:00:00Z' became None"),
        ("until", "2027", "until None became '2027'"),
        ("slip", 5, "slip 0 became 5"),
        ("parameters", {}, "parameters differ: a"),
        ("execution_arguments", {"force": True}, "execution_arguments differ: force"),
        ("stop_on_fail", True, "stop_on_fail False became True"),
        ("enabled", False, "enabled True became False"),
        ("rule", {"count": 3}, "rule {'rrule': 'FREQ=DAILY'} became {'count': 3}"),
    ],
)
def test_what_changed_in_a_schedule_is_named(attribute: str, value: t.Any, words: str) -> None:
    def change(items: Items) -> None:
        items["execution_schedules"][0][attribute] = value

    assert told(compare(inventory(), after(change)).changed) == [
        f"changed: execution_schedules d1/nightly of tenant t1 ({words})"
    ]


def test_how_an_unset_part_of_a_rule_is_written_does_not_matter() -> None:
    def change(items: Items) -> None:
        items["execution_schedules"][0]["rule"] = {"rrule": "FREQ=DAILY", "frequency": None}

    assert compare(inventory(), after(change)).equal


@pytest.mark.parametrize("attribute", ["parameters", "execution_arguments"])
def test_none_of_them_is_none_however_it_is_written(attribute: str) -> None:
    before = copy.deepcopy(ITEMS)
    before["execution_schedules"][0][attribute] = {}

    def change(items: Items) -> None:
        items["execution_schedules"][0][attribute] = None

    assert compare(inventory(before), after(change)).equal


# -- drifts that every restore brings with it ---------------------------------------------------


def test_the_next_occurrence_of_a_schedule_moves_on_and_that_is_expected() -> None:
    def change(items: Items) -> None:
        items["execution_schedules"][0]["next_occurrence"] = None

    comparison = compare(inventory(), after(change))
    (drift,) = comparison.expected
    assert "time has gone by" in str(drift.expected)
    assert comparison.complete and not comparison.equal


@pytest.mark.parametrize(
    ("name", "expected"), [("heal_restored_0a1b", True), ("restored", False), ("heal", False)]
)
def test_a_schedule_that_the_restore_made_of_an_execution_is_expected(
    name: str, expected: bool
) -> None:
    more = {**SCHEDULE, "id": name}
    comparison = compare(
        inventory(), after(lambda items: items["execution_schedules"].append(more))
    )
    assert len(comparison.expected) == expected
    assert len(comparison.gained) == (not expected)
    assert comparison.complete


# -- how much is there at all ---------------------------------------------------------------------


def test_a_manager_that_kept_nothing_is_told_from_one_that_lost_some() -> None:
    only_users = {"tenants": ITEMS["tenants"], "users": ITEMS["users"]}
    empty = {**{kind: [] for kind in ITEMS}, **only_users}
    assert compare(inventory(), inventory(empty)).nothing_kept
    assert not compare(inventory(), inventory({**empty, "secrets": ITEMS["secrets"]})).nothing_kept


def test_a_single_item_is_enough_to_tell() -> None:
    one = inventory({"secrets": [{"key": "k", "tenant_name": "t1"}]})
    assert compare(one, inventory({"secrets": []})).nothing_kept
    assert not compare(one, one).nothing_kept


def test_of_an_empty_inventory_nothing_can_be_kept_and_nothing_is_missing() -> None:
    empty = inventory({kind: [] for kind in ITEMS})
    comparison = compare(empty, empty)
    assert comparison.equal and not comparison.nothing_kept


def test_a_kind_that_only_the_first_one_has_read_is_not_taken_for_lost() -> None:
    less = inventory({kind: found for kind, found in ITEMS.items() if kind != "sites"})
    comparison = compare(inventory(), less)
    assert comparison.uncompared == ["sites"]
    assert not comparison.lost


def test_schedules_that_only_the_first_one_has_read_are_not_taken_for_changed() -> None:
    less = inventory(
        {kind: found for kind, found in ITEMS.items() if kind != "execution_schedules"}
    )
    comparison = compare(inventory(), less)
    assert comparison.uncompared == ["execution_schedules"]
    assert comparison.complete


def test_what_only_the_first_one_could_list_is_named_by_kind() -> None:
    users = [{"username": name} for name in ("admin", "bob", "eve")]
    groups = [{"name": f"g{n}"} for n in range(7)]
    rich = inventory({**ITEMS, "users": users, "user_groups": groups})
    less = {kind: found for kind, found in ITEMS.items() if kind != "users"}
    assert compare(rich, inventory(less)).unread == [
        "users cannot be listed on this manager: bob, eve",
        "user groups cannot be listed on this manager: g0, g1, g2, g3, g4, and 2 more",
    ]


@pytest.mark.parametrize("users", [[], [{"username": "admin"}]])
def test_a_kind_of_which_there_was_none_is_not_missed(users: t.Any) -> None:
    """Every manager has the user admin."""
    rich = inventory({**ITEMS, "users": users, "user_groups": []})
    less = inventory({kind: found for kind, found in ITEMS.items() if kind != "users"})
    comparison = compare(rich, less)
    assert comparison.uncompared == ["users", "user_groups"] and comparison.unread == []


def test_a_kind_that_the_first_one_could_not_list_is_no_loss() -> None:
    less = inventory({kind: found for kind, found in ITEMS.items() if kind != "sites"})
    assert compare(less, inventory()).unread == []


def test_counts_are_over_all_tenants_in_the_order_of_kinds() -> None:
    assert counts(inventory()) == {
        "tenants": 2,
        "users": 1,
        "blueprints": 2,
        "deployments": 2,
        "secrets": 1,
        "sites": 1,
        "executions": 1,
        "execution_schedules": 1,
    }
    names = [kind.name for kind in KINDS]
    assert sorted(counts(inventory()), key=names.index) == list(counts(inventory()))


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        (inventory(), True),
        ({}, False),
        ([], False),
        (None, False),
        ("text", False),
        ({"content": {}}, False),
        ({"content": [], "kinds": []}, False),
    ],
)
def test_what_is_no_inventory_is_known(value: t.Any, is_one: bool) -> None:
    assert is_inventory(value) is is_one


@pytest.mark.parametrize(
    ("rule", "breaks"),
    [
        ({"rrule": "FREQ=DAILY"}, False),
        ({"rrule": None, "count": 3}, True),
        ({"recurrence": "1 day"}, True),
        ({}, True),
        (None, True),
    ],
)
def test_a_schedule_without_rrule_breaks_a_restore_in_new_format(rule: t.Any, breaks: bool) -> None:
    found = inventory({"execution_schedules": [{**SCHEDULE, "rule": rule}]})
    assert schedules_breaking_new_format(found) == ["nightly of deployment d1"] * breaks


def test_deployments_with_a_site_are_named() -> None:
    assert placed_deployments(inventory()) == ["d1 (site berlin)"]


def test_a_write_that_health_has_tried_is_no_content() -> None:
    """One whose run was killed in between is still there."""
    left = {"key": "cloudify_ha_write_check", "tenant_name": "default_tenant"}
    own = {"key": "password", "tenant_name": "default_tenant"}
    found = build_inventory(items={"secrets": [left, own]}, manager={}, now="now")
    assert found["content"]["default_tenant"]["secrets"] == {"count": 1, "ids": ["password"]}


# -- what moved on while a snapshot was made ---------------------------------------------------------


def relabelled(items: Items) -> None:
    items["deployments"][0]["labels"] = [
        ITEMS["deployments"][0]["labels"][1],
        {"key": "env", "value": "test"},
    ]


def gone(kind: str) -> t.Callable[[Items], t.Any]:
    return lambda items: items[kind].clear()


def moved(items: Items) -> None:
    items["deployments"][0]["site_name"] = "paris"


#: Other values for all that is compared of a schedule.
EDITED = {
    "workflow_id": "install",
    "since": None,
    "until": "2027",
    "slip": 5,
    "stop_on_fail": True,
    "enabled": False,
    "parameters": {"b": 2},
    "execution_arguments": {"force": True},
    "rule": {"rrule": None, "count": 3, "weekdays": ["mo"]},
    "next_occurrence": None,
}


MOVING_ON: dict[str, t.Callable[[Items], t.Any]] = {
    **{f"no {kind}": gone(kind) for kind in ITEMS},
    "a site is gone, and its deployment has none": lambda items: (
        items["sites"].clear(),
        items["deployments"][0].pop("site_name"),
    ),
    "a deployment is elsewhere": moved,
    "a deployment has no site": lambda items: items["deployments"][0].pop("site_name"),
    "a deployment has a site": lambda items: items["deployments"][1].update(site_name="berlin"),
    "other labels": relabelled,
    "no labels": lambda items: items["deployments"][0].pop("labels"),
    "another blueprint": lambda items: items["deployments"][1].update(blueprint_id="other"),
    "another schedule": lambda items: items["execution_schedules"][0].update(EDITED),
    "more secrets": lambda items: items["secrets"].append({"key": "l", "tenant_name": "t2"}),
}


@pytest.mark.parametrize("change", MOVING_ON)
def test_whichever_of_two_states_comes_back_nothing_counts_as_lost(change: str) -> None:
    later = after(MOVING_ON[change])
    saved = surely_saved(inventory(), later)
    assert compare(saved, inventory()).complete
    assert compare(saved, later).complete
    assert saved["taken_at"] == "now" and saved["kinds"] == inventory()["kinds"]
    # a commit that was killed is done again
    assert surely_saved(saved, later) == saved


def test_all_that_is_still_there_has_been_saved() -> None:
    assert surely_saved(inventory(), inventory()) == inventory()
    assert surely_saved(inventory(), after(lambda items: items["secrets"].clear()))["content"] == {
        tenant: {name: found for name, found in kinds.items() if name != "secrets"}
        for tenant, kinds in inventory()["content"].items()
    }


def test_what_cannot_be_listed_any_more_may_be_there() -> None:
    later = after(lambda items: [items.pop(name) for name in ("sites", "execution_schedules")])
    assert surely_saved(inventory(), later) == inventory()


@pytest.mark.parametrize("labels", [[], DEPLOYMENT["labels"]])
def test_the_site_of_a_deployment_is_saved_as_it_was_in_the_end(labels: t.Any) -> None:
    """An archive in new format has none at all."""

    def at(*sites: str | None) -> dict[str, t.Any]:
        saved, *later = (
            inventory(
                {**ITEMS, "deployments": [{**DEPLOYMENT, "site_name": site, "labels": labels}]}
            )
            for site in sites
        )
        for each in later:
            saved = surely_saved(saved, each)
        return saved

    for sites in (("berlin", "paris"), ("berlin", "rome", "paris"), ("berlin", "paris", "paris")):
        assert told(compare(at(*sites), at(None)).changed) == [
            "changed: deployments d1 of tenant t1 (site paris became none)"
        ]
        assert all(compare(at(*sites), at(site)).complete for site in sites)
        assert not compare(at(*sites), at("london")).complete
    for sites in (("berlin", None), (None, "berlin"), ("berlin", "paris", None)):
        assert all(compare(at(*sites), at(site)).complete for site in (*sites, None))


def test_a_schedule_is_saved_as_it_was_in_the_end() -> None:
    later = after(lambda items: items["execution_schedules"][0].update(enabled=False))
    (schedule,) = surely_saved(inventory(), later)["details"]["execution_schedules"]
    assert schedule["enabled"] is False


@pytest.mark.parametrize("edited", [name for name in EDITED if name != "next_occurrence"])
def test_a_schedule_comes_back_with_what_it_had_then_or_in_the_end(edited: str) -> None:
    """One that was edited twice may be saved in between; what it never had is no state of it."""
    later = after(lambda items: items["execution_schedules"][0].update(EDITED))
    between = after(lambda items: items["execution_schedules"][0].update({edited: EDITED[edited]}))
    other = after(lambda items: items["execution_schedules"][0].update({edited: {"c": 4}}))
    saved = surely_saved(inventory(), later)
    assert compare(saved, between).complete
    assert len(compare(saved, other).changed) == 1


def test_an_inventory_of_old_has_nothing_more_to_be_taken_out() -> None:
    bare = {name: inventory()[name] for name in ("taken_at", "manager", "content", "kinds")}
    assert surely_saved(bare, inventory()) == {**bare, "details": {}}
