# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every request that was made, for tests that ask what a run did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Entry:
    method: str
    path: str
    query: list[tuple[str, str]]
    # The document that was sent, secrets in clear.
    body: Any
    status: int
    answer: Any
    user: str

    @property
    def mutating(self) -> bool:
        """Whether it may have changed what somebody made; logging in and out does not count."""
        return self.method in ("POST", "PUT", "PATCH", "DELETE") and "/tokens/" not in self.path

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"
