# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A member of an active/standby cluster of managers (4.x)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standin.cluster.active_standby.rest import StandbyRest

if TYPE_CHECKING:
    from standin.cluster.config import ClusterConfig
    from standin.front import Front
    from standin.manager import Manager


def start(manager: Manager, front: Front, config: ClusterConfig) -> StandbyRest:
    guard = StandbyRest(manager, front, config)
    manager.guard = guard
    return guard


__all__ = ["start"]
