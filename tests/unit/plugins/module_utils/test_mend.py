# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a restore has lost is made again from the inventory, each thing for itself."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._comparison import (
    compare,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._content import (
    build_inventory,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._mend import Mended, mend
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._surely_saved import (
    surely_saved,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins import conversation as c
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.module_utils.restore_talk import (
    client,
)

Items = dict[str, list[dict[str, t.Any]]]

SITE = {"name": "new york", "tenant_name": "t1", "location": "1, 2", "visibility": "tenant"}
LABELS = [{"key": "env", "value": "prod"}, {"key": "env", "value": "eu"}]
PLACED = {"id": "d1", "tenant_name": "t1", "site_name": "new york", "labels": LABELS}
DAILY = {
    "id": "daily",
    "deployment_id": "d1",
    "tenant_name": "t1",
    "workflow_id": "heal",
    "since": "2026-01-01T00:00:00.000Z",
    "until": None,
    "rule": {"rrule": "FREQ=DAILY", "recurrence": None, "count": None, "weekdays": None},
    "slip": 0,
    "parameters": {"a": 1},
    "execution_arguments": {},
    "stop_on_fail": False,
    "enabled": False,
}
THRICE = {
    **DAILY,
    "id": "three times",
    "rule": {"recurrence": "1 weeks", "count": 3, "weekdays": ["mo"]},
    "enabled": True,
}
WHOLE: Items = {
    "deployments": [PLACED],
    "sites": [SITE],
    "execution_schedules": [DAILY, THRICE],
}
BARE = {"id": "d1", "tenant_name": "t1", "site_name": None, "labels": []}

SENT_SITE = {"location": "1, 2", "visibility": "tenant"}
SENT_DAILY = {
    "workflow_id": "heal",
    "since": "2026-01-01T00:00:00.000Z",
    "slip": 0,
    "parameters": {"a": 1},
    "execution_arguments": {},
    "stop_on_fail": False,
    "enabled": False,
    "rrule": "FREQ=DAILY",
}
SENT_THRICE = {
    **{name: value for name, value in SENT_DAILY.items() if name != "rrule"},
    "enabled": True,
    "recurrence": "1 weeks",
    "count": 3,
    "weekdays": ["mo"],
}


def inventory(items: Items) -> dict[str, t.Any]:
    return build_inventory(items=items, manager={"version": "7.0.5"}, now="now")


def mended(after: Items, before: Items | None = None) -> Mended:
    had = inventory(WHOLE if before is None else before)
    return mend(client(), inventory=had, comparison=compare(had, inventory(after)))


def test_everything_is_made_again_sites_before_those_who_use_them(manager: t.Any) -> None:
    manager.put("/sites/new%20york", {}, sent=SENT_SITE, tenant="t1")
    manager.post(
        "/deployments/d1/set-site",
        {},
        sent={"site_name": "new york", "detach_site": False},
        tenant="t1",
    )
    labels = {"labels": [{"env": "eu"}, {"env": "prod"}]}
    manager.request("PATCH", "/deployments/d1", json={}, sent=labels, tenant="t1")
    for path, sent in (("daily", SENT_DAILY), ("three%20times", SENT_THRICE)):
        manager.put(
            f"/execution-schedules/{path}",
            {},
            sent=sent,
            query={"deployment_id": "d1"},
            tenant="t1",
        )
    done = mended({"deployments": [BARE], "sites": [], "execution_schedules": []})
    assert done == Mended(
        [
            "site new york",
            "site of deployment d1",
            "labels of deployment d1",
            "schedule d1/daily",
            "schedule d1/three times",
        ],
        [],
    )


def test_in_maintenance_mode_everything_is_made_by_the_bypass(manager: t.Any) -> None:
    placing = {"site_name": "new york", "detach_site": False}
    labels = {"labels": [{"env": "eu"}, {"env": "prod"}]}
    for method, path, sent, query in (
        ("PUT", "/sites/new%20york", SENT_SITE, {}),
        ("POST", "/deployments/d1/set-site", placing, {}),
        ("PATCH", "/deployments/d1", labels, {}),
        ("PUT", "/execution-schedules/daily", SENT_DAILY, {"deployment_id": "d1"}),
    ):
        asked: t.Any = {"sent": sent, "query": query, "tenant": "t1"}
        manager.error(method, path, 503, "maintenance_mode_active", **asked)
        manager.request(method, path, json={}, bypass=True, **asked)
    after: Items = {"deployments": [BARE], "sites": [], "execution_schedules": [THRICE]}
    assert mended(after).failed == []


def test_what_is_there_is_left_alone(manager: t.Any) -> None:
    assert mended(WHOLE) == Mended([], [])


def test_only_what_is_missing_is_made(manager: t.Any) -> None:
    manager.put(
        "/execution-schedules/daily",
        {},
        sent=SENT_DAILY,
        query={"deployment_id": "d1"},
        tenant="t1",
    )
    after = {**WHOLE, "execution_schedules": [THRICE]}
    assert mended(after).done == ["schedule d1/daily"]


def test_deployment_that_is_lost_as_a_whole_is_not_placed(manager: t.Any) -> None:
    after: Items = {**WHOLE, "deployments": []}
    assert mended(after) == Mended([], [])


@pytest.mark.parametrize("labels", [[], LABELS, [*LABELS, {"key": "owner", "value": "me"}]])
def test_deployment_that_has_its_labels_gets_only_its_site(manager: t.Any, labels: t.Any) -> None:
    """To set labels takes away all others, those that the restore brought, too."""
    manager.post(
        "/deployments/d1/set-site",
        {},
        sent={"site_name": "new york", "detach_site": False},
        tenant="t1",
    )
    before: Items = {"deployments": [{**PLACED, "labels": labels[:2]}]}
    after: Items = {"deployments": [{**BARE, "labels": labels}]}
    assert mended(after, before).done == ["site of deployment d1"]


def test_label_that_came_back_stays_beside_those_that_are_made_again(manager: t.Any) -> None:
    sent = {"labels": [{"env": "prod"}, {"owner": "me"}, {"env": "eu"}]}
    manager.request("PATCH", "/deployments/d1", json={}, sent=sent, tenant="t1")
    has = [{"key": "owner", "value": "me"}, LABELS[0]]
    after = {**WHOLE, "deployments": [{**PLACED, "labels": has}]}
    assert mended(after).done == ["labels of deployment d1"]


def test_deployment_that_cannot_be_placed_gets_its_labels(manager: t.Any) -> None:
    placing = {"site_name": "new york", "detach_site": False}
    manager.error(
        "POST", "/deployments/d1/set-site", 404, "not_found_error", sent=placing, tenant="t1"
    )
    labels = {"labels": [{"env": "eu"}, {"env": "prod"}]}
    manager.request("PATCH", "/deployments/d1", json={}, sent=labels, tenant="t1")
    done = mended({**WHOLE, "deployments": [BARE]})
    assert done.done == ["labels of deployment d1"]
    assert [each.split(": ")[0] for each in done.failed] == ["site of deployment d1"]


def test_thing_that_cannot_be_made_keeps_no_other_from_it(manager: t.Any) -> None:
    manager.error("PUT", "/sites/new%20york", 409, "conflict_error", sent=SENT_SITE, tenant="t1")
    manager.put(
        "/execution-schedules/daily",
        {},
        sent=SENT_DAILY,
        query={"deployment_id": "d1"},
        tenant="t1",
    )
    manager.error(
        "PUT",
        "/execution-schedules/three%20times",
        400,
        "bad_parameters_error",
        "no such workflow",
        sent=SENT_THRICE,
        query={"deployment_id": "d1"},
        tenant="t1",
    )
    after: Items = {"deployments": [PLACED], "sites": [], "execution_schedules": []}
    done = mended(after)
    assert done.done == ["schedule d1/daily"]
    assert [each.split(": ")[0] for each in done.failed] == [
        "site new york",
        "schedule d1/three times",
    ]
    assert "no such workflow" in done.failed[1]


def test_manager_that_does_not_answer_keeps_no_other_from_being_tried(manager: t.Any) -> None:
    manager.broken("PUT", "/sites/new%20york", c.closed(), sent=SENT_SITE, tenant="t1")
    manager.put(
        "/execution-schedules/daily",
        {},
        sent=SENT_DAILY,
        query={"deployment_id": "d1"},
        tenant="t1",
    )
    after: Items = {"deployments": [PLACED], "sites": [], "execution_schedules": [THRICE]}
    done = mended(after)
    assert done.done == ["schedule d1/daily"]
    assert [each.split(": ")[0] for each in done.failed] == ["site new york"]


def test_schedule_of_dry_runs_stays_one(manager: t.Any) -> None:
    """The product takes C(dry_run), and shows it as C(is_dry_run)."""
    shown = {"allow_custom_parameters": False, "force": False, "wait_after_fail": 600}
    schedule = {**DAILY, "execution_arguments": {**shown, "is_dry_run": True}}
    manager.put(
        "/execution-schedules/daily",
        {},
        sent={**SENT_DAILY, "execution_arguments": {**shown, "dry_run": True}},
        query={"deployment_id": "d1"},
        tenant="t1",
    )
    before: Items = {"deployments": [PLACED], "execution_schedules": [schedule]}
    assert len(mended({"deployments": [PLACED], "execution_schedules": []}, before).done) == 1


def test_what_was_deleted_while_the_snapshot_was_made_is_not_made_again() -> None:
    had = surely_saved(inventory(WHOLE), inventory({**WHOLE, "execution_schedules": [DAILY]}))
    bare = inventory({**WHOLE, "execution_schedules": [DAILY]})
    comparison = compare(had, bare)
    assert comparison.complete
    assert mend(client(), inventory=had, comparison=comparison) == Mended([], [])


def test_deployment_that_was_moved_meanwhile_is_placed_where_it_was_in_the_end(
    manager: t.Any,
) -> None:
    """Or where it was before, if that site is younger than the snapshot."""
    placing = [{"site_name": name, "detach_site": False} for name in ("paris", "new york")]
    path = "/deployments/d1/set-site"
    had = surely_saved(
        inventory(WHOLE), inventory({**WHOLE, "deployments": [{**PLACED, "site_name": "paris"}]})
    )
    comparison = compare(had, inventory({**WHOLE, "deployments": [{**BARE, "labels": LABELS}]}))
    done = Mended(["site of deployment d1"], [])
    manager.post(path, {}, sent=placing[0], tenant="t1")
    assert mend(client(), inventory=had, comparison=comparison) == done
    manager.error("POST", path, 404, "not_found_error", sent=placing[0], tenant="t1")
    manager.post(path, {}, sent=placing[1], tenant="t1")
    assert mend(client(), inventory=had, comparison=comparison) == done
    manager.error("POST", path, 404, "not_found_error", sent=placing[0], tenant="t1")
    manager.error("POST", path, 404, "not_found_error", sent=placing[1], tenant="t1")
    (failed,) = mend(client(), inventory=had, comparison=comparison).failed
    assert failed.startswith("site of deployment d1: Cannot set the site of deployment d1: ")
