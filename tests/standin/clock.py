# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times as the product writes them."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone

#: Seconds that the clock is ahead, in the environment: archives have dates, and what follows from them depends on the day.
OFFSET = "STANDIN_CLOCK_OFFSET"


def utcnow() -> datetime:
    ahead = timedelta(seconds=float(os.environ.get(OFFSET) or 0))
    return datetime.now(timezone.utc) + ahead


def iso(when: datetime | None = None) -> str:
    when = (when or utcnow()).astimezone(timezone.utc)
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}Z"


def parse(text: str) -> datetime:
    """Read any of the forms that clients and the product use."""
    text = text.strip().replace(" ", "T")
    if text.endswith("Z"):
        text = text[:-1] + "+00:00"
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=timezone.utc)


__all__ = ["OFFSET", "iso", "parse", "timedelta", "utcnow"]
