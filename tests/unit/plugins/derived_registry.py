# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is derived from recorded situations, each with its wanted diagnosis."""

from __future__ import annotations

import typing as t
from collections.abc import Callable

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.derived_clusters import Derived

REPLACE, FIX, SEE = "replace_node", "fix", "recover_active"
Change = Callable[[Derived], t.Any]
#: Name -> the recording, what is changed, and the wanted class, confidence, roles and runbook.
WANTED: dict[str, tuple[str, Change | None, str, str, tuple[str, ...], str]] = {}
WITHOUT_HOSTS: set[str] = set()


def derived(
    name: str,
    base: str,
    kind: str,
    confidence: str,
    *roles: str,
    runbook: str = "",
    ssh: bool = True,
) -> Callable[[Change], Change]:
    def keep(change: Change) -> Change:
        WANTED[name] = (base, change, kind, confidence, roles, runbook)
        if not ssh:
            WITHOUT_HOSTS.add(name)
        return change

    return keep


def host(cluster: Derived, role: str) -> str:
    return cluster.were[role]


def built(name: str) -> Derived:
    """The situation of this name."""
    base, change, *_wanted = WANTED[name]
    cluster = Derived(base, hosts=name not in WITHOUT_HOSTS)
    assert change is not None
    change(cluster)
    return cluster


__all__ = ("FIX", "REPLACE", "SEE", "WANTED", "built", "derived", "host")
