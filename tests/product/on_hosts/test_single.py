# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One host: from the package to an answering manager, and back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab import Host, Lab
from lab.testing import lab, wait_until
from product.cluster import Cluster, deploy


@pytest.fixture(scope="module")
def manager(lab: Lab) -> Iterator[Cluster]:
    """A manager of 4.5.5 with content; tests leave it working."""
    lab.down()
    cluster = deploy(lab, version="4.5.5", layout="single")
    cluster.seed(sample="rich")
    yield cluster
    lab.down()


def host_of(cluster: Cluster) -> Host:
    return cluster.lab.host(cluster.managers[0])


def answers(cluster: Cluster) -> bool:
    return cluster.call("h1", "GET", "/version")[0] == 200


def blueprints(cluster: Cluster) -> list[str]:
    body = cluster.call("h1", "GET", "/blueprints")[1]
    return sorted(item["id"] for item in body["items"])


def test_it_answers_with_the_configured_certificate(manager: Cluster) -> None:
    # call() trusts the operator's CA only
    status, version = manager.call("h1", "GET", "/version")
    assert (status, version["version"]) == (200, "4.5.5")
    served = host_of(manager).read("/etc/cloudify/ssl/cloudify_external_cert.pem")
    assert served == (manager.config_dir / "h1.crt").read_text()


def test_a_killed_web_server_closes_the_port(manager: Cluster) -> None:
    host = host_of(manager)
    host.exec("systemctl", "kill", "--signal=KILL", "nginx")
    wait_until(lambda: manager.call("h1", "GET", "/version")[0] == 0, what="nobody answers")
    host.exec("systemctl", "reset-failed", "nginx")
    host.exec("systemctl", "start", "nginx")
    wait_until(lambda: answers(manager), what="it answers again")


def test_content_outlives_a_power_cut(manager: Cluster) -> None:
    before = blueprints(manager)
    host = host_of(manager)
    host.kill()
    host.boot()
    wait_until(lambda: answers(manager), what="it answers after the boot")
    assert blueprints(manager) == before != []


def test_remove_undoes_it(manager: Cluster) -> None:
    host = host_of(manager)
    assert manager.cfy_manager("h1", "remove", check=False).returncode == 1
    manager.cfy_manager("h1", "remove", "-f")
    assert manager.call("h1", "GET", "/version")[0] == 0
    assert not host.exists("/opt/manager")
    assert host.exists("/etc/cloudify/ssl/cloudify_internal_ca_cert.pem")
    host.exec("dnf", "remove", "-y", "-q", "cloudify-manager-install", timeout=120)
    assert not host.exists("/usr/bin/cfy_manager")
    # it was edited, and rewritten
    assert host.exists("/etc/cloudify/config.yaml.rpmsave")
    host.exec("dnf", "install", "-y", "-q", "--nogpgcheck", f"/root/{manager.package.name}")
    host.exec("mv", "/etc/cloudify/config.yaml.rpmsave", "/etc/cloudify/config.yaml")
    # its paths are those that the first install wrote back, and the directory is emptied first
    manager.cfy_manager("h1", "install")
    served = host.read("/etc/cloudify/ssl/cloudify_internal_ca_cert.pem")
    assert served != manager.ca.read_text()
    assert manager.call("h1", "GET", "/version")[0] == 0


__all__ = ("lab", "manager")
