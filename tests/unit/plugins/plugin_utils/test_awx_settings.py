# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of role setup_awx: what is refused, and in which words."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._awx_settings import read
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.awx_samples import (
    everything,
    least,
)

Json = dict[str, t.Any]


def changed(path: str, value: t.Any, settings: Json | None = None) -> Json:
    """Settings with one of them changed."""
    found = copy.deepcopy(settings or least())
    *folders, last = path.split(".")
    inner = found
    for key in folders:
        inner = inner.setdefault(key, {})
    inner[last] = value
    return found


@pytest.mark.parametrize("settings", [least(), everything()])
def test_good_ones_are_taken(settings: Json) -> None:
    assert read(settings)[1] == []


def test_what_is_not_given_has_a_default() -> None:
    settings, _wrong = read(least())
    assert settings["name"] == "Cloudify production"
    assert settings["organization"] == "Default"
    assert settings["store"] == {"host": "backup", "dir": "/var/lib/cloudify_ha"}
    assert settings["schedules"]["backup"] == {"at": "02:30", "enabled": True}
    assert (settings["keep"], settings["timeout"], settings["approval_timeout"]) == (14, 0, 0)


def test_a_part_of_a_mapping_leaves_the_rest_of_its_defaults() -> None:
    settings, _wrong = read(everything())
    assert settings["schedules"]["backup"] == {"at": "01:15", "enabled": True}
    assert settings["schedules"]["status"] == {"at": "06:00", "enabled": False}


def test_empty_is_not_given() -> None:
    settings, wrong = read(
        least(name="", nodes={}, environment={}, vault=None, galaxy_credentials=[], keep=None)
    )
    assert not wrong and settings["name"] == "Cloudify production" and settings["keep"] == 14
    assert "environment" not in settings and "vault" not in settings


def test_text_of_a_number_is_a_number() -> None:
    """Before ansible-core 2.19, a template makes text of it."""
    given = least(keep="7", timeout="7200")
    given["manager"].update(manager_port="8443", connect_timeout="2.5", skip_certificate_check="no")
    settings, wrong = read(given)
    assert not wrong and (settings["keep"], settings["timeout"]) == (7, 7200)
    manager = settings["manager"]
    assert (manager["manager_port"], manager["connect_timeout"]) == (8443, 2.5)
    assert manager["skip_certificate_check"] is False


