# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a look at a node finds: the filter node_state, and the script that it reads."""

from __future__ import annotations

import base64
import pathlib
import subprocess
import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.cloudify_ha.recovery.plugins import module_utils
from ansible_collections.cloudify_ha.recovery.plugins.filter.node_state import FilterModule
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._installer import facts_of

node_state = FilterModule().filters()["node_state"]
ROLES = pathlib.Path(module_utils.__path__[0]).parents[1] / "roles"
LOOK = ROLES / "node_state/files/look.sh"
ALL = ("database", "broker", "manager")


def config(text: str, path: str) -> str:
    return f"config {base64.b64encode(text.encode()).decode()} {path}"


def look(*lines: str, version: str = "7.0.5", tiers: t.Sequence[str] = ()) -> dict[str, t.Any]:
    return node_state("\n".join(lines), facts_of(version), list(tiers or ALL))


COMPACT = (
    "package cloudify-manager-install 7.0.5",
    "program dnf",
    "program cfy_manager",
    "marker /etc/cloudify/.installed/database_service",
    "marker /etc/cloudify/.configured/database_service",
    "marker /etc/cloudify/.installed/manager_service",
    "service etcd active",
    "service patroni active",
    "service nginx active",
    "service cloudify-restservice failed",
    "busy 17",
    "ssl /etc/cloudify/ssl/a b.pem",
    "certificate abc /etc/cloudify/ssl/a b.pem",
    "served def",
    config("services_to_install: [database_service]", "/etc/cloudify/db_config.yaml"),
    config("services_to_install: [manager_service]", "/etc/cloudify/manager_config.yaml"),
)


def test_a_host_with_a_tier_and_half_of_another() -> None:
    found = look(*COMPACT)
    assert (found["package"], found["version"]) == ("cloudify-manager-install", "7.0.5")
    assert found["programs"] == ["dnf", "cfy_manager"]
    assert found["installed"] == ["database", "manager"]
    assert found["configured"] == ["database"]
    assert found["running"] == ["database"]
    assert found["traces"] == ["database", "manager"]
    assert found["failed"] == ["cloudify-restservice"]
    assert found["busy"] == ["17"]
    assert found["served"] == "def"
    assert found["fingerprints"] == {"/etc/cloudify/ssl/a b.pem": "abc"}
    assert found["configs"]["manager"] == "/etc/cloudify/manager_config.yaml"


def test_an_empty_host() -> None:
    found = look("program dnf")
    for what in ("installed", "configured", "running", "traces", "markers", "ssl"):
        assert found[what] == []
    assert (found["package"], found["member"]) == ("", False)


def test_a_web_server_alone_is_no_manager() -> None:
    assert look("service nginx active", "service cloudify-rabbitmq active")["traces"] == ["broker"]


@pytest.mark.parametrize("service", ["postgresql-14", "postgresql-9.5"])
def test_a_database_may_be_no_cluster(service: str) -> None:
    assert look(f"service {service} active")["running"] == ["database"]
    assert look("service etcd active")["running"] == []


def test_an_installation_that_left_no_marker_is_seen() -> None:
    assert look("service cloudify-restservice inactive")["traces"] == ["manager"]


@pytest.mark.parametrize("tiers", [["manager"], ["broker"], ["database", "broker"]])
def test_one_marker_is_of_the_tiers_that_the_host_is_meant_to_have(tiers: list[str]) -> None:
    lines = ("marker /etc/cloudify/.installed", "marker /etc/cloudify/.configured")
    found = look(*lines, version="5.0.5", tiers=tiers)
    assert found["installed"] == found["configured"] == tiers


def test_a_member_of_the_first_generation() -> None:
    found = look("marker /etc/cloudify/.install", "member", version="4.5.5", tiers=["manager"])
    assert found["configured"] == ["manager"]
    assert found["member"]


def test_a_configuration_that_cannot_be_read_does_not_stop_it() -> None:
    assert look("config !! /etc/cloudify/x.yaml")["texts"] == {"/etc/cloudify/x.yaml": ""}


def test_one_that_is_needed_is_named() -> None:
    with pytest.raises(AnsibleFilterError, match="config.yaml is no YAML"):
        look(config("a: b: c", "/etc/cloudify/config.yaml"), version="5.0.5")


@pytest.mark.parametrize("shell", ["dash", "bash"])
@pytest.mark.parametrize("script", sorted(ROLES.glob("*/files/*.sh")), ids=lambda p: p.name)
def test_scripts_are_for_any_shell(shell: str, script: pathlib.Path) -> None:
    try:
        done = subprocess.run(
            [shell, "-n", str(script)], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        pytest.skip(f"there is no {shell}")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_script_looks_at_this_machine() -> None:
    """Which may have anything; it ends well, and what it prints is understood."""
    done = subprocess.run(
        ["/bin/sh", "-c", LOOK.read_text(), "look.sh", "no-such-package"],
        capture_output=True,
        text=True,
        check=True,
    )
    kinds = {line.split()[0] for line in done.stdout.splitlines()}
    known = {"program", "marker", "member", "service", "busy", "ssl", "certificate", "config"}
    known.add("served")
    assert kinds <= known
    assert look(*done.stdout.splitlines())["package"] == ""


def test_the_script_sees_an_installer_at_work_and_not_itself() -> None:
    command = ["bash", "-c", "exec -a 'python3 /usr/bin/cfy_manager install' sleep 60"]
    with subprocess.Popen(command) as installer:
        try:
            look_at = ["/bin/sh", "-c", LOOK.read_text() + "# cfy_manager install", "look.sh", "x"]
            with subprocess.Popen(look_at, stdout=subprocess.PIPE, text=True) as script:
                printed = script.communicate()[0].splitlines()
        finally:
            installer.kill()
    busy = [int(line.split()[1]) for line in printed if line.startswith("busy")]
    assert installer.pid in busy
    assert script.pid not in busy
