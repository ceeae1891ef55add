# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster of three hosts that are everything: all installed anew, and the first one replaced."""

from __future__ import annotations

import pytest

from lab import Lab
from runbooks.roles_site import CA, Site, until

RABBIT = "/etc/cloudify/rabbitmq_config.yaml"
DATABASE = "/etc/cloudify/db_config.yaml"
BROKERS_CERTIFICATE = "/etc/cloudify/ssl/rabbitmq-cert.pem"


def members(site: Site, name: str) -> set[str]:
    """The brokers that this one is in a cluster with, itself too."""
    told = site.sh("rabbitmqctl cluster_status --formatter json --timeout 20", name)
    return {
        host for host in site.cluster.brokers if f"rabbit@{host}" in told.partition('"running')[2]
    }


def blueprints(site: Site, name: str) -> int:
    status, body = site.cluster.call(name, "GET", "/blueprints?_size=1")
    return int(body["metadata"]["pagination"]["total"]) if status == 200 else -1


def test_a_cluster_and_its_first_node(lab: Lab) -> None:
    """5.2 drops the shared database when told so, and makes a broker forget its cluster."""
    site = Site(lab, version="5.2", layout="compact")
    site.cluster.seed(bulk={"blueprints": 7})
    before = {name: site.fingerprint(name=name) for name in site.cluster.hosts}
    site.ok("save_certificates")

    # the host is lost, and with it everybody's first broker
    site.host("h1").kill()
    site.host("h1").fresh()
    site.sh(
        "mkdir -p /etc/cloudify-standin && echo '--speed 20' > /etc/cloudify-standin/standin-options"
    )
    until(lambda: blueprints(site, "h2") == 7, what="the others go on without it")
    site.sh(f"cfy_manager brokers remove -r rabbit@h1 -c {RABBIT}", "h2")
    address = site.cluster.address("h1")
    until(
        lambda: "removed"
        in site.sh(
            f"cfy_manager dbs remove -a {address} -c {DATABASE} && echo removed", "h2", check=False
        ),
        what="the database node is removed",
    )
    assert site.cluster.call("h2", "DELETE", "/managers/h1")[0] == 200

    told = site.refused(
        "install_node",
        hosts="h1",
        install_node_fresh_cluster=False,
        look_at_nodes_answers=False,
        cloudify_version="5.2.0",
    )
    assert "it would begin a cluster of its own" in told
    planned = site.ok(
        "install_node",
        hosts="h1",
        install_node_fresh_cluster=False,
        cloudify_version="5.2.0",
        look_at_nodes_answers=True,
        words=("--check",),
    )
    assert "broker joins rabbit@h2" in planned.output

    site.ok(
        "install_node",
        hosts="h1",
        install_node_fresh_cluster=False,
        look_at_nodes_answers=True,
        cloudify_version="5.2.0",
    )
    assert site.fingerprint(name="h1") == before["h1"]
    assert members(site, "h2") == {"h1", "h2", "h3"}
    # one that joins makes nothing anew
    assert blueprints(site, "h1") == 7

    # all of them, one tier after the other
    site.ok("save_certificates", "tear_down")
    assert all(site.is_bare(name) for name in site.cluster.hosts)
    site.ok("install_node", cloudify_version="5.2.0")
    assert {name: site.fingerprint(name=name) for name in site.cluster.hosts} == before
    assert members(site, "h3") == {"h1", "h2", "h3"}
    assert all(site.works(name) for name in site.cluster.hosts)
    assert site.ok("install_node").changed == 0


@pytest.mark.parametrize("version", ["6.4", "7.0.5"])
def test_a_manager_that_broke_off_takes_no_certificates_of_its_neighbours_along(
    lab: Lab, version: str
) -> None:
    """From 6.3 on a removal renames every file of the ssl directory, those of the broker on that host too."""
    site = Site(lab, version=version, layout="compact")
    site.ok("save_certificates")
    before = {path: site.fingerprint(path) for path in (CA, BROKERS_CERTIFICATE)}
    site.sh("rm /etc/cloudify/.configured/manager_service")
    site.ok(
        "install_node", hosts="h1", install_node_fresh_cluster=False, look_at_nodes_answers=True
    )
    assert {path: site.fingerprint(path) for path in before} == before
    # it may have been up all the time with what it had read
    site.sh("supervisorctl -c /etc/supervisord.conf restart cloudify-rabbitmq")
    until(lambda: members(site, "h2") == {"h1", "h2", "h3"}, what="the broker is back")
    assert site.works("h1")
    assert site.ok("install_node", hosts="h1", install_node_fresh_cluster=False).changed == 0

    site.ok("tear_down", hosts="h1", tear_down_tiers=["manager"])
    assert site.fingerprint(BROKERS_CERTIFICATE) == before[BROKERS_CERTIFICATE]
    site.ok(
        "install_node", hosts="h1", install_node_fresh_cluster=False, look_at_nodes_answers=True
    )
    assert {path: site.fingerprint(path) for path in before} == before
