# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""REST resources by subject; importing a module registers its routes."""

from __future__ import annotations

import importlib

SUBJECTS = (
    "system",
    "topology",
    "maintenance",
    "snapshots",
    "transfers",
    "executions",
    "content",
    "secrets",
    "placement",
    "schedules",
    "summary",
    "management",
    "tokens",
    "making",
    "cluster",
)


def load() -> None:
    for name in SUBJECTS:
        importlib.import_module(f"standin.routes.{name}")
