# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create, join, be known already: what an install makes of the shared database."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from product.tests.node import Node
from product.tests.registers import Registers

NewNode = Callable[[str], Node]
ALL_ACTIVE = ("5.0.5", "5.1.0", "5.1.1", "5.2", "6.4", "7.0.5")


def shared(registers: Registers, version: str, *, revision: str = "") -> None:
    """Another manager of this version is there already."""
    from product.versions import VERSIONS
    from standin.profiles import PROFILES

    registers.revision = revision or PROFILES[VERSIONS[version].profile].schema_revision
    registers.rows["m0"] = {"private_ip": "10.0.0.9"}


@pytest.mark.parametrize("version", ALL_ACTIVE)
def test_the_first_creates_and_the_next_joins(
    node: NewNode, registers: Registers, version: str
) -> None:
    host = node(version)
    assert host.cfy("install") == 0
    assert list(registers.rows) == ["m1"]
    registers.rows = {}
    shared(registers, version)
    host.remove()
    host.write_config({"ssl_inputs": host.inputs()})
    assert host.cfy("install") == 0
    assert sorted(registers.rows) == ["m0", "m1"]
    assert registers.dropped == 0


@pytest.mark.parametrize("version", ("5.0.5", "5.1.0", "5.2"))
def test_clean_db_drops_what_everybody_shares(
    node: NewNode, registers: Registers, version: str
) -> None:
    host = node(version)
    shared(registers, version)
    host.write_config({"ssl_inputs": host.inputs()})
    assert host.cfy("install", "--clean-db") == 0
    assert registers.dropped == 1
    assert list(registers.rows) == ["m1"]


@pytest.mark.parametrize("version", ("5.0.5", "7.0.5"))
def test_a_database_without_managers_is_filled(
    node: NewNode, registers: Registers, version: str
) -> None:
    host = node(version)
    shared(registers, version)
    registers.rows = {}
    assert host.cfy("install") == 0
    assert list(registers.rows) == ["m1"]


def test_another_revision_cannot_join(node: NewNode, registers: Registers) -> None:
    host = node("7.0.5")
    shared(registers, "7.0.5", revision="older")
    host.write_config({"ssl_inputs": host.inputs()})
    assert host.cfy("install") == 1
    assert "schema revision older" in host.log
    assert list(registers.rows) == ["m0"]


@pytest.mark.parametrize(
    ("version", "left"), [("5.0.5", False), ("5.1.0", False), ("5.1.1", True), ("7.0.5", True)]
)
def test_a_join_that_fails_its_checks_may_leave_its_row(
    node: NewNode, registers: Registers, version: str, left: bool
) -> None:
    """And the next try is then a reconfiguration that needs no certificates at all."""
    host = node(version)
    shared(registers, version)
    assert host.cfy("install") == 1
    assert ("m1" in registers.rows) is left
    assert host.cfy("install") == (0 if left else 1)


@pytest.mark.parametrize("version", ALL_ACTIVE)
def test_a_registered_hostname_is_no_join(
    node: NewNode, registers: Registers, version: str
) -> None:
    host = node(version)
    shared(registers, version)
    registers.rows["m1"] = {"private_ip": "10.0.0.66"}
    # no certificates, which a join would need
    assert host.cfy("install") == 0
    updated = registers.rows["m1"]["private_ip"] == "10.0.0.1"
    skipped = "Manager found in DB. Skipping DB configuration" in host.log
    assert (updated, skipped) == ((False, True) if version in ("5.0.5", "5.1.0") else (True, False))


def test_a_configuration_that_was_written_back_has_no_password(
    node: NewNode, registers: Registers
) -> None:
    host = node("5.2")
    host.write_config({"postgresql_client": {"server_password": "of-postgres"}})
    assert host.cfy("install") == 0
    assert host.remove() == 0
    assert host.cfy("install") == 1
    assert "password authentication failed" in host.log


def test_remove_leaves_the_register_alone(node: NewNode, registers: Registers) -> None:
    host = node("7.0.5")
    assert host.cfy("install") == 0
    assert host.remove() == 0
    assert list(registers.rows) == ["m1"]


def test_brokers_are_registered(node: NewNode, registers: Registers) -> None:
    host = node("7.0.5")
    members = {"b1": {"networks": {"default": "10.0.0.21"}}}
    host.write_config({"rabbitmq": {"cluster_members": members}})
    assert host.cfy("install") == 0
    assert registers.brokers == [
        {"name": "b1", "host": "10.0.0.21", "port": 5671, "networks": {"default": "10.0.0.21"}}
    ]
