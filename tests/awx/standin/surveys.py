# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a survey may be, and what may be answered to it."""

from __future__ import annotations

import copy
from typing import Any

ENCRYPTED = "$encrypted$"


def shown(spec: dict[str, Any]) -> dict[str, Any]:
    out = copy.deepcopy(spec)
    for question in out.get("spec", ()):
        if question.get("type") == "password" and question.get("default"):
            question["default"] = ENCRYPTED
    return out


def check(spec: dict[str, Any], before: dict[str, Any]) -> None:
    """Refuse what AWX refuses. Raises ApiError."""
