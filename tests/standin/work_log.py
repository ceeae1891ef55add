# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The installer's log of what the product itself did. Snapshot workflows and joins are in it, too."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from standin.manager import Manager


def tell(manager: Manager, step: str, began: float) -> None:
    """One line for what ends now; nothing where no installer keeps such a log."""
    path = (manager.cluster.settings if manager.cluster else {}).get("work_log")
    if not path:
        return
    line = {
        "step": step,
        "started": round(began, 3),
        "ended": round(time.time(), 3),
        "host": manager.hostname,
        "version": manager.profile.version,
    }
    with Path(path).open("a") as stream:
        stream.write(json.dumps(line) + "\n")


__all__ = ["tell"]
