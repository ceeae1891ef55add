# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Markers, the configuration, options and exit codes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from product.tests.node import Node

NewNode = Callable[[str], Node]
REWRITING = ("4.5.5", "5.0.5", "5.1.0", "5.1.1", "5.2")


def test_markers(node: NewNode) -> None:
    found = {}
    for version in ("4.5.5", "5.0.5", "5.1.0", "7.0.5"):
        host = node(version)
        assert host.cfy("install") == 0
        folder = host.at("/etc/cloudify")
        hidden = [p for p in folder.rglob(".*") if p.name != ".ssh"]
        found[version] = {
            str(p.relative_to(folder))
            for h in hidden
            for p in ([h] if h.is_file() else h.iterdir())
        }
        assert host.remove() == 0
        assert not [p for p in folder.glob(".[ci]*") if p.name != ".ssh"]
    one = ".installed/manager_service"
    lists = {".installed/components.yaml", ".installed/packages.yaml"}
    assert found["4.5.5"] == {".install"}
    assert found["5.0.5"] == {".installed", ".configured"}
    assert found["5.1.0"] == found["7.0.5"] == {one, ".configured/manager_service", *lists}


@pytest.mark.parametrize("version", REWRITING)
def test_the_configuration_is_written_back(node: NewNode, version: str) -> None:
    host = node(version)
    host.write_config(
        {
            "ssl_inputs": host.inputs(),
            "postgresql_client": {"server_password": "of-postgres"},
            "manager": {"security": {"admin_password": ""}},
        }
    )
    assert host.cfy("install") == 0
    written = host.config()
    assert written["ssl_inputs"]["ca_cert_path"].startswith("/etc/cloudify/ssl/")
    assert written["manager"]["security"]["admin_password"]
    hidden = written["postgresql_client"]["server_password"]
    assert hidden == ("of-postgres" if version == "4.5.5" else "<removed>")


@pytest.mark.parametrize("version", ("6.4", "7.0.5"))
def test_later_versions_leave_it_alone(node: NewNode, version: str) -> None:
    host = node(version)
    host.write_config({"ssl_inputs": host.inputs()})
    before = host.config()
    assert host.cfy("install") == 0
    assert host.config() == before


def test_force_is_required_deprecated_and_gone(node: NewNode) -> None:
    for version, without, with_it in (
        ("4.5.5", 1, 0),
        ("5.2", 0, 0),
        ("6.4", 0, 2),
        ("7.0.5", 0, 2),
    ):
        host = node(version)
        for words, code in ((("remove",), without), (("remove", "-f"), with_it)):
            assert host.cfy("install") == 0
            assert host.cfy(*words) == code, (version, words)


def test_clean_db_is_gone_in_6_4(node: NewNode) -> None:
    assert node("6.4").cfy("install", "--clean-db") == 2
    assert node("5.2").cfy("install", "--clean-db") == 0


def test_several_configurations_are_merged_and_lie_below_etc_cloudify(node: NewNode) -> None:
    host = node("7.0.5")
    host.write_config({"manager": {"private_ip": ""}}, name="manager_config.yaml")
    host.write_config({"manager": {"private_ip": "10.0.0.7"}}, name="more.yaml")
    assert host.cfy("install", "-c", "manager_config.yaml") == 1
    files = ("-c", "manager_config.yaml", "-c", "/etc/cloudify/more.yaml")
    assert host.cfy("install", *files) == 0
    host.write("/root/config.yaml", "{}")
    assert host.cfy("install", "-c", "/root/config.yaml") == 1
    assert "must start with /etc/cloudify" in host.log
    assert node("5.0.5").cfy("install", "-c", "config.yaml") == 2


def test_commands_want_the_configuration_of_this_host(node: NewNode) -> None:
    host = node("7.0.5")
    assert host.cfy("start") == 1
    host.write_config({}, name="manager_config.yaml")
    host.write_config({"services_to_install": ["queue_service"]})
    assert host.cfy("install", "-c", "manager_config.yaml") == 0
    assert host.cfy("stop") == 1
    assert "do not match configured services" in host.log
    assert host.cfy("stop", "-c", "manager_config.yaml") == 0
    assert host.services()["nginx"]["state"] == "inactive"
    assert host.cfy("start", "-c", "manager_config.yaml") == 0
    assert host.services()["nginx"]["state"] == "active"


