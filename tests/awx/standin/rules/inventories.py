# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inventories, groups and sources.

As InventorySerializer, GroupSerializer and InventorySourceSerializer in awx/api/serializers.py, and the `can_attach` of
GroupAccess in awx/main/access.py.
"""

from __future__ import annotations

from awx.standin.errors import Invalid, detail, forbidden
from awx.standin.fields import BLANK
from awx.standin.rules import Change, Linking, on_change, on_link
from awx.standin.store import Item, Store


@on_change("groups")
def no_group_is_named_all(change: Change) -> None:
    if change.after["name"] in ("all", "_meta"):
        raise Invalid({"name": "Invalid group name."})


@on_change("hosts", "groups", "inventory_sources")
def the_inventory_stays(change: Change) -> None:
    if change.before and change.before["inventory"] != change.after["inventory"]:
        raise forbidden()


@on_change("inventories")
def the_kind_stays(change: Change) -> None:
    if change.before and change.before["kind"] != change.after["kind"]:
        raise detail(405, 'Method "PATCH" not allowed.')


@on_change("inventories")
def a_smart_inventory_has_a_filter(change: Change) -> None:
    if change.after["kind"] == "smart" and not change.after["host_filter"]:
        raise Invalid({"host_filter": BLANK})


@on_link(("groups", "hosts"), ("groups", "children"))
def both_are_of_one_inventory(linking: Linking) -> None:
    if linking.item["inventory"] != linking.other["inventory"]:
        raise detail(400, "Cannot associate two items from different inventories.")


def _below(store: Store, group: Item) -> list[Item]:
    children = store.linked(group, "children")
    return [group, *(g for child in children for g in _below(store, child))]


@on_link(("groups", "children"))
def no_group_is_below_itself(linking: Linking) -> None:
    if linking.item in _below(linking.store, linking.other):
        raise forbidden("Cyclical Group association.")


@on_change("inventory_sources")
def organization_is_that_of_the_inventory(change: Change) -> None:
    """It is not shown, but templates of all kinds are looked up by it."""
    inventory = change.store.get("inventories", change.after["inventory"])
    change.after["organization"] = inventory["organization"] if inventory else None


@on_change("inventory_sources")
def a_source_is_named(change: Change) -> None:
    if not change.after["source"]:
        raise Invalid({"source": BLANK})


@on_change("inventory_sources")
def files_come_from_a_project(change: Change) -> None:
    after = change.after
    if after["source"] == "scm":
        project = change.store.get("projects", after["source_project"])
        if project is None:
            raise Invalid({"source_project": "Project required for scm type sources."})
        if not project["scm_type"]:
            message = "Cannot use manual project for SCM-based inventory."
            raise Invalid({"source_project": message})
        return
    names = [n for n in ("source_project", "source_path", "scm_branch") if change.given.get(n)]
    if names:
        raise Invalid({"detail": f"Cannot set {' '.join(names)} if not SCM type."})


@on_change("inventory_sources")
def files_need_no_vault_or_insights(change: Change) -> None:
    credential = change.store.get("credentials", change.after["credential"])
    kind = credential and change.store.get("credential_types", credential["credential_type"])
    if change.after["source"] == "scm" and kind and kind["kind"] in ("vault", "insights"):
        raise Invalid(
            {
                "credential": "Credentials of type insights and vault are disallowed for scm "
                "inventory sources."
            }
        )
