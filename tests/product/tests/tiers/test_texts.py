# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that etcd, Patroni, PostgreSQL and RabbitMQ read."""

from __future__ import annotations

import base64
import hashlib
import json

import yaml

from product.tests.tiers.configs import broker, database
from product.tiers import etcd_config, patroni_config, rabbit_config
from product.tiers.settings import broker_settings, database_settings
from product.tiers.tuning import Tuning

SETTINGS = database_settings(database(), private_ip="10.0.0.1")
# The product's own, whose meaning the runbooks rely on.
SHARED = {
    "ttl": 30,
    "loop_wait": 10,
    "retry_timeout": 10,
    "maximum_lag_on_failover": 0,
    "synchronous_mode": True,
    "synchronous_mode_strict": True,
    "check_timeline": True,
}


def test_etcd_of_a_first_and_of_a_joining_node() -> None:
    first = etcd_config.environment(SETTINGS)
    assert first["ETCD_INITIAL_CLUSTER_STATE"] == "new"
    assert first["ETCD_INITIAL_CLUSTER"] == ",".join(
        f"etcd10_0_0_{n}=https://10.0.0.{n}:2380" for n in (1, 2, 3)
    )
    assert first["ETCD_INITIAL_CLUSTER_TOKEN"] == "of-cluster"
    joining = etcd_config.environment(
        SETTINGS, state="existing", addresses=["10.0.0.7", "10.0.0.1"]
    )
    assert joining["ETCD_INITIAL_CLUSTER_STATE"] == "existing"
    assert joining["ETCD_INITIAL_CLUSTER"].count("=") == 2


def test_what_a_shell_would_trip_over_is_replaced_as_in_the_product() -> None:
    assert etcd_config.config_text({"A": "it's\\x", "B": "2"}) == "A='it\"s/x'\nB='2'\n"


def test_members_of_etcd() -> None:
    known = {
        "id": "a1",
        "name": "etcd10_0_0_1",
        "peerURLs": ["https://10.0.0.1:2380"],
        "clientURLs": ["https://10.0.0.1:2379"],
    }
    added = {"id": "b2", "name": "", "peerURLs": ["https://[fd00::2]:2380"]}
    one, other = etcd_config.members({"members": [known, added]})
    assert (one.id, one.address, one.started) == ("a1", "10.0.0.1", True)
    assert (other.address, other.started) == ("[fd00::2]", False)


def test_patroni_has_the_products_settings() -> None:
    config = patroni_config.patroni(SETTINGS, base_config="/base.conf", tuning=Tuning())
    found = yaml.safe_load(patroni_config.patroni_text(config))
    shared = found["bootstrap"]["dcs"]
    assert {k: shared[k] for k in SHARED} == SHARED
    assert shared["postgresql"]["parameters"]["synchronous_commit"] == "on"
    postgresql = found["postgresql"]
    assert postgresql["use_pg_rewind"]
    assert postgresql["remove_data_directory_on_rewind_failure"]
    assert postgresql["remove_data_directory_on_diverged_timelines"]
    assert postgresql["authentication"]["replication"]["password"] == "of-replicator"
    assert postgresql["authentication"]["superuser"]["password"] == "of-postgres"
    assert found["restapi"]["authentication"] == {"username": "rest", "password": "of-rest"}
    assert found["etcd"]["hosts"] == ["10.0.0.1:2379"]
    assert (found["scope"], found["namespace"], found["name"]) == ("postgres", "/db/", "pg10_0_0_1")


def test_a_lab_may_be_quicker() -> None:
    config = patroni_config.patroni(SETTINGS, base_config="/x", tuning=Tuning(ttl=15, loop_wait=5))
    assert config["bootstrap"]["dcs"]["ttl"] == 15


def test_who_is_let_in() -> None:
    lines = patroni_config.hba(SETTINGS)
    assert all(line.startswith("hostssl ") for line in lines)
    for address in SETTINGS.nodes:
        assert f"hostssl replication replicator {address}/32 md5" in lines
    more = patroni_config.with_node(lines, "10.0.0.4")
    assert len(more) == len(lines) + 2
    assert patroni_config.with_node(more, "10.0.0.4") == more
    assert patroni_config.without_node(more, "10.0.0.4") == lines
    # 10.0.0.1 is not 10.0.0.11
    other = patroni_config.with_node(lines, "10.0.0.11")
    assert "hostssl all postgres 10.0.0.11/32 md5" in patroni_config.without_node(other, "10.0.0.1")
    assert patroni_config.hba_address("fd00::1") == "fd00::1/128"


def test_clients_may_be_made_to_show_a_certificate() -> None:
    strict = database_settings(database(ssl_client_verification=True), private_ip="10.0.0.1")
    assert "hostssl all all 0.0.0.0/0 md5 clientcert=verify-full" in patroni_config.hba(strict)


def test_a_single_database_with_and_without_tls() -> None:
    plain = patroni_config.single_hba_text(SETTINGS, remote=False)
    assert "0.0.0.0/0" not in plain
    assert "host all all 0.0.0.0/0 md5" in patroni_config.single_hba_text(SETTINGS, remote=True)
    secure = database_settings(database(ssl_enabled=True), private_ip="10.0.0.1")
    hba = patroni_config.single_hba_text(secure, remote=True)
    assert "hostssl all all 0.0.0.0/0 md5" in hba
    assert "\nhost all all 0.0.0.0/0" not in hba
    text = patroni_config.single_config_text(secure, remote=True, data="/data")
    assert "ssl_key_file = '/data/server.key'" in text
    assert "listen_addresses = '10.0.0.1,localhost'" in text


def test_rabbitmq_speaks_tls_only_and_pauses_minorities() -> None:
    text = rabbit_config.config_text(
        ca="/ca", cert="/cert", key="/key", definitions=True, tuning=Tuning(net_ticktime=10)
    )
    assert "{cluster_partition_handling, pause_minority}" in text
    assert "{tcp_listeners, []}" in text
    assert "{ssl_listeners, [5671]}" in text
    assert "{net_ticktime, 10}" in text
    assert text.count('{cacertfile, "/ca"}, {certfile, "/cert"}, {keyfile, "/key"}') == 2
    assert "load_definitions" in text
    joining = rabbit_config.config_text(ca="", cert="", key="", definitions=False, tuning=Tuning())
    assert "load_definitions" not in joining
    for sign in ("[]", "{}"):
        assert text.count(sign[0]) == text.count(sign[1])


def test_the_brokers_user_is_in_its_definitions() -> None:
    policy = {"name": "ha", "expression": "^x", "policy": {"ha-mode": "all"}}
    settings = broker_settings(broker(policies=[policy]), hostname="h1")
    found = json.loads(rabbit_config.definitions_text(settings))
    salted = base64.b64decode(found["users"][0]["password_hash"])
    assert salted[4:] == hashlib.sha256(salted[:4] + b"of-rabbit").digest()
    assert found["users"][0]["name"] == "cloudify"
    assert found["policies"][0]["definition"] == {"ha-mode": "all"}
    assert "guest" not in json.dumps(found)


def test_long_names_are_told_to_the_command_line_too() -> None:
    config = broker(nodename="h1.lab.test", use_long_name=True)
    text = rabbit_config.environment_text(broker_settings(config, hostname="h1"))
    assert "NODENAME=rabbit@h1.lab.test\nUSE_LONGNAME=true\n" in text
