# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configurations of three hosts, as the product's own files have them."""

from __future__ import annotations

from typing import Any

ADDRESSES = {"h1": "10.0.0.1", "h2": "10.0.0.2", "h3": "10.0.0.3"}


def database(**changes: Any) -> dict[str, Any]:
    """The section of a cluster's node; changes replace its keys."""
    return {
        "postgresql_server": {
            "postgres_password": "of-postgres",
            "cert_path": "/root/ssl/node.crt",
            "key_path": "/root/ssl/node.key",
            "ca_path": "/root/ssl/ca.crt",
            "cluster": {
                "nodes": {name: {"ip": address} for name, address in ADDRESSES.items()},
                "etcd": {
                    "cluster_token": "of-cluster",
                    "root_password": "of-etcd-root",
                    "patroni_password": "of-etcd-patroni",
                },
                "patroni": {"rest_user": "rest", "rest_password": "of-rest"},
                "postgres": {"replicator_password": "of-replicator"},
            },
            **changes,
        }
    }


def broker(**changes: Any) -> dict[str, Any]:
    members = {name: {"networks": {"default": ip}} for name, ip in ADDRESSES.items()}
    return {
        "rabbitmq": {
            "username": "cloudify",
            "password": "of-rabbit",
            "cert_path": "/root/ssl/node.crt",
            "key_path": "/root/ssl/node.key",
            "ca_path": "/root/ssl/ca.crt",
            "nodename": "h1",
            "erlang_cookie": "of-erlang",
            "join_cluster": "",
            "cluster_members": members,
            **changes,
        }
    }


__all__ = ["ADDRESSES", "broker", "database"]
