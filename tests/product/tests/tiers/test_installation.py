# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What install, configure and remove leave on a host of each version."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from product import x509
from product.config import merged
from product.tests.node import Node, authority, certificate
from product.tests.tiers.configs import broker, database
from product.versions import VERSIONS

NewNode = Callable[[str], Node]
ALL_ACTIVE = [v.name for v in VERSIONS.values() if v.clustered_tiers]
STAGE = "/root/ssl"


def tier(node: Node, service: str, config: dict[str, Any]) -> Node:
    """The operator's files for one tier."""
    x509.write(certificate(), node.at(f"{STAGE}/node.crt"), node.at(f"{STAGE}/node.key"))
    node.write(f"{STAGE}/ca.crt", authority().certificate)
    pair = {f"{k}_path": f"{STAGE}/{v}" for k, v in (("ca", "ca.crt"), ("cert", "node.crt"))}
    prometheus = {**pair, "key_path": f"{STAGE}/node.key"}
    base = {"services_to_install": [service], "prometheus": prometheus}
    node.write_config(merged(base, config))
    return node


def services(node: Node) -> dict[str, str]:
    """Name -> state."""
    found = json.loads(node.at("/services.json").read_text())
    return {name: about["state"] for name, about in found.items()}


@pytest.mark.parametrize("version", ALL_ACTIVE)
def test_a_database_node(node: NewNode, version: str) -> None:
    host = tier(node(version), "database_service", database())
    assert host.cfy("install") == 0
    own = certificate()
    ca = authority().certificate
    for path, text, mode in (
        ("/etc/etcd/etcd.crt", own.certificate, 0o444),
        ("/etc/etcd/etcd.key", own.key, 0o400),
        ("/etc/etcd/ca.crt", ca, 0o444),
        ("/var/lib/patroni/rest.crt", own.certificate, 0o444),
        ("/var/lib/patroni/rest.key", own.key, 0o400),
        ("/var/lib/patroni/db.crt", own.certificate, 0o444),
        ("/var/lib/patroni/db.key", own.key, 0o400),
        ("/var/lib/patroni/ca.crt", ca, 0o444),
    ):
        assert host.at(path).read_text() == text
        assert host.at(path).stat().st_mode & 0o777 == mode
    assert "of-rest" in host.at("/etc/patroni.conf").read_text()
    assert host.at("/etc/patroni.conf").stat().st_mode & 0o777 == 0o640
    running = services(host)
    assert (running["etcd"], running["patroni"]) == ("active", "active")
    assert host.remove() == 0
    for path in ("/etc/etcd", "/var/lib/etcd", "/var/lib/patroni", "/etc/patroni.conf"):
        assert not host.at(path).exists()
    assert not {"etcd", "patroni"} & set(services(host))
    # once more, with nothing there
    host.remove()


def test_the_database_is_not_in_the_ssl_directory(node: NewNode) -> None:
    host = tier(node("7.0.5"), "database_service", database())
    assert host.cfy("install") == 0
    found = host.at("/etc/cloudify").rglob("ssl/*")
    assert not [p for p in found if not p.name.startswith("monitoring")]


@pytest.mark.parametrize("version", ALL_ACTIVE)
def test_a_broker(node: NewNode, version: str) -> None:
    host = tier(node(version), "queue_service", broker(join_cluster="h2"))
    assert host.cfy("install") == 0
    ssl = host.at("/etc/cloudify/ssl")
    assert (ssl / "rabbitmq-cert.pem").read_text() == certificate().certificate
    assert (ssl / "rabbitmq-key.pem").read_text() == certificate().key
    assert (ssl / "rabbitmq-ca.pem").read_text() == authority().certificate
    assert (ssl / "rabbitmq-key.pem").stat().st_mode & 0o777 == 0o440
    cookie = host.at("/var/lib/rabbitmq/.erlang.cookie")
    assert (cookie.read_text(), cookie.stat().st_mode & 0o777) == ("of-erlang", 0o400)
    text = host.at("/etc/cloudify/rabbitmq/rabbitmq.config").read_text()
    assert '"/etc/cloudify/ssl/rabbitmq-cert.pem"' in text
    # a broker that joins takes users from the others
    assert not host.at("/etc/cloudify/rabbitmq/definitions.json").exists()
    assert services(host)["cloudify-rabbitmq"] == "active"
    assert host.remove() == 0
    for path in ("/var/lib/rabbitmq", "/etc/rabbitmq", "/etc/cloudify/rabbitmq"):
        assert not host.at(path).exists()


@pytest.mark.parametrize("version", ALL_ACTIVE)
def test_a_broker_that_is_configured_again_forgets_all_before_7_0(
    node: NewNode, version: str
) -> None:
    host = tier(node(version), "queue_service", broker())
    assert host.cfy("install") == 0
    host.write("/var/lib/rabbitmq/mnesia/rabbit@h1/queues", "of a user")
    assert host.cfy("configure") == 0
    kept = host.at("/var/lib/rabbitmq/mnesia/rabbit@h1/queues").exists()
    assert kept == (VERSIONS[version].release >= (7,))


def test_a_lone_broker_makes_up_what_it_needs(node: NewNode) -> None:
    alone = broker(
        erlang_cookie="", cert_path="", key_path="", ca_path="", cluster_members={}, nodename=""
    )
    host = tier(node("7.0.5"), "queue_service", alone)
    assert host.cfy("install") == 0
    cookie = host.at("/var/lib/rabbitmq/.erlang.cookie").read_text()
    assert len(cookie) == 64
    assert host.at("/etc/cloudify/ssl/rabbitmq-cert.pem").exists()
    assert host.cfy("configure") == 0
    assert host.at("/var/lib/rabbitmq/.erlang.cookie").read_text() == cookie


@pytest.mark.parametrize(
    ("version", "data"), [("6.4", "/var/lib/pgsql/9.5/data"), ("7.0.5", "/var/lib/pgsql/14/data")]
)
def test_a_single_database(node: NewNode, version: str, data: str) -> None:
    config = {"postgresql_server": {"postgres_password": "p"}}
    host = tier(node(version), "database_service", config)
    assert host.cfy("install") == 0
    assert "include = 'cloudify-postgresql.conf'" in host.at(f"{data}/postgresql.conf").read_text()
    assert services(host)[f"postgresql-{data.split('/')[4]}"] == "active"
    assert host.cfy("configure") == 0
    text = host.at(f"{data}/postgresql.conf").read_text()
    assert text.count("cloudify-postgresql.conf") == 1
    assert host.remove() == 0
    assert not host.at(data).exists()


def test_missing_certificates_of_a_database_node(node: NewNode) -> None:
    host = tier(node("7.0.5"), "database_service", database(key_path="/root/nothing"))
    assert host.cfy("install") == 1
    assert not host.at("/etc/etcd").exists()
