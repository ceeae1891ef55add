# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of a saved configuration: the filters tier_configs and install_configs."""

from __future__ import annotations

import typing as t

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.cloudify_ha.recovery.plugins.filter import install_configs, tier_configs
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._installer import facts_of

CONFIG = "/etc/cloudify/config.yaml"
DB, RABBIT, MANAGER = (
    f"/etc/cloudify/{name}_config.yaml" for name in ("db", "rabbitmq", "manager")
)
SSL = "/etc/cloudify/ssl"
STAGE = "/opt/cloudify-recovery/h1"
ALL = {
    f"{SSL}/{name}"
    for name in (
        *("cloudify_internal_ca_cert.pem", "cloudify_internal_ca_key.pem"),
        *("cloudify_internal_cert.pem", "cloudify_internal_key.pem"),
        *(
            "cloudify_external_ca_cert.pem",
            "cloudify_external_cert.pem",
            "cloudify_external_key.pem",
        ),
        *("rabbitmq-ca.pem", "rabbitmq-cert.pem", "rabbitmq-key.pem", "postgresql_ca.crt"),
        *("monitoring_ca_cert.pem", "monitoring_cert.pem", "monitoring_key.pem"),
    )
}
PATRONI = {f"/var/lib/patroni/{name}" for name in ("ca.crt", "db.crt", "db.key", "rest.crt")}


def text(services: list[str] | None = None, **more: t.Any) -> str:
    config = dict(more)
    if services is not None:
        config["services_to_install"] = [f"{name}_service" for name in services]
    return yaml.safe_dump(config)


def configs(
    texts: dict[str, t.Any], version: str = "7.0.5", command: str = "cfy"
) -> dict[str, str]:
    filters = tier_configs.FilterModule().filters()
    return filters["tier_configs"](texts, facts_of(version, command=command))


def prepare(
    config: dict[str, t.Any] | str,
    tiers: tuple[str, ...] = ("manager",),
    *,
    version: str = "7.0.5",
    files: t.Collection[str] = ALL,
    **options: t.Any,
) -> dict[str, t.Any]:
    options.setdefault("admin_password", "typed")
    found = install_configs.FilterModule().filters()["install_configs"](
        {CONFIG: config if isinstance(config, str) else yaml.safe_dump(config)},
        configs=dict.fromkeys(tiers, CONFIG),
        tiers=tiers,
        facts=facts_of(version),
        files=files,
        stage=STAGE,
        **options,
    )
    return found[CONFIG]


# -- which configuration is for which tier ---------------------------------------------------------


def test_a_host_with_a_file_for_each_tier() -> None:
    packaged = text(["database", "queue", "manager", "monitoring"])
    texts = {
        CONFIG: packaged,
        DB: text(["database", "monitoring"]),
        RABBIT: text(["queue", "monitoring"]),
        MANAGER: text(["manager", "monitoring"]),
        "/etc/cloudify/license.yaml": "license: {}",
        "/etc/cloudify/notes.yaml": "- a list",
        "/etc/cloudify/broken.yaml": "a: b: c",
    }
    assert configs(texts) == {"database": DB, "broker": RABBIT, "manager": MANAGER}


def test_a_host_with_one_file_for_one_tier() -> None:
    assert configs({CONFIG: text(["queue"])}) == {"broker": CONFIG}


def test_a_file_that_nobody_has_edited_installs_everything() -> None:
    assert configs({CONFIG: ""}) == dict.fromkeys(("database", "broker", "manager"), CONFIG)


def test_before_5_1_there_is_one_file() -> None:
    texts = {CONFIG: text(["database"]), DB: text(["manager"])}
    assert configs(texts, "5.0.5") == {"database": CONFIG}


def test_of_the_first_generation_everything_is_a_manager() -> None:
    assert configs({CONFIG: text(["database", "queue", "manager"])}, "4.5.5") == {"manager": CONFIG}


def test_the_file_in_the_home_comes_first_for_vnfm() -> None:
    texts = {CONFIG: "a: 1", "/home/admin/config.yaml": "a: 2"}
    assert configs(texts, "1.3.0", "vnfm") == {"manager": "/home/admin/config.yaml"}
    assert configs(texts, "4.5.5") == {"manager": CONFIG}


def test_no_file_at_all() -> None:
    assert configs({}) == {}
    assert configs({}, "4.5.5") == {}


def test_a_damaged_one_before_5_1_is_named() -> None:
    with pytest.raises(AnsibleFilterError, match="config.yaml is no YAML"):
        configs({CONFIG: "a: b: c"}, "5.0.5")


# -- certificates ------------------------------------------------------------------------------------


