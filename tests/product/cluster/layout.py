# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which host is what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from product.versions import Version

DATABASE, QUEUE, MANAGER = "database_service", "queue_service", "manager_service"


@dataclass(frozen=True)
class Layout:
    name: str
    databases: tuple[str, ...]
    brokers: tuple[str, ...]
    managers: tuple[str, ...]

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.databases, *self.brokers, *self.managers)))

    def services(self, host: str) -> tuple[str, ...]:
        """In the order of installation."""
        tiers = ((DATABASE, self.databases), (QUEUE, self.brokers), (MANAGER, self.managers))
        return tuple(service for service, members in tiers if host in members)


def layout_of(name: str, version: Version, hosts: Sequence[str] = ()) -> Layout:
    counts = {"single": 1, "compact": 3, "nine": 9}
    if name not in counts:
        raise ValueError(f"a layout is one of {', '.join(counts)}, not {name}")
    found = tuple(hosts) or tuple(f"h{n + 1}" for n in range(counts[name]))
    if version.generation == "active_standby":
        return Layout(name, (), (), found)
    if name == "nine":
        third = len(found) // 3
        return Layout(name, found[:third], found[third : 2 * third], found[2 * third :])
    if name == "compact" and not version.config_option:
        text = "has no -c, so that a host has one configuration only: take layout nine"
        raise ValueError(f"{version.name} {text}")
    return Layout(name, found, found, found)


__all__ = ["DATABASE", "MANAGER", "QUEUE", "Layout", "layout_of"]
