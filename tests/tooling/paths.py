# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where things are. Whatever the tooling writes is outside the repository."""

from __future__ import annotations

import os
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
NAMESPACE, NAME = "cloudify_ha", "recovery"
CACHE = (
    Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / f"{NAMESPACE}.{NAME}"
).absolute()
REQUIREMENTS = REPO / "tests" / "tooling" / "requirements"

__all__ = ("CACHE", "NAME", "NAMESPACE", "REPO", "REQUIREMENTS")