def test_paths_lead_to_the_stage_wherever_they_led_before() -> None:
    for before in ("", f"{SSL}/cloudify_internal_ca_cert.pem", "/tmp/gone/ca.pem", None):
        done = prepare({"ssl_inputs": {"ca_cert_path": before}})
        staged = f"{STAGE}{SSL}/cloudify_internal_ca_cert.pem"
        assert done["config"]["ssl_inputs"]["ca_cert_path"] == staged
        assert not done["missing"]


def test_a_certificate_that_the_product_made_is_configured_too() -> None:
    done = prepare({}, version="4.5.5")
    inputs = done["config"]["ssl_inputs"]
    assert inputs["internal_key_path"] == f"{STAGE}{SSL}/cloudify_internal_key.pem"
    assert f"{SSL}/cloudify_internal_key.pem" in done["proves"]


def test_a_database_gets_its_own_from_where_it_had_them() -> None:
    done = prepare({"postgresql_server": {"cert_path": "/x"}}, ("database",), files=ALL | PATRONI)
    server = done["config"]["postgresql_server"]
    assert server["cert_path"] == f"{STAGE}/var/lib/patroni/db.crt"
    assert server["ca_path"] == f"{STAGE}/var/lib/patroni/ca.crt"
    assert "ssl_inputs" not in done["config"]


def test_a_single_database_has_them_elsewhere() -> None:
    files = {f"/var/lib/pgsql/{v}/data/server.crt" for v in ("14", "9.5")}
    done = prepare({}, ("database",), files=files)
    found = done["config"]["postgresql_server"]["cert_path"]
    assert found == f"{STAGE}/var/lib/pgsql/9.5/data/server.crt"


def test_one_file_for_all_tiers_takes_the_databases_own() -> None:
    done = prepare({}, ("manager", "broker", "database"), version="5.0.5", files=ALL | PATRONI)
    assert done["config"]["postgresql_server"]["ca_path"] == f"{STAGE}/var/lib/patroni/ca.crt"
    assert done["config"]["rabbitmq"]["key_path"] == f"{STAGE}{SSL}/rabbitmq-key.pem"


@pytest.mark.parametrize(
    ("version", "public", "given"),
    [
        ("7.0.5", "10.0.0.1", False),
        ("7.0.5", "fd00::1", False),
        ("7.0.5", "manager.example.com", True),
        ("6.4.0", "10.0.0.1", True),
    ],
)
def test_7_x_refuses_an_external_certificate_for_an_address(
    version: str, public: str, given: bool
) -> None:
    before = {"external_cert_path": "/x", "external_key_path": "/y"}
    config = {"manager": {"public_ip": public}, "ssl_inputs": before}
    done = prepare(config, version=version)
    inputs = done["config"]["ssl_inputs"]
    assert bool(inputs["external_cert_path"]) == given
    assert bool(inputs["external_key_path"]) == given
    assert (f"{SSL}/cloudify_external_cert.pem" in done["proves"]) == given
    assert inputs["external_ca_cert_path"]
    assert not done["missing"]


def test_what_is_named_and_nowhere_is_missing() -> None:
    done = prepare({"ssl_inputs": {"postgresql_client_cert_path": "/tmp/client.crt"}})
    assert done["missing"] == [
        "ssl_inputs.postgresql_client_cert_path names /tmp/client.crt, which is not saved"
    ]


def test_what_the_operator_had_named_may_be_saved_itself() -> None:
    done = prepare(
        {"restservice": {"ldap": {"ca_cert": "/root/ldap.crt"}}}, files={"/root/ldap.crt"}
    )
    assert done["config"]["restservice"]["ldap"]["ca_cert"] == f"{STAGE}/root/ldap.crt"
    assert done["uses"] == ["/root/ldap.crt"]
    assert done["proves"] == []


def test_a_key_of_a_ca_can_be_done_without() -> None:
    done = prepare({"prometheus": {"ca_key_path": "/tmp/ca.key"}})
    assert done["config"]["prometheus"]["ca_key_path"] == ""
    assert done["warnings"] and not done["missing"]


@pytest.mark.parametrize(
    ("files", "license", "path", "warned"),
    [
        ((), "", "", True),
        (("/etc/cloudify/license.yaml",), "", f"{STAGE}/etc/cloudify/license.yaml", False),
        ((), "/stage/license.yaml", "/stage/license.yaml", False),
    ],
)
def test_the_license(files: tuple[str, ...], license: str, path: str, warned: bool) -> None:
    config = {"manager": {"cloudify_license_path": "/etc/cloudify/license.yaml"}}
    done = prepare(config, files=files, license=license)
    assert done["config"]["manager"]["cloudify_license_path"] == path
    assert bool(done["warnings"]) == warned


