# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Patroni's and PostgreSQL's configuration, with the product's settings. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from product.tiers import places
from product.tiers.settings import DatabaseSettings
from product.tiers.tuning import Tuning

SCOPE = "postgres"
NAMESPACE = "/db/"
# The lab's hosts have no other, and share one machine's memory.
LOCALE = "C.UTF-8"
SHARED_BUFFERS = "32MB"


def hba_address(address: str) -> str:
    return f"{address}/{128 if ':' in address else 32}"


def node_hba(address: str) -> list[str]:
    """What a node may do in the databases of the others."""
    where = hba_address(address)
    return [
        f"hostssl all postgres {where} md5",
        f"hostssl replication replicator {where} md5",
    ]


def hba(settings: DatabaseSettings) -> list[str]:
    lines: list[str] = []
    for address in settings.nodes:
        lines += node_hba(address)
    verified = " clientcert=verify-full" if settings.client_verification else ""
    lines.append("hostssl replication replicator 127.0.0.1/32 md5")
    lines.append(f"hostssl all all 0.0.0.0/0 md5{verified}")
    lines.append(f"hostssl all all ::0/0 md5{verified}")
    return lines


def with_node(lines: list[str], address: str) -> list[str]:
    """The lines with those of one more node, which come first as PostgreSQL takes the first that fits."""
    return [line for line in node_hba(address) if line not in lines] + lines


def without_node(lines: list[str], address: str) -> list[str]:
    where = f" {hba_address(address)} "
    return [line for line in lines if where not in line]


def patroni(settings: DatabaseSettings, *, base_config: str, tuning: Tuning) -> dict[str, Any]:
    ip = settings.private_ip
    verified = {"sslmode": "verify-full", "sslrootcert": places.PATRONI_CA}
    return {
        "scope": SCOPE,
        "namespace": NAMESPACE,
        "name": settings.patroni_name,
        "log": {"dir": places.PATRONI_LOG},
        "restapi": {
            "listen": f"{ip}:{places.REST_PORT}",
            "connect_address": f"{ip}:{places.REST_PORT}",
            "authentication": {
                "username": settings.rest_user,
                "password": settings.rest_password,
            },
            "cafile": places.PATRONI_CA,
            "certfile": places.PATRONI_REST_CERT,
            "keyfile": places.PATRONI_REST_KEY,
        },
        "bootstrap": {
            "dcs": {
                "ttl": tuning.ttl,
                "loop_wait": tuning.loop_wait,
                "retry_timeout": tuning.retry_timeout,
                "maximum_lag_on_failover": 0,
                "synchronous_mode": True,
                "synchronous_mode_strict": True,
                "check_timeline": True,
                "postgresql": {
                    "pg_hba": hba(settings),
                    "parameters": {
                        # not the product's data directory: a replica is a copy of that with the
                        # leader's lock file, and small process ids are the same on all hosts
                        "unix_socket_directories": "/var/run/postgresql",
                        "synchronous_commit": "on",
                        "ssl": "on",
                        "ssl_ca_file": places.PATRONI_CA,
                        "ssl_cert_file": places.PATRONI_DB_CERT,
                        "ssl_key_file": places.PATRONI_DB_KEY,
                        "ssl_ciphers": "HIGH",
                    },
                },
            },
            "initdb": [{"encoding": "UTF8"}, {"locale": LOCALE}, "data-checksums"],
        },
        "postgresql": {
            "listen": f"{ip}:{places.POSTGRES_PORT}",
            "connect_address": f"{ip}:{places.POSTGRES_PORT}",
            "bin_dir": places.POSTGRES_PROGRAMS,
            "data_dir": places.PATRONI_DATA,
            "pgpass": places.PATRONI_PGPASS,
            "custom_conf": base_config,
            "authentication": {
                "replication": {
                    "username": "replicator",
                    "password": settings.replicator_password,
                    **verified,
                },
                "superuser": {
                    "username": "postgres",
                    "password": settings.postgres_password,
                    **verified,
                },
            },
            # a new replica need not wait for the leader's next checkpoint
            "basebackup": [{"checkpoint": "fast"}],
            "use_pg_rewind": True,
            "remove_data_directory_on_rewind_failure": True,
            "remove_data_directory_on_diverged_timelines": True,
        },
        "tags": {
            "nofailover": False,
            "noloadbalance": False,
            "clonefrom": False,
            "nosync": False,
        },
        "etcd": {
            "hosts": [f"{ip}:{places.CLIENT_PORT}"],
            "protocol": "https",
            "cacert": places.ETCD_CA,
            "username": "patroni",
            "password": settings.etcd_patroni_password,
        },
        # hosts of the lab have no such device
        "watchdog": {"mode": "off"},
    }


def patroni_text(config: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(config), default_flow_style=False, sort_keys=False)


def _parameters(**more: str) -> str:
    values = {
        "log_destination": "'stderr'",
        "logging_collector": "on",
        "log_filename": "'postgresql-%a.log'",
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "'1d'",
        "log_rotation_size": "0",
        "log_line_prefix": "'< %m >'",
        "log_timezone": "'UTC'",
        "timezone": "'UTC'",
        "datestyle": "'iso, mdy'",
        "shared_buffers": f"'{SHARED_BUFFERS}'",
        # a replica begins before the leader has a slot for it, and would try again after 5 s
        "wal_retrieve_retry_interval": "'500ms'",
        **more,
    }
    return "".join(f"{k} = {v}\n" for k, v in values.items())


def base_config_text() -> str:
    """What PostgreSQL under Patroni includes."""
    return _parameters(log_directory=f"'{places.POSTGRES_LOG}'")


def single_config_text(settings: DatabaseSettings, *, remote: bool, data: str) -> str:
    more = {"unix_socket_directories": "'/var/run/postgresql'"}
    if remote:
        more["listen_addresses"] = f"'{settings.private_ip},localhost'"
    if settings.ssl_enabled:
        more["ssl"] = "on"
        for name in ("ca", "cert", "key"):
            file = {"ca": "root.crt", "cert": "server.crt", "key": "server.key"}[name]
            more[f"ssl_{name}_file"] = f"'{data}/{file}'"
    return _parameters(**more)


def single_hba_text(settings: DatabaseSettings, *, remote: bool) -> str:
    lines = [
        "local all postgres peer",
        "local all all md5",
        "host all all 127.0.0.1/32 md5",
        "host all all ::1/128 md5",
    ]
    if settings.ssl_enabled:
        verified = " clientcert=verify-full" if settings.client_verification else ""
        lines.append(f"hostssl all all 0.0.0.0/0 md5{verified}")
    elif remote:
        lines.append("host all all 0.0.0.0/0 md5")
    return "\n".join(lines) + "\n"


__all__ = [
    "NAMESPACE",
    "SCOPE",
    "base_config_text",
    "hba",
    "hba_address",
    "node_hba",
    "patroni",
    "patroni_text",
    "single_config_text",
    "single_hba_text",
    "with_node",
    "without_node",
]
