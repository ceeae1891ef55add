# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can happen to a host's cable. It stays so when the host is switched off and on; a fresh one has a new cable."""

from __future__ import annotations

from . import network
from .machine import Machine


class Wiring(Machine):
    def cut(self) -> None:
        """Nobody reaches it, the controller neither."""
        self.must_exist()
        network.cut(self.name)

    def heal(self) -> None:
        self.must_exist()
        network.heal(self.name)

    def isolate(self) -> None:
        """Its peers do not reach it; the controller does."""
        self.must_exist()
        network.isolate(self.name)

    def block(self, other: Machine | str) -> None:
        """What it sends to the other one is lost; one way."""
        self.must_exist()
        network.block(self.name, getattr(other, "name", str(other)))

    def rejoin(self) -> None:
        """Undo isolate, and block from it and to it."""
        self.must_exist()
        network.rejoin(self.name)

    def slow(self, kbit: int | None = None) -> None:
        """As many kbit/s in each direction; None: no limit."""
        self.must_exist()
        network.slow(self.name, kbit)

    def delay(self, milliseconds: float = 0) -> None:
        """Each frame is late by that much, in each direction."""
        self.must_exist()
        self.cable.set(delay=milliseconds)

    def lose(self, percent: float = 0) -> None:
        """So many of a hundred frames are lost, in each direction."""
        self.must_exist()
        self.cable.set(loss=percent)

    def plain_cable(self) -> None:
        """Undo all of these."""
        self.must_exist()
        self.cable.remove()
        network.heal(self.name)
        network.rejoin(self.name)
        network.slow(self.name, None)


__all__ = ("Wiring",)
