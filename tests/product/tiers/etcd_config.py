# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""etcd's configuration and what its API answers. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from product.tiers import places
from product.tiers.settings import DatabaseSettings, etcd_name


@dataclass(frozen=True)
class Member:
    id: str
    name: str
    address: str
    # a member that was added and has never been seen has no clients' address yet
    started: bool


def peer_url(address: str) -> str:
    return f"https://{address}:{places.PEER_PORT}"


def client_url(address: str) -> str:
    return f"https://{address}:{places.CLIENT_PORT}"


def members(answer: Mapping[str, Any]) -> list[Member]:
    """From GET /v2/members."""
    return [
        Member(
            id=str(item["id"]),
            name=str(item.get("name") or ""),
            address=_host(item["peerURLs"][0]),
            started=bool(item.get("clientURLs")),
        )
        for item in answer.get("members", ())
    ]


def _host(url: str) -> str:
    return url.partition("://")[2].rpartition(":")[0]


def initial_cluster(addresses: Sequence[str]) -> str:
    return ",".join(f"{etcd_name(a)}={peer_url(a)}" for a in addresses)


def environment(
    settings: DatabaseSettings, *, state: str = "new", addresses: Sequence[str] = ()
) -> dict[str, str]:
    """`state` is existing for a node that joins; the addresses are then those that the cluster has."""
    ip = settings.private_ip
    return {
        "ETCD_NAME": settings.etcd_name,
        "ETCD_DATA_DIR": places.ETCD_DATA,
        "ETCD_LISTEN_PEER_URLS": peer_url(ip),
        "ETCD_LISTEN_CLIENT_URLS": f"{client_url('localhost')},{client_url(ip)}",
        "ETCD_INITIAL_ADVERTISE_PEER_URLS": peer_url(ip),
        "ETCD_ADVERTISE_CLIENT_URLS": client_url(ip),
        "ETCD_INITIAL_CLUSTER": initial_cluster(addresses or settings.nodes),
        "ETCD_INITIAL_CLUSTER_STATE": state,
        "ETCD_INITIAL_CLUSTER_TOKEN": settings.cluster_token,
        "ETCD_CERT_FILE": places.ETCD_CERT,
        "ETCD_KEY_FILE": places.ETCD_KEY,
        "ETCD_PEER_CERT_FILE": places.ETCD_CERT,
        "ETCD_PEER_KEY_FILE": places.ETCD_KEY,
        "ETCD_PEER_TRUSTED_CA_FILE": places.ETCD_CA,
        # the product's Patroni and its own commands speak the second version of the API
        "ETCD_ENABLE_V2": "true",
        "ETCD_LOGGER": "zap",
        "ETCD_LOG_OUTPUTS": "stderr",
    }


def config_text(values: Mapping[str, str]) -> str:
    """A file that a shell reads."""
    quoted = {k: v.replace("'", '"').replace("\\", "/") for k, v in values.items()}
    return "".join(f"{k}='{v}'\n" for k, v in quoted.items())


__all__ = [
    "Member",
    "client_url",
    "config_text",
    "environment",
    "initial_cluster",
    "members",
    "peer_url",
]
