# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Ask the managers of a cluster, all at once, for its nodes."""

from __future__ import annotations

import typing as t
from urllib.parse import urlsplit

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._connect import (
    check_times,
    client_from,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import RecoveryError
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._views import ask_all
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._cluster_inventory import (
    check,
    nodes_of,
    why_useless,
)

Json = dict[str, t.Any]


class NoAnswer(RecoveryError):
    """No manager tells the nodes of its cluster."""


def ask_cluster(params: t.Mapping[str, t.Any]) -> tuple[list[Json], list[str]]:
    """The nodes as the first manager tells them whose answer is complete, and what to warn of.

    :param params: the connection options by name, and C(deadline)
    :raises NoAnswer: when there is none
    :raises RecoveryError: when the options are wrong
    """
    check_times(params)
    client_from(params)  # tells of what is wrong with the options
    # whoever is off must not use up what the others need
    connect_timeout = min(params["connect_timeout"], params["deadline"] * 0.6)
    clients = {
        host: client_from({**params, "manager_hosts": [host], "connect_timeout": connect_timeout})
        for host in addresses(params["manager_hosts"])
    }
    views = ask_all(clients, deadline=params["deadline"])
    useless = {host: why_useless(view) for host, view in views.items()}
    told: dict[str, tuple[list[Json], list[str]]] = {}
    for host, why in useless.items():
        if why:
            continue
        try:
            nodes, left_out = nodes_of(views[host], asked=_without_port(host))
            told[host] = check(nodes), left_out
        except RecoveryError as exc:
            useless[host] = exc.message
        except (AttributeError, KeyError, TypeError, ValueError) as exc:
            useless[host] = f"its answer has another form than expected ({type(exc).__name__})"
    if not told:
        raise NoAnswer(
            "No manager tells the nodes of the cluster: "
            + "; ".join(f"{host}: {why.rstrip('.')}" for host, why in useless.items())
        )
    first = next(iter(told))
    nodes, warnings = told[first]
    leading = {host: _active(found) for host, (found, _left_out) in told.items()}
    for host, names in leading.items():
        if names and leading[first] and names != leading[first]:
            warnings.append(
                f"The managers do not agree on who is active: {', '.join(leading[first])} by {first}, "
                f"{', '.join(names)} by {host}. The cluster may be split: diagnose it first"
            )
    return nodes, warnings


def addresses(manager_hosts: t.Iterable[str]) -> list[str]:
    """Each once."""
    return list(dict.fromkeys(host.strip() for host in manager_hosts if host and host.strip()))


def _active(nodes: t.Sequence[Json]) -> list[str]:
    return sorted(node["hostname"] for node in nodes if node["active"])


def _without_port(host: str) -> str:
    if host.count(":") > 1 and not host.startswith("["):
        return host  # a bare IPv6 address
    return urlsplit(f"//{host}").hostname or host


__all__ = ("NoAnswer", "addresses", "ask_cluster")
