# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the files of the event source are, and the programs that it is tried with."""

from __future__ import annotations

import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
EDA = REPO / "extensions" / "eda"
SOURCE = EDA / "plugins" / "event_source" / "cluster_health.py"
SUPERVISE = SOURCE.parent / "cloudify_ha_watch" / "supervise.py"
BIN = Path(sys.executable).parent
