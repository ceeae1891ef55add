# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""etcd as its members tell it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from product.errors import ClusteringError
from product.tiers import etcd_config, patroni_config
from product.tiers.etcd_config import Member, client_url
from product.tiers.http import Answer, Client, all_at_once

LEADER = f"{patroni_config.NAMESPACE}{patroni_config.SCOPE}/leader"
INITIALIZE = f"{patroni_config.NAMESPACE}{patroni_config.SCOPE}/initialize"


@dataclass
class Etcd:
    client: Client
    addresses: Sequence[str]

    def healthy(self, address: str) -> bool:
        """Whether this member takes part in a cluster that has a leader."""
        answer = self.client.ask(f"{client_url(address)}/health", timeout=4)
        return bool(answer and answer.status == 200 and _field(answer, "health") == "true")

    def state(self, address: str) -> str:
        """StateLeader | StateFollower | StateCandidate, or empty: does not answer."""
        answer = self.client.ask(f"{client_url(address)}/v2/stats/self")
        return str(_field(answer, "state")) if answer and answer.status == 200 else ""

    def members(self) -> list[Member] | None:
        """As the first healthy member lists them; None where there is none."""
        for address in self._healthy_first():
            answer = self.client.ask(f"{client_url(address)}/v2/members")
            if answer and answer.status == 200:
                return etcd_config.members(answer.body)
        return None

    def value(self, key: str) -> str | None:
        """What the cluster agrees on; None where there is no such key."""
        url = f"/v2/keys{quote(key)}?quorum=true"
        for address in self._healthy_first():
            answer = self.client.ask(f"{client_url(address)}{url}")
            if answer and answer.status == 404:
                return None
            if answer and answer.status == 200:
                return str(answer.body["node"]["value"])
        return None

    def add(self, address: str) -> str:
        """Empty, or why not."""
        url = etcd_config.peer_url(address)
        said = "no member of the cluster answers"
        for member in self._healthy_first():
            answer = self.client.ask(
                f"{client_url(member)}/v2/members", method="POST", body={"peerURLs": [url]}
            )
            if answer and answer.status == 201:
                return ""
            if answer:
                said = _message(answer)
        return said

    def remove(self, member_id: str) -> None:
        said = "no member of the cluster answers"
        for member in self._healthy_first():
            answer = self.client.ask(
                f"{client_url(member)}/v2/members/{member_id}", method="DELETE", timeout=10
            )
            if answer and answer.status == 204:
                return
            if answer:
                said = _message(answer)
        raise ClusteringError(f"etcd did not remove member {member_id}: {said}")

    def _healthy_first(self) -> list[str]:
        answers = all_at_once(self.healthy, self.addresses)
        return [address for address in self.addresses if answers[address]]


def _field(answer: Answer, name: str) -> Any:
    return answer.body.get(name, "") if isinstance(answer.body, dict) else ""


def _message(answer: Answer) -> str:
    return str(_field(answer, "message") or answer.body)


__all__ = ["INITIALIZE", "LEADER", "Etcd"]
