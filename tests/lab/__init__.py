# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts that are machines of their own, in a corner of this one."""

from __future__ import annotations

from .commands import LabError
from .host import Host
from .lab import Lab, attach

__all__ = ("Host", "Lab", "LabError", "attach")