def test_components_by_name(node: NewNode) -> None:
    host = node("7.0.5")
    assert host.cfy("install") == 0
    assert host.cfy("stop", "restservice") == 0
    assert host.services()["cloudify-restservice"]["state"] == "inactive"
    assert host.cfy("start", "postgresql_server") == 0
    assert host.services()["cloudify-restservice"]["state"] == "inactive"
    assert host.cfy("start", "no_such") == 1


def test_4x_refuses_commands_on_a_member_of_a_cluster(node: NewNode) -> None:
    host = node("4.5.5")
    assert host.cfy("install") == 0
    host.write("/etc/cloudify/cluster", "")
    for words in (("configure",), ("start",), ("stop", "-f"), ("restart", "-f")):
        assert host.cfy(*words) == 1
    assert "not allowed on a cluster node" in host.log
    assert host.cfy("remove", "-f") == 0
    assert not host.at("/etc/cloudify/cluster").exists()


def test_4x_another_admin_password_needs_clean_db(node: NewNode) -> None:
    host = node("4.5.5")
    assert host.cfy("install", "-a", "first") == 0
    assert host.cfy("install", "-a", "second") == 1
    assert host.cfy("install", "-a", "second", "--clean-db") == 0
    assert "--password second" in host.services()["cloudify-restservice"]["command"]


def test_remove_may_run_twice(node: NewNode) -> None:
    for version in ("4.5.5", "5.0.5", "6.4", "7.0.5"):
        host = node(version)
        assert host.cfy("install") == 0
        assert host.remove() == 0
        assert host.services() == {}
        assert not host.at("/opt/manager").exists()
        assert host.remove() == 0
    assert "No components to remove" in host.log


def test_vnfm_reads_the_file_in_the_home_directory(node: NewNode) -> None:
    host = node("vnfm")
    host.write("/home/admin/config.yaml", "manager: {private_ip: 10.0.0.3, public_ip: 10.0.0.3}\n")
    assert host.cfy("install") == 0
    assert "--private-ip 10.0.0.3" in host.services()["cloudify-restservice"]["command"]
    assert host.config()["manager"]["private_ip"] == "10.0.0.3"


def test_services_by_version(node: NewNode) -> None:
    names = {}
    for version in ("4.5.5", "5.0.5", "5.2", "7.0.5"):
        host = node(version)
        assert host.cfy("install") == 0
        names[version] = set(host.services())
    assert {"cloudify-rabbitmq", "postgresql-9.5"} <= names["4.5.5"]
    assert {"haproxy", "cloudify-status-reporter"} <= names["5.0.5"]
    assert "cloudify-execution-scheduler" in names["5.2"] - names["5.0.5"]
    assert "cloudify-api" in names["7.0.5"] - names["5.2"]


def test_an_unknown_option_is_a_usage_error_and_an_error_is_1(node: NewNode) -> None:
    host = node("7.0.5")
    assert host.cfy("install", "--no-such") == 2
    assert host.cfy("validate", "--private-ip", "10.0.0.1") == 0
    host.write_config({"services_to_install": ["no_service"]})
    assert host.cfy("install") == 1
    assert "ValidationError: services_to_install" in host.log


def test_work_is_written_down(node: NewNode) -> None:
    host = node("7.0.5")
    assert host.cfy("install") == 0
    lines = host.at("/var/log/cloudify/standin-work.jsonl").read_text().splitlines()
    assert any('"step": "manager_service.configure"' in line for line in lines)


def test_a_test_certificate(node: NewNode) -> None:
    host = node("7.0.5")
    assert host.cfy("generate-test-cert", "-s", "10.0.0.1,m1") == 0
    folder = host.at("/root/.cloudify-test-ca")
    assert {p.name for p in folder.iterdir()} == {
        "ca.crt",
        "ca.key",
        "10.0.0.1.crt",
        "10.0.0.1.key",
    }