def test_no_secret_is_in_what_is_said() -> None:
    given = everything(
        name="a{b", machine={"ssh_key_data": "s3cret", "become_password": ["s3cret"]}
    )
    given["manager"].update(token="{{ s3cret", password=["s3cret"], ca="s3cret")
    given["vault"]["vault_password"] = {"s3cret": 1}
    _settings, wrong = read(given)
    assert len(wrong) >= 7 and "s3cret" not in "\n".join(wrong)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("custer", "x", "setup_awx_custer is not known; there are cluster, name,"),
        ("manager.host", "x", "setup_awx_manager.host is not known"),
        ("schedules.backup.time", "x", "setup_awx_schedules.backup.time is not known"),
        ("manager", "m1", "setup_awx_manager has to be a mapping"),
        ("manager.manager_hosts", "m1,m2", "setup_awx_manager.manager_hosts has to be a list"),
        ("manager.password", 5, "setup_awx_manager.password has to be a string"),
        ("manager.manager_port", "x", "setup_awx_manager.manager_port has to be a whole number"),
        ("manager.connect_timeout", True, "connect_timeout has to be a number"),
        ("manager.skip_certificate_check", "maybe", "has to be true or false"),
        ("project.branch", "{{ x }}", "setup_awx_project.branch has {{ or {% in it"),
        ("cluster", "", "setup_awx_cluster is missing"),
        ("cluster", "a/b", "setup_awx_cluster is 'a/b'"),
        ("name", "a++b", "setup_awx_name is 'a++b'"),
        ("organization", "a\nb", "setup_awx_organization is"),
        ("manager.manager_hosts", [], "setup_awx_manager.manager_hosts is missing"),
        ("manager.manager_hosts", ["a b"], "has 'a b', which is no address"),
        ("manager.password", "", "setup_awx_manager needs username and password, or a token"),
        ("manager.manager_protocol", "ftp", "manager_protocol is https or http, not ftp"),
        ("manager.manager_port", 70000, "manager_port is from 1 to 65535, not 70000"),
        ("manager.ca", "/etc/ca.pem", "setup_awx_manager.ca is no certificate in PEM form"),
        ("manager.request_timeout", 0, "request_timeout has to be more than 0 seconds"),
        ("machine.username", "", "setup_awx_machine.username is missing"),
        ("machine.ssh_key_data", "", "setup_awx_machine needs ssh_key_data"),
        ("machine.ssh_key_data", "~/.ssh/id", "setup_awx_machine.ssh_key_data is no private key"),
        ("scm.ssh_key_data", "~/.ssh/id", "setup_awx_scm.ssh_key_data is no private key"),
        ("vault.vault_id", "x", "setup_awx_vault.vault_password is missing"),
        ("project", {}, "setup_awx_project needs either url"),
        ("project.local_path", "x", "setup_awx_project needs either url"),
        ("project.folder", "../x", "setup_awx_project.folder is '../x'"),
        ("environment.pull", "always", "setup_awx_environment.image is missing"),
        ("environment", {"image": "x", "pull": "y"}, "pull is always, missing or never"),
        ("store.host", "", "setup_awx_store.host is missing: a host that stays"),
        ("store.host", "a b", "setup_awx_store.host is 'a b'"),
        ("store.dir", "sets", "setup_awx_store.dir is 'sets', which is no absolute path"),
        ("nodes", {"a b": {}}, "setup_awx_nodes has 'a b', which is no name of a host"),
        ("nodes", {"all": {}}, "setup_awx_nodes has 'all'"),
        ("nodes", {"none": {}}, "setup_awx_nodes has 'none'"),
        ("nodes", {"m1": {"tier": "x"}}, "setup_awx_nodes.m1.tier is not known"),
        ("nodes", {"m1": {"tiers": ["x"]}}, "setup_awx_nodes.m1.tiers has x; there are manager"),
        ("nodes", {"m1": {"address": "m2"}, "m2": {}}, "nodes.m2 has the address of m1, m2"),
        ("nodes", {"d1": {"tiers": ["database"]}}, "setup_awx_nodes has no manager among them"),
        ("keep", -1, "setup_awx_keep is -1: it takes 0 to 1000"),
        ("forks", 1000, "setup_awx_forks is 1000"),
        ("timeout", 600, "setup_awx_timeout is 600 seconds"),
        ("schedules.time_zone", "GMT +1", "setup_awx_schedules.time_zone is 'GMT +1'"),
        ("schedules.backup.at", "25:00", "setup_awx_schedules.backup.at is '25:00'"),
        ("schedules.backup.at", "2:30", "setup_awx_schedules.backup.at is '2:30'"),
    ],
)
def test_a_wrong_one_is_told_in_one_line(path: str, value: t.Any, words: str) -> None:
    _settings, wrong = read(changed(path, value))
    (line,) = wrong
    assert words in line and "\n" not in line


def test_all_are_told_at_once() -> None:
    _settings, wrong = read({"cluster": "a b", "manager": "x", "keep": "many", "rubbish": 1})
    told = "\n".join(wrong)
    for words in ("cluster is 'a b'", "manager has to be a mapping", "keep has to be", "rubbish"):
        assert words in told
    for name in ("machine", "project", "store"):
        assert f"setup_awx_{name}" in told
    assert "setup_awx_manager.manager_hosts" not in told


def test_a_project_that_is_never_synced_brings_no_inventory() -> None:
    given = least(project={"local_path": "recovery"})
    assert "setup_awx_nodes is missing" in read(given)[1][0]
    assert not read({**given, "nodes": {"m1": {}}})[1]
    (line,) = read({**given, "nodes": {"m1": {}}, "scm": {"username": "x"}})[1]
    assert "setup_awx_scm is for a project with a url" in line


@pytest.mark.parametrize(
    "store",
    [
        {"host": "localhost"},
        {"host": "LocalHost.localdomain"},
        {"host": "backup", "address": "127.0.0.1"},
        {"host": "127.1.2.3"},
        {"host": "::1"},
        {"host": "backup", "variables": {"ansible_host": "localhost"}},
        {"host": "backup", "variables": {"ansible_connection": "local"}},
        {"host": "backup", "variables": {"ansible_connection": "ansible.builtin.local"}},
        {"host": "backup", "variables": {"ansible_connection": "podman"}},
        {"host": "awx-node"},
        {"host": "backup", "address": "10.9.9.9"},
    ],
)
def test_a_store_on_awx_itself_is_refused(store: Json) -> None:
    _settings, wrong = read(least(store=store), instances=["AWX-node", "10.9.9.9"])
    assert any("which is AWX itself: what a job keeps there is lost" in line for line in wrong)


def test_what_is_no_mapping() -> None:
    assert read("production")[1] == ["the settings are no mapping"]
