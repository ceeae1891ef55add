# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of the ssl directory; each test is one trap of one group of versions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from product import x509
from product.tests.node import Node, authority, certificate

NewNode = Callable[[str], Node]
ONE = x509.fingerprint(authority("one").certificate)
TWO = x509.fingerprint(authority("two").certificate)
ALL = ("4.5.5", "vnfm", "5.0.5", "5.1.0", "5.1.1", "5.2", "6.4", "7.0.0", "7.0.5")
REMOVE_LEAVES = ("4.5.5", "5.0.5", "5.1.0", "5.1.1", "5.2")
RENAMING = ("6.4", "7.0.0", "7.0.5")


@pytest.mark.parametrize("version", ALL)
def test_first_install_takes_what_is_configured(node: NewNode, version: str) -> None:
    host = node(version)
    host.write_config({"ssl_inputs": host.inputs()})
    assert host.cfy("install") == 0
    assert host.ca == ONE
    assert x509.signed_by(host.ssl("cloudify_external_cert.pem"), authority("one").certificate)


@pytest.mark.parametrize("version", ALL)
def test_nothing_configured_makes_a_ca(node: NewNode, version: str) -> None:
    host = node(version)
    assert host.cfy("install") == 0
    assert host.ca not in (ONE, TWO)
    assert x509.signed_by(host.ssl("cloudify_internal_cert.pem"), host.ssl())


@pytest.mark.parametrize("version", ("4.5.5", "vnfm"))
def test_4x_install_empties_the_directory_that_the_sources_are_in(
    node: NewNode, version: str
) -> None:
    """And says nothing: validation passes, and a new CA is made."""
    host = node(version)
    host.write_config({"ssl_inputs": host.inputs("/etc/cloudify/ssl")})
    host.write("/etc/cloudify/ssl/of-the-operator", "gone")
    assert host.cfy("install") == 0
    assert host.ca != ONE
    assert not host.at("/etc/cloudify/ssl/of-the-operator").exists()


def test_4x_handles_certificates_on_the_first_install_only(node: NewNode) -> None:
    host = node("4.5.5")
    host.write_config({"ssl_inputs": host.inputs()})
    assert host.cfy("install") == 0
    host.write_config({"ssl_inputs": host.inputs("/root/new", ca="two")})
    assert host.cfy("install") == 0
    assert host.ca == ONE
    assert host.cfy("install", "--clean-db") == 0
    assert host.ca == TWO


@pytest.mark.parametrize("version", ("5.0.5", "5.1.0"))
def test_what_is_there_wins(node: NewNode, version: str) -> None:
    host = node(version)
    host.write_config({"ssl_inputs": host.inputs()})
    assert host.cfy("install") == 0
    assert host.remove() == 0
    host.write_config({"ssl_inputs": host.inputs("/root/new", ca="two")})
    assert host.cfy("install") == 0
    assert host.ca == ONE


@pytest.mark.parametrize("version", ("5.1.1", "5.2"))
def test_another_key_is_deployed_and_a_renewed_certificate_is_not(
    node: NewNode, version: str
) -> None:
    host = node(version)
    host.write_config({"ssl_inputs": host.inputs()})
    assert host.cfy("install") == 0
    renewed = x509.make("CA one", ca=True, key=authority("one").key)
    inputs = host.inputs()
    host.put("/root/ssl", "cloudify_internal_ca", renewed)
    host.write_config({"ssl_inputs": inputs})
    assert host.cfy("install") == 0
    assert host.ca == ONE
    host.write_config({"ssl_inputs": host.inputs("/root/new", ca="two")})
    assert host.cfy("install") == 0
    assert host.ca == TWO


@pytest.mark.parametrize("version", RENAMING)
def test_configured_certificates_are_deployed(node: NewNode, version: str) -> None:
    host = node(version)
    assert host.cfy("install") == 0
    host.write_config({"ssl_inputs": host.inputs(ca="two")})
    assert host.cfy("install") == 0
    assert host.ca == TWO
    renewed = x509.make("CA two", ca=True, key=authority("two").key)
    host.put("/root/ssl", "cloudify_internal_ca", renewed)
    assert host.cfy("install") == 0
    assert host.ssl() == renewed.certificate


