# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One host: a machine with systemd as its first process, its own disk, address and identity."""

from __future__ import annotations

from .inside import Inside
from .power import Power
from .wiring import Wiring


class Host(Power, Wiring, Inside):
    def reset(self) -> None:
        """Undo whatever was done to it, but for what is on its disk."""
        if self.state == "paused":
            self.unpause()
        self.plain_cable()
        self.free_disk()
        self.set_clock(0)
        self.up()


__all__ = ("Host",)
