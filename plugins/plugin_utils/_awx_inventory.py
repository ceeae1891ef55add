# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""The inventory: the store by hand, the nodes by hand or from the cluster itself. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._awx_credentials import name_of
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._awx_names import of
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._awx_settings import TIERS

Json = dict[str, t.Any]

STORE_GROUP = "cloudify_store"
GROUPS = {tier: f"cloudify_{tier}s" for tier in TIERS}


def inventory(settings: Json) -> Json:
    """What is the same for all hosts. The rest of the connection comes from the credential."""
    return {
        "name": of(settings, "inventory"),
        "organization": settings["organization"],
        "description": f"Nodes and store of the cluster {settings['cluster']}",
        # else it is said to have changed in check mode
        "kind": "",
        "variables": {
            "cloudify_cluster_name": settings["cluster"],
            "cloudify_store_dir": settings["store"].get("dir", ""),
            "cloudify_connection": {
                "manager_hosts": list(settings["manager"].get("manager_hosts", ()))
            },
            **settings["variables"],
        },
    }


def hosts(settings: Json) -> list[Json]:
    store = settings["store"]
    variables: Json = {}
    if store.get("address"):
        variables["ansible_host"] = store["address"]
    if store.get("user"):
        variables["ansible_user"] = store["user"]
    found = [
        _host(
            settings,
            store.get("host", ""),
            "Has the recovery sets and the journals: a host that stays, reached by ssh",
            {**variables, "ansible_connection": "ssh", **store.get("variables", {})},
        )
    ]
    for name, node in settings["nodes"].items():
        told = node or {}
        own = {"ansible_host": told["address"]} if told.get("address") else {}
        found.append(
            _host(settings, name, "Node of the cluster", {**own, **told.get("variables", {})})
        )
    return found


def groups(settings: Json) -> list[Json]:
    """With the nodes from the cluster itself, their groups come with them."""
    found = [_group(settings, STORE_GROUP, [settings["store"].get("host", "")])]
    if settings["nodes"]:
        found += [
            _group(
                settings,
                group,
                [
                    name
                    for name, node in settings["nodes"].items()
                    if tier in (node or {}).get("tiers", TIERS)
                ],
            )
            for tier, group in GROUPS.items()
        ]
    return found


def sources(settings: Json) -> list[Json]:
    """The cluster's own word, from a file in the project; none where the nodes are named.

    AWX's database is what remembers it: a sync that fails changes nothing there. It is never synced
    before a job, which would not start while the cluster is down, and removes nobody, since a node
    that is being replaced is in no register for a while.
    """
    if settings["nodes"]:
        return []
    folder = settings["project"].get("folder", "").strip("/")
    source: Json = {
        "name": source_name(settings),
        "description": "The nodes, as one of the managers tells them",
        "inventory": of(settings, "inventory"),
        "organization": settings["organization"],
        "source": "scm",
        "source_project": of(settings, "project"),
        "source_path": f"{folder}/inventory/cloudify.yml".lstrip("/"),
        "credential": name_of(settings, "manager"),
        "overwrite": False,
        "overwrite_vars": False,
        "update_on_launch": False,
        "update_cache_timeout": 0,
    }
    if "environment" in settings:
        source["execution_environment"] = of(settings, "environment")
    return [source]


def source_name(settings: Json) -> str:
    return of(settings, "nodes")


def _host(settings: Json, name: str, description: str, variables: Json) -> Json:
    return {
        "name": name,
        "inventory": of(settings, "inventory"),
        "description": description,
        "enabled": True,
        "variables": variables,
    }


def _group(settings: Json, name: str, members: list[str]) -> Json:
    return {"name": name, "inventory": of(settings, "inventory"), "hosts": members}


__all__ = ("GROUPS", "STORE_GROUP", "groups", "hosts", "inventory", "source_name", "sources")
