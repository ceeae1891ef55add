# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Whether to wait for the end. When V(false), the module returns as soon as the manager has
        accepted the request.
    type: bool
    default: true
  wait_interval:
    description:
      - Seconds between two looks at the manager.
    type: float
    default: 0.5
"""