@pytest.mark.parametrize("version", REMOVE_LEAVES)
def test_remove_leaves_the_directory(node: NewNode, version: str) -> None:
    host = node(version)
    host.write_config({"ssl_inputs": host.inputs()})
    assert host.cfy("install") == 0
    assert host.remove() == 0
    assert host.ca == ONE


@pytest.mark.parametrize("version", RENAMING)
def test_remove_renames_every_file_also_those_of_other_services(
    node: NewNode, version: str
) -> None:
    host = node(version)
    host.write_config({"ssl_inputs": host.inputs()})
    assert host.cfy("install") == 0
    host.write("/etc/cloudify/ssl/rabbitmq-cert.pem", "of the broker on this host")
    host.write("/etc/cloudify/ssl/20200101-000000_old", "stays")
    assert host.remove() == 0
    names = {p.name for p in host.at("/etc/cloudify/ssl").iterdir()}
    assert all(n[0].isdigit() for n in names)
    assert "20200101-000000_old" in names
    assert any(n.endswith("_rabbitmq-cert.pem") for n in names)


@pytest.mark.parametrize("version", RENAMING)
def test_paths_into_the_directory_are_refused_after_a_removal(node: NewNode, version: str) -> None:
    host = node(version)
    host.write_config({"ssl_inputs": host.inputs("/etc/cloudify/ssl")})
    assert host.cfy("install") == 0
    assert host.ca == ONE
    assert host.remove() == 0
    assert host.cfy("install") == 1
    assert "does not exist: /etc/cloudify/ssl" in host.log


@pytest.mark.parametrize("version", ("5.0.5", "7.0.5"))
def test_modes(node: NewNode, version: str) -> None:
    host = node(version)
    assert host.cfy("install") == 0
    folder = host.at("/etc/cloudify/ssl")
    assert (folder / "cloudify_internal_cert.pem").stat().st_mode & 0o777 == 0o444
    assert (folder / "cloudify_internal_key.pem").stat().st_mode & 0o777 == 0o440


@pytest.mark.parametrize("version", ALL)
def test_a_key_of_another_certificate_is_refused(node: NewNode, version: str) -> None:
    host = node(version)
    inputs = host.inputs()
    _path, inputs["internal_key_path"] = host.put("/root/ssl", "other", certificate("other"))
    host.write_config({"ssl_inputs": inputs})
    assert host.cfy("install") == 1
    assert "does not match certificate" in host.log


def test_a_ca_without_its_key_needs_an_internal_certificate(node: NewNode) -> None:
    host = node("7.0.5")
    inputs = host.inputs()
    host.write_config({"ssl_inputs": {"ca_cert_path": inputs["ca_cert_path"]}})
    assert host.cfy("install") == 1
    del inputs["ca_key_path"]
    host.write_config({"ssl_inputs": inputs})
    # nothing can sign an external certificate then, so that is given too
    assert host.cfy("validate") == 0


@pytest.mark.parametrize("version", ("7.0.0", "7.0.5"))
def test_7x_refuses_an_external_certificate_for_an_address(node: NewNode, version: str) -> None:
    host = node(version)
    cert, key = host.put("/root/ssl", "external", certificate("external"))
    inputs = {**host.inputs(), "external_cert_path": cert, "external_key_path": key}
    host.write_config({"ssl_inputs": inputs})
    assert host.cfy("install") == 1
    host.write_config({"ssl_inputs": inputs, "manager": {"public_ip": "m1.test"}})
    assert host.cfy("install") == 0


def test_7x_wants_every_address_in_the_internal_certificate(node: NewNode) -> None:
    host = node("7.0.5")
    host.write_config({"ssl_inputs": host.inputs(), "networks": {"default": "10.9.9.9"}})
    assert host.cfy("install") == 1
    assert "10.9.9.9" in host.log
