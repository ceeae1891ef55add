# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin: one manager, up, down and forgotten; and what the options do."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from playbooks.conftest import PASSWORD
from playbooks.inventory import PLUGIN, Source, squeezed
from standin.testing import StandIn

TIERS = ("cloudify_managers", "cloudify_brokers", "cloudify_databases")


@pytest.fixture
def manager(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[StandIn]:
    profile = getattr(request, "param", "7.0.5")
    with StandIn(profile=profile, state=tmp_path / "manager", password=PASSWORD) as started:
        yield started


@pytest.fixture
def source(manager: StandIn, tmp_path: Path) -> Source:
    return Source(tmp_path / "inventory", manager)


@pytest.mark.smoke
@pytest.mark.parametrize("manager", ["7.0.5", "4.5.5"], indirect=True)
def test_up_then_down_then_forgotten(manager: StandIn, source: Source) -> None:
    name = "cloudify-manager"
    graph = source.ok("--graph").output
    for group in (*TIERS, "cloudify_active"):
        assert f"|--@{group}:\n  |  |--{name}\n" in graph
    assert "|--@cloudify_broken:\n" in graph and graph.count(name) == 4
    told = source.ok("--list")
    assert told.groups == dict.fromkeys((*TIERS, "cloudify_active"), [name])
    known = told.variables[name]
    assert known["ansible_host"] == known["cloudify_private_ip"] == "127.0.0.1"
    assert known["cloudify_hostname"] == name
    assert known["cloudify_node_version"] == manager.profile
    assert stat.S_IMODE(source.remembered.stat().st_mode) == 0o600
    assert PASSWORD not in source.remembered.read_text()

    manager.kill()
    assert source.ask("--graph", "-vvvv").code == 0
    told = source.ask("--list")
    assert told.code == 0 and told.groups == dict.fromkeys(TIERS, [name])
    assert re.search(r"told(\d+minutes?)?(\d+seconds?)ago,at20\d\d-", told.warnings)
    assert told.warned(f"as remembered in {source.remembered}. No manager tells the nodes")
    assert told.warned("connection refused")

    source.remembered.unlink()
    why = source.refused()
    assert squeezed("connection refused. Check manager_hosts and manager_port") in why
    assert squeezed(f"Nothing is remembered either: there is no {source.remembered}.") in why


@pytest.mark.smoke
def test_bad_options_are_told_in_one_line(tmp_path: Path) -> None:
    source = Source(tmp_path)
    for wrong, told in (
        ({"manager_port": "many"}, "manager_port"),
        ({"validate_certs": "perhaps"}, "validate_certs: 'perhaps' is neither true nor false."),
        ({"hostnames": "short"}, "hostnames is no option of this plugin."),
        ({"deadline": -1}, "deadline has to be more than 0 seconds, not -1."),
    ):
        assert squeezed(told) in source.refused(**wrong)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"manager_hosts": []}, "manager_hosts names no manager. Give at least one address."),
        ({"manager_hosts": None}, "manager_hosts"),
        ({"manager_hosts": "https://m"}, "manager_hosts: 'https://m' is not an address."),
        ({"manager_protocol": "ftp"}, "valid values are: https, http"),
        ({"password": ""}, "neither a token nor username and password are given."),
        ({"token": "a\nb"}, "token has characters that cannot be sent."),
        ({"ca_path": "/nowhere"}, "Cannot read ca_path /nowhere: No such file or directory."),
        ({"address": "both"}, "valid values are: private, public"),
        ({"username": "{{ nobody }}"}, "username: the template cannot be resolved"),
        ({"request_timeout": "soon"}, "request_timeout"),
    ],
)
def test_every_bad_option_is_told(wrong: dict[str, Any], told: str, tmp_path: Path) -> None:
    source = Source(tmp_path, **wrong)
    assert squeezed(told).lower() in source.refused().lower()


def test_a_file_of_another_name_is_not_looked_at(source: Source) -> None:
    source.file = source.file.with_name("inventory.yml")
    assert squeezed(f"could not be verified by inventory plugin '{PLUGIN}'") in source.refused()


def test_names_addresses_and_groups_are_the_operator_s(source: Source) -> None:
    told = source.ok(
        "--list",
        hostname="private_ip",
        address="public",
        compose={"ansible_user": "'centos'", "tiers": "cloudify_node_tiers | length"},
        groups={"sevens": "cloudify_node_version is version('7', '>=')"},
        keyed_groups=[{"key": "cloudify_node_version", "prefix": "version"}],
    )
    assert told.groups["sevens"] == told.groups["version_7_0_5"] == ["127.0.0.1"]
    assert told.variables["127.0.0.1"]["ansible_user"] == "centos"
    assert int(told.variables["127.0.0.1"]["tiers"]) == 3
    why = source.refused(strict=True, compose={"x": "nothing_of_that_name"})
    assert squeezed("Could not set x for host cloudify-manager") in why


