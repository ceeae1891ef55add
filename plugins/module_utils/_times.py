# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

from __future__ import annotations

import datetime
import time


def utc(seconds: float) -> str:
    """A time, as the manager writes it: UTC, whole seconds, with a C(Z)."""
    at = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def utc_now() -> str:
    """Now, in the same way."""
    return utc(time.time())


__all__ = ("utc", "utc_now")