# -- passwords ---------------------------------------------------------------------------------------


def test_a_removed_password_is_put_back() -> None:
    hidden = {"postgresql_client": {"server_password": "<removed>"}}
    assert prepare(hidden, version="5.2.0")["missing"] == [
        "postgresql_client.server_password, which the product has removed from its own file"
    ]
    own = {**hidden, "postgresql_server": {"postgres_password": "own"}}
    other = text(["database"], postgresql_server={"postgres_password": "theirs"})
    for config, options, wanted in (
        (hidden, {"database_password": "typed"}, "typed"),
        (own, {}, "own"),
        (own, {"database_password": "typed"}, "typed"),
        (hidden, {"other_configs": ["", "- x", other]}, "theirs"),
    ):
        done = prepare(config, version="5.2.0", **options)
        assert done["config"]["postgresql_client"]["server_password"] == wanted
        assert not done["missing"]


def test_a_broker_needs_no_password_of_the_database() -> None:
    hidden = {"postgresql_client": {"server_password": "<removed>"}}
    assert not prepare(hidden, ("broker",), version="5.2.0")["missing"]


def test_another_removed_value_is_missing() -> None:
    assert prepare({"rabbitmq": {"password": "<removed>"}})["missing"]


def test_the_administrator_has_the_password_that_is_in_use() -> None:
    config = {"manager": {"security": {"admin_password": "old"}}}
    security = prepare(config)["config"]["manager"]["security"]
    assert security["admin_password"] == "typed"
    kept = prepare(config, admin_password="")["config"]["manager"]["security"]
    assert kept["admin_password"] == "old"


def test_a_manager_that_joins_needs_a_password() -> None:
    assert "administrator" in prepare({}, admin_password="")["missing"][0]
    # the first generation makes one up
    assert not prepare({}, version="4.5.5", admin_password="")["missing"]


# -- the cluster -------------------------------------------------------------------------------------

MEMBERS = {"cluster_members": {"h1": {}, "h2": {}}, "join_cluster": "rabbit@h9"}


@pytest.mark.parametrize("join", ["", "rabbit@h2"])
def test_a_broker_joins_who_is_named_and_nobody_else(join: str) -> None:
    done = prepare({"rabbitmq": MEMBERS}, ("broker",), join_broker=join)
    assert done["config"]["rabbitmq"]["join_cluster"] == join


def test_a_manager_and_a_lone_broker_join_no_broker() -> None:
    done = prepare({"rabbitmq": MEMBERS}, ("manager",), join_broker="rabbit@h2")
    assert done["config"]["rabbitmq"]["join_cluster"] == "rabbit@h9"
    done = prepare({"rabbitmq": {}}, ("broker",), join_broker="rabbit@h2")
    assert "join_cluster" not in done["config"]["rabbitmq"]


@pytest.mark.parametrize(
    ("nodes", "told"),
    [
        ({"db2": {"ip": "10.0.0.2"}, "db1": {"ip": "10.0.0.1"}}, ["db1", "db2"]),
        ({}, []),
        (None, []),
        ("nonsense", []),
    ],
)
def test_the_databases_that_a_cluster_began_with(nodes: t.Any, told: list[str]) -> None:
    config = {"postgresql_server": {"cluster": {"nodes": nodes}}}
    assert prepare(config, ("database",))["databases"] == told
    assert prepare({"postgresql_server": {"cluster": None}}, ("database",))["databases"] == []


def test_overrides_come_last() -> None:
    more = {"manager": {"security": {"admin_password": "mine"}}, "networks": {"default": "x"}}
    done = prepare({"manager": {"hostname": "h1"}, "networks": {"a": "b"}}, overrides=more)
    assert done["config"]["manager"] == {"hostname": "h1", "security": {"admin_password": "mine"}}
    assert done["config"]["networks"] == {"a": "b", "default": "x"}


def test_the_saved_configuration_stays_as_it_is() -> None:
    config = {"manager": {"security": {}}, "ssl_inputs": {"ca_cert_path": "/a"}}
    before = yaml.safe_dump(config)
    install_configs.install_configs(
        {CONFIG: config},
        configs={"manager": CONFIG},
        tiers=["manager"],
        facts=facts_of("7.0.5"),
        files=ALL,
        stage=STAGE,
        admin_password="x",
    )
    assert yaml.safe_dump(config) == before


@pytest.mark.parametrize("wrong", ["a: b: c", "- 1"])
def test_what_is_no_configuration_is_refused(wrong: str) -> None:
    with pytest.raises(AnsibleFilterError, match=r"config.yaml is no"):
        prepare(wrong)
