# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Derived: members of which this controller has heard nothing, by what it was given to ask with, and what is known all the same."""

from __future__ import annotations

from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.derived_clusters import (
    Derived,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.derived_registry import (
    derived,
    host,
)

NO_ROOT = "nobody becomes root there: Missing sudo password"


def _without_root(c: Derived, *names: str) -> None:
    """Ssh lets us in, and nothing can be asked there."""
    for name in names or list(c.hosts):
        c.unreachable(name, why=NO_ROOT)
        c.probes[name] = {"database": None, "broker": None}


for _base, _role in (("7.0.5-async-killed-settled", "async"), ("4.5.5-replica-killed", "other")):
    derived(
        f"who lets us in, and not to root, is alive: {_base}",
        *(_base, "node_down" if "async" in _role else "manager_down", "medium", _role),
    )(
        lambda c, role=_role: _without_root(c, host(c, role))  # type: ignore[misc]
    )
for _base in ("7.0.5-healthy", "7.0.5-nine-healthy", "4.5.5-healthy"):
    derived(f"nobody becomes root on any: {_base}", _base, "healthy", "low")(_without_root)

__all__ = ("NO_ROOT",)
