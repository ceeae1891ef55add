# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Patroni as its members tell it, over REST: its own command line exits with 0 whatever happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from product.tiers import places
from product.tiers.http import Answer, Client


def rest_url(address: str) -> str:
    return f"https://{address}:{places.REST_PORT}"


@dataclass
class Patroni:
    client: Client
    addresses: Sequence[str]

    def status(self, address: str) -> dict[str, Any]:
        """What a node says of itself; empty where it does not answer."""
        answer = self.client.ask(rest_url(address))
        return answer.body if answer and isinstance(answer.body, dict) else {}

    def primary(self, address: str) -> bool:
        answer = self.client.ask(f"{rest_url(address)}/primary")
        return bool(answer and answer.status == 200)

    def members(self, address: str) -> list[dict[str, Any]]:
        """The cluster in this node's view, which is an old one on a node that is cut off."""
        answer = self.client.ask(f"{rest_url(address)}/cluster")
        if not answer or not isinstance(answer.body, dict):
            return []
        return list(answer.body.get("members", ()))

    def dynamic(self, address: str) -> dict[str, Any]:
        """The settings that all nodes share."""
        answer = self.client.ask(f"{rest_url(address)}/config")
        return answer.body if answer and answer.status == 200 else {}

    def change(self, address: str, settings: dict[str, Any]) -> bool:
        answer = self.client.ask(f"{rest_url(address)}/config", method="PATCH", body=settings)
        return bool(answer and answer.status == 200)

    def wake(self, address: str, *, loop_wait: int) -> None:
        """A node that is told settings, even those that it has, looks around at once."""
        self.change(address, {"loop_wait": loop_wait})

    def post(self, address: str, action: str, body: dict[str, Any], *, timeout: float) -> Answer:
        """switchover | reinitialize | restart."""
        url = f"{rest_url(address)}/{action}"
        answer = self.client.ask(url, method="POST", body=body, timeout=timeout)
        return answer or Answer(0, f"{url} does not answer")


__all__ = ["Patroni", "rest_url"]
