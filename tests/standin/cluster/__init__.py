# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in as one member of a cluster, in both generations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from standin.cluster.config import ClusterConfig

if TYPE_CHECKING:
    from standin.front import Front
    from standin.manager import Manager


class Member(Protocol):
    """What runs beside the REST service while the manager is in a cluster."""

    def close(self) -> None: ...


def join(manager: Manager, front: Front, config: ClusterConfig) -> Member:
    """Start what makes this manager a member; the generation of its profile says which."""
    if manager.profile.generation == "active_standby":
        from standin.cluster import standby

        return standby.start(manager, front, config)
    from standin.cluster import active

    return active.start(manager, front, config)


__all__ = ["ClusterConfig", "Member", "join"]
