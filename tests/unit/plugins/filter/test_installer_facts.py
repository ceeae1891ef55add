# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What roles are told of an installer: the filter installer_facts."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.cloudify_ha.recovery.plugins.filter.installer_facts import FilterModule

installer_facts = FilterModule().filters()["installer_facts"]
DIRECTORY = {
    "installed": "/etc/cloudify/.installed/manager_service",
    "configured": "/etc/cloudify/.configured/manager_service",
}


@pytest.mark.parametrize(
    ("version", "arguments", "marker"),
    [
        ("4.5.5", ["-f"], "/etc/cloudify/.install"),
        ("5.0.0", ["-f"], "/etc/cloudify/.installed"),
        ("5.0.5", [], "/etc/cloudify/.installed"),
        ("5.1.0", [], DIRECTORY["installed"]),
        ("6.2.0", [], DIRECTORY["installed"]),
        ("6.3.0", [], DIRECTORY["installed"]),
        ("7.0.5", [], DIRECTORY["installed"]),
    ],
)
def test_how_a_version_is_removed(version: str, arguments: list[str], marker: str) -> None:
    facts = installer_facts(version)
    assert facts["remove_arguments"] == arguments
    assert facts["markers"]["manager"]["installed"] == marker


def test_each_service_has_a_marker_of_its_own_from_5_1_on() -> None:
    markers = installer_facts("5.1.0")["markers"]
    assert markers["manager"] == DIRECTORY
    assert markers["broker"]["configured"] == "/etc/cloudify/.configured/queue_service"
    assert markers["database"]["installed"] == "/etc/cloudify/.installed/database_service"


@pytest.mark.parametrize(
    ("version", "option", "path"),
    [
        ("4.5.5", "ssl_inputs.ca_cert_path", "/etc/cloudify/ssl/cloudify_internal_ca_cert.pem"),
        ("4.5.5", "rabbitmq.ca_path", None),
        ("5.0.5", "rabbitmq.ca_path", "/etc/cloudify/ssl/rabbitmq-ca.pem"),
        ("5.0.5", "prometheus.cert_path", None),
        ("5.1.0", "prometheus.cert_path", "/etc/cloudify/ssl/monitoring_cert.pem"),
        ("6.4.0", "ssl_inputs.postgresql_superuser_client_key_path", None),
        (
            "7.0.0",
            "ssl_inputs.postgresql_superuser_client_key_path",
            "/etc/cloudify/ssl/postgresql_su.key",
        ),
    ],
)
def test_what_a_manager_makes_of_an_option(version: str, option: str, path: str | None) -> None:
    assert installer_facts(version)["certificates"]["manager"].get(option) == path


def test_a_database_keeps_its_certificates_elsewhere() -> None:
    of_database = installer_facts("7.0.5")["certificates"]["database"]
    assert of_database["postgresql_server.key_path"] == "/var/lib/patroni/db.key"


@pytest.mark.parametrize(
    ("version", "built_on"), [("1.0", "4.5.5"), ("1.3.0", "4.5.5"), ("4.5.5", "4.5.5")]
)
def test_vnf_manager_1_is_built_on_the_first_generation(version: str, built_on: str) -> None:
    facts = installer_facts(version, "vnfm")
    assert (facts["version"], facts["generation"]) == (built_on, "active_standby")
    assert facts["configs"] == ["/home/admin/config.yaml", "/etc/cloudify/config.yaml"]


@pytest.mark.parametrize("version", ["2.0.2", "3.0.0", "4.0.0"])
def test_nobody_knows_what_later_ones_are_built_on(version: str) -> None:
    with pytest.raises(AnsibleFilterError, match="is not known: give that version instead"):
        installer_facts(version, "vnfm")


@pytest.mark.parametrize("version", ["", None])
def test_without_a_version_it_says_what_to_set(version: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match="set cloudify_version"):
        installer_facts(version)


def test_what_is_no_version_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="not a version"):
        installer_facts("latest")
