# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the database tier keeps what, as in the product."""

from __future__ import annotations

ETCD_CONFIG = "/etc/etcd/etcd.conf"
ETCD_CERT = "/etc/etcd/etcd.crt"
ETCD_KEY = "/etc/etcd/etcd.key"
ETCD_CA = "/etc/etcd/ca.crt"
ETCD_DATA = "/var/lib/etcd"
ETCD_LOG = "/var/log/cloudify/db_cluster/etcd"

PATRONI_CONFIG = "/etc/patroni.conf"
PATRONI_HOME = "/var/lib/patroni"
PATRONI_DATA = "/var/lib/patroni/data"
PATRONI_REST_CERT = "/var/lib/patroni/rest.crt"
PATRONI_REST_KEY = "/var/lib/patroni/rest.key"
PATRONI_DB_CERT = "/var/lib/patroni/db.crt"
PATRONI_DB_KEY = "/var/lib/patroni/db.key"
PATRONI_CA = "/var/lib/patroni/ca.crt"
PATRONI_PGPASS = "/var/lib/patroni/pgpass"
PATRONI_LOG = "/var/log/cloudify/db_cluster/patroni"
POSTGRES_LOG = "/var/log/cloudify/db_cluster/postgres"
# Debian's programs where the product has its own
PATRONI_PROGRAMS = "/opt/patroni/bin"

# What really runs, whatever version the product calls it.
POSTGRES_HOME = "/var/lib/postgresql"
POSTGRES_PROGRAMS = "/usr/lib/postgresql/15/bin"

REST_PORT = 8008
CLIENT_PORT = 2379
PEER_PORT = 2380
POSTGRES_PORT = 5432


def single_data(version: str) -> str:
    """The data directory of a database without a cluster."""
    return f"/var/lib/pgsql/{version}/data"


def patroni_base_config(version: str) -> str:
    """Settings that Patroni's PostgreSQL includes."""
    return f"{single_data(version)}/pg_patroni_base.conf"


def single_service(version: str) -> str:
    return f"postgresql-{version}"
