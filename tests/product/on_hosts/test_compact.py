# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Three hosts of 7.0.5, each of them database, broker and manager."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab import Lab
from lab.testing import lab, wait_until
from product.cluster import Cluster, deploy
from product.cluster.layout import DATABASE, QUEUE


@pytest.fixture(scope="module")
def cluster(lab: Lab) -> Iterator[Cluster]:
    """With content; each test leaves it healthy."""
    lab.down()
    found = deploy(lab, version="7.0.5", layout="compact")
    found.seed(sample="rich")
    yield found
    lab.down()


def healthy(cluster: Cluster) -> bool:
    said = [cluster.call(h, "GET", "/cluster-status?summary=true") for h in cluster.managers]
    return all(status == 200 and body["status"] == "OK" for status, body in said)


def content(cluster: Cluster, host: str) -> list[str]:
    status, body = cluster.call(host, "GET", "/blueprints")
    return sorted(i["id"] for i in body["items"]) if status == 200 else [f"status {status}"]


def test_all_managers_have_the_same_content_and_ca(cluster: Cluster) -> None:
    wait_until(lambda: healthy(cluster), timeout=90)
    found = [content(cluster, host) for host in cluster.managers]
    assert found[0] == found[1] == found[2] and len(found[0]) == 4
    names = {i["hostname"] for i in cluster.call("h2", "GET", "/managers")[1]["items"]}
    assert names == set(cluster.managers)


def test_a_row_written_on_one_is_read_on_the_others(cluster: Cluster) -> None:
    assert cluster.call("h2", "PUT", "/secrets/of-h2", {"value": "x"})[0] == 200
    for host in cluster.managers:
        assert cluster.call(host, "GET", "/secrets/of-h2")[0] == 200


def test_commands_need_the_configuration_of_their_service(cluster: Cluster) -> None:
    # the packaged config.yaml has no addresses, and other services
    assert cluster.lab.host("h1").exec("cfy_manager", "install", check=False).returncode == 1
    assert cluster.cfy_manager("h1", "dbs", "list", service=DATABASE).returncode == 0
    assert cluster.cfy_manager("h1", "brokers", "list", service=QUEUE).returncode == 0


def test_removing_the_manager_renames_what_its_neighbours_use(cluster: Cluster) -> None:
    host = cluster.lab.host("h3")
    cluster.cfy_manager("h3", "remove")
    names = host.exec("ls", "/etc/cloudify/ssl").stdout.split()
    assert names and all(name[0].isdigit() for name in names)
    assert any(name.endswith("_rabbitmq-cert.pem") for name in names)
    # registered still, hence configured again and not joined
    cluster.cfy_manager("h3", "install")
    assert "is registered" in host.read("/var/log/cloudify/manager/cfy_manager.log")
    # the broker's come back by installing that service again
    cluster.cfy_manager("h3", "install", service=QUEUE)
    wait_until(lambda: healthy(cluster), timeout=120)
    assert content(cluster, "h3") == content(cluster, "h1")


def test_everything_comes_back_after_a_power_cut_of_all(cluster: Cluster) -> None:
    before = content(cluster, "h1")
    cluster.lab.each(lambda host: host.kill())
    cluster.lab.each(lambda host: host.boot())
    wait_until(lambda: healthy(cluster), timeout=180)
    assert [content(cluster, host) for host in cluster.managers] == [before] * 3


__all__ = ("cluster", "lab")
