# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every ansible-core that the collection supports, and the Pythons that each one runs on."""

from __future__ import annotations

from dataclasses import dataclass

from .pythons import Python


@dataclass(frozen=True)
class Core:
    name: str
    release: str
    pythons: tuple[str, ...]  # the best first


CORES = (
    Core("2.16", "2.16.19", ("3.11", "3.12", "3.10")),
    Core("2.17", "2.17.14", ("3.11", "3.12", "3.10")),
    Core("2.18", "2.18.19", ("3.11", "3.12", "3.13")),
    Core("2.19", "2.19.14", ("3.11", "3.12", "3.13")),
    Core("2.20", "2.20.10", ("3.12", "3.13", "3.14")),
    Core("2.21", "2.21.5", ("3.13", "3.12", "3.14")),
)


def present(pythons: dict[str, Python]) -> dict[Core, Python]:
    """The cores that this machine can run, each with its Python."""
    chosen: dict[Core, Python] = {}
    for core in CORES:
        for version in core.pythons:
            if version in pythons:
                chosen[core] = pythons[version]
                break
    return chosen


def missing(pythons: dict[str, Python]) -> dict[Core, str]:
    """The cores that it cannot, each with the reason."""
    chosen = present(pythons)
    return {
        core: f"none of Python {', '.join(sorted(core.pythons))} is here"
        for core in CORES
        if core not in chosen
    }


__all__ = ("CORES", "Core", "missing", "present")
