# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Put back what a restore is known to lose and the inventory still holds: sites and schedules."""

from __future__ import annotations

import contextlib
import typing as t
from functools import partial

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import (
    CloudifyClient,
    Json,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._comparison import (
    Comparison,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    NotFound,
    RecoveryError,
)


class Mended(t.NamedTuple):
    """What was put back, and what could not be, each in words."""

    done: list[str]
    failed: list[str]


def mend(client: CloudifyClient, *, inventory: Json, comparison: Comparison) -> Mended:
    """Make again what the comparison names as lost or changed, one thing after the other.

    A thing that cannot be made is reported and does not keep the others from being tried.
    """
    mended = Mended([], [])
    details = inventory.get("details", {})
    lost = {(diff.tenant, diff.kind, diff.id) for diff in comparison.lost}

    def attempt(what: str, action: t.Callable[[], None]) -> None:
        try:
            action()
        except RecoveryError as exc:
            mended.failed.append(f"{what}: {exc.message}")
        else:
            mended.done.append(what)

    for site in details.get("sites", []):
        if (site["tenant"], "sites", site["name"]) in lost:
            attempt(f"site {site['name']}", partial(_make_site, client, site))
    for placing in comparison.misplaced:
        tenant, deployment = placing["tenant"], placing["deployment_id"]
        whose = {"tenant": tenant, "deployment_id": deployment}
        if "sites" in placing:
            attempt(
                f"site of deployment {deployment}",
                partial(_set_site, client, sites=placing["sites"], **whose),
            )
        if "labels" in placing:
            attempt(
                f"labels of deployment {deployment}",
                partial(client.set_deployment_labels, **whose, labels=placing["labels"]),
            )
    for schedule in details.get("execution_schedules", []):
        item = f"{schedule['deployment_id']}/{schedule['id']}"
        if (schedule["tenant"], "execution_schedules", item) in lost:
            attempt(f"schedule {item}", partial(_make_schedule, client, schedule))
    return mended


def _make_site(client: CloudifyClient, site: Json) -> None:
    body = {name: site[name] for name in ("location", "visibility") if site.get(name)}
    client.create_site(tenant=site["tenant"], name=site["name"], body=body)


def _set_site(
    client: CloudifyClient, *, tenant: str, deployment_id: str, sites: t.Sequence[str]
) -> None:
    """The first one that there is: one that is younger than the snapshot did not come with it."""
    *others, last = sites
    set_site = partial(client.set_site, tenant=tenant, deployment_id=deployment_id)
    for name in others:
        with contextlib.suppress(NotFound):
            return set_site(site_name=name)
    return set_site(site_name=last)


def _make_schedule(client: CloudifyClient, schedule: Json) -> None:
    names = (
        "workflow_id",
        "since",
        "until",
        "slip",
        "parameters",
        "execution_arguments",
        "stop_on_fail",
        "enabled",
    )
    body = {name: schedule[name] for name in names if schedule.get(name) is not None}
    if "is_dry_run" in body.get("execution_arguments", {}):
        # that is how the product shows it; under this name it would not take it
        arguments = dict(body["execution_arguments"])
        arguments["dry_run"] = arguments.pop("is_dry_run")
        body["execution_arguments"] = arguments
    body.update({name: value for name, value in (schedule.get("rule") or {}).items() if value})
    client.create_schedule(
        tenant=schedule["tenant"],
        deployment_id=schedule["deployment_id"],
        schedule_id=schedule["id"],
        body=body,
    )


__all__ = ("Mended", "mend")
