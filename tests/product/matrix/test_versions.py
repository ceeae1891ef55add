# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tiers of every version, and the traps of old ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab import Lab
from lab.testing import wait_until
from product.cluster import deploy
from product.on_hosts.tiers import DATABASE, QUEUE, Tiers
from product.versions import VERSIONS

# nine hosts where a host has one configuration only
LAYOUTS = {
    v.name: "compact" if v.config_option else "nine" for v in VERSIONS.values() if v.clustered_tiers
}


def tiers_of(lab: Lab, version: str) -> Tiers:
    lab.down()
    layout = LAYOUTS[version]
    tiers = Tiers(deploy(lab, version=version, layout=layout, services=(DATABASE, QUEUE)))
    tiers.wait_healthy()
    tiers.wait_brokers()
    return tiers


@pytest.fixture(params=[v for v in LAYOUTS if v != "5.2"])
def tiers(lab: Lab, request: pytest.FixtureRequest) -> Iterator[Tiers]:
    yield tiers_of(lab, request.param)
    lab.down()


def test_it_forms(tiers: Tiers) -> None:
    tiers.write()
    version = tiers.cluster.site.version
    host = tiers.host(tiers.cluster.databases[0])
    done = host.exec("systemctl", "is-active", "supervisord", "patroni", check=False)
    supervisord, patroni = done.stdout.split()
    assert supervisord == ("active" if version.supervisor == "supervisord" else "inactive")
    assert patroni == ("inactive" if version.supervisor == "supervisord" else "active")


@pytest.fixture(scope="module")
def old(lab: Lab) -> Iterator[Tiers]:
    """5.2, whose tests come after one another."""
    yield tiers_of(lab, "5.2")
    lab.down()


def test_a_first_broker_configured_again_is_alone(old: Tiers) -> None:
    done = old.run("h1", "configure", service=QUEUE)
    assert done.returncode == 0, done.stdout
    assert old.running("h1") == (0, {"rabbit@h1": True})
    others = {"rabbit@h1": False, "rabbit@h2": True, "rabbit@h3": True}
    wait_until(lambda: old.running("h2") == (0, others), what="the others go on without it")


def test_a_database_node_beside_its_own_stale_entry_is_not_installed(old: Tiers) -> None:
    lost = old.roles()["async_replica"][0]
    other = old.leader()
    old.fresh(lost)
    done = old.run(lost, "install")
    assert done.returncode == 1
    assert "run the DB node removal command on a healthy DB node" in done.stdout
    old.run(lost, "remove")
    code, said = old.dbs(other, "remove", "-a", old.address(lost))
    assert code == 0, said
    old.install(lost, DATABASE)
    old.wait_healthy()