def test_templates_extra_variables_and_the_vault(source: Source, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("the key of the vault")
    vault = Path(sys.executable).with_name("ansible-vault")
    words = [str(vault), "encrypt_string", "--vault-password-file", str(key), "--name", "password"]
    environment = source.environment
    sealed = subprocess.check_output([*words, PASSWORD], env=environment, text=True)
    del environment["CLOUDIFY_PASSWORD"]
    environment["MANAGERS"] = f"127.0.0.1:1,{source.options['manager_hosts'][0]}"
    text = "\n".join(
        [
            f"plugin: {PLUGIN}",
            "manager_hosts: \"{{ lookup('ansible.builtin.env', 'MANAGERS') }}\"",
            "username: '{{ who }}'",
            f"ca_path: {source.options['ca_path']}",
            "validate_certs: \"{{ 'yes' }}\"",
            "deadline: '{{ 2 * 10 }}'",
            sealed,
        ]
    )
    told = source.ask("--list", "--vault-password-file", str(key), "-e", "who=admin", text=text)
    assert told.warnings == "" and set(told.groups) == {*TIERS, "cloudify_active"}


def test_everything_out_of_the_environment(source: Source) -> None:
    source.environment["CLOUDIFY_MANAGER_HOSTS"] = ",".join(source.options.pop("manager_hosts"))
    source.environment["CLOUDIFY_USERNAME"] = source.options.pop("username")
    source.environment["CLOUDIFY_CA_PATH"] = source.options.pop("ca_path")
    source.environment["CLOUDIFY_REMEMBERED"] = ""
    # as AWX sets it for what nobody has filled in
    for name in ("MANAGER_PORT", "TOKEN", "TENANT", "REQUEST_TIMEOUT", "VALIDATE_CERTS"):
        source.environment[f"CLOUDIFY_{name}"] = ""
    assert source.ok("--list").groups
    assert not source.remembered.exists()
    source.environment["CLOUDIFY_VALIDATE_CERTS"] = "perhaps"
    assert "neithertruenorfalse" in source.refused()


def test_the_cache_of_ansible_asks_nobody(manager: StandIn, source: Source, tmp_path: Path) -> None:
    cached = {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "cache"),
        "remembered": "",
    }
    first = source.ok("--list", **cached)
    since = len(manager.requests())
    assert source.ok("--list", **cached).output == first.output
    assert len(manager.requests()) == since
    (kept,) = (tmp_path / "cache").iterdir()
    assert PASSWORD not in kept.read_text()
    assert source.ok("--list", "--flush-cache", **cached).output == first.output
    assert len(manager.requests()) > since
    manager.kill()
    assert source.ok("--list", **cached).output == first.output
    assert squeezed("No manager tells the nodes of the cluster") in source.refused(
        **{**cached, "cache_connection": str(tmp_path / "other")}
    )


def test_what_is_remembered_does_not_come_from_the_cache(
    manager: StandIn, source: Source, tmp_path: Path
) -> None:
    """There it would be as new: without its age, and still there once the cluster is back."""
    assert source.ok("--list").groups
    manager.kill()
    cached = {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "cache"),
    }
    for _time in range(2):
        told = source.ask("--list", **cached)
        assert told.warned("The nodes are those that the cluster told") and told.groups


def test_what_cannot_be_kept_is_told_and_stops_nothing(source: Source, tmp_path: Path) -> None:
    told = source.ask("--list", remembered="/proc/nodes")
    assert set(told.groups) == {*TIERS, "cloudify_active"}
    assert told.warned("The nodes of the cluster cannot be kept in /proc/nodes: No such file")
    other = tmp_path / "other"
    other.write_text("precious")
    told = source.ask("--list", remembered=str(other))
    assert told.warned(f"are not kept: {other} cannot be used: it is damaged.") and told.groups
    assert other.read_text() == "precious"


def test_a_password_that_the_manager_repeats_is_masked(manager: StandIn, source: Source) -> None:
    body = json.dumps({"message": f"no {PASSWORD} here", "error_code": "x"})
    manager.add_fault({"status": 500, "body": body}, path="/version", times=None)
    why = source.refused()
    assert "HTTP500" in why and "here" in why
