# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A member of an all_active cluster: the managers share a database and a broker cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standin.cluster.config import ClusterConfig

if TYPE_CHECKING:
    from standin.front import Front
    from standin.manager import Manager


class ActiveMember:
    def __init__(self, manager: Manager, front: Front, config: ClusterConfig) -> None:
        self._manager = manager
        self._config = config

    def close(self) -> None:
        pass


def start(manager: Manager, front: Front, config: ClusterConfig) -> ActiveMember:
    return ActiveMember(manager, front, config)


__all__ = ["ActiveMember", "start"]
