# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rebuild_cluster where a host is gone for good, and where it could not end well: that is told before anything is touched."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab import Lab
from lab.network import CONTROLLER
from product.cluster.layout import Layout
from runbooks.before_after import (
    Before,
    agents_are_served,
    all_are_well,
    same_certificates,
    same_content,
)
from runbooks.runbook import CONFIRM, Runbook

LOST = ("-e", "cloudify_cluster_is_lost=true")
NAME = "cloudify-manager-install"


def leave_out(site: Runbook, *gone: str) -> None:
    """The operator takes hosts out of the inventory; there is no cluster with them any more."""
    old = site.cluster.site.layout
    tiers = (old.databases, old.brokers, old.managers)
    left = (tuple(name for name in tier if name not in gone) for tier in tiers)
    site.cluster.site = replace(site.cluster.site, layout=Layout(old.name, *left))


@pytest.mark.parametrize("version", ["7.0.5", "4.5.5"])
def test_two_of_three_are_rebuilt_and_the_third_comes_back(lab: Lab, version: str) -> None:
    site = Runbook(lab, version=version, layout="compact", form_cluster=True)
    site.cluster.seed(sample="rich")
    site.good("backup")
    before = Before(site)
    whole = site.cluster.site
    site.lose()
    site.host("h3").kill()
    leave_out(site, "h3")
    told = site.good("rebuild_cluster", "-e", CONFIRM)
    assert "It has files of h3 too, which the inventory does not name" in " ".join(told.split())
    # its database and its broker are named by configurations; a manager is registered once it is there
    all_are_well(site, missing=frozenset({"h3"} if version == "7.0.5" else ()))
    for holds in (same_content, same_certificates, agents_are_served):
        holds(before)
    site.cluster.site = whole
    site.host("h3").fresh()
    site.good("replace_node", "-e", "node=h3", "-e", CONFIRM)
    all_are_well(site)
    for holds in (same_content, same_certificates, agents_are_served):
        holds(before)


def test_one_host_still_has_what_it_had_and_two_are_new(lab: Lab) -> None:
    site = Runbook(lab, version="7.0.5", layout="compact", form_cluster=True)
    site.cluster.seed(sample="rich")
    site.good("backup")
    before = Before(site)
    for gone in ("h2", "h3"):
        site.host(gone).kill()
    for gone in ("h2", "h3"):
        site.host(gone).fresh()
    # the last one hangs with its database, which may be anything
    unsure = site.run("rebuild_cluster", "-e", CONFIRM)
    assert unsure.code == 2 and "it is not certain that the cluster is down" in unsure.failure
    site.good("rebuild_cluster", "-e", CONFIRM, *LOST)
    all_are_well(site)
    for holds in (same_content, same_certificates, agents_are_served):
        holds(before)


def test_too_few_databases_are_told_before_anything_is_touched(lab: Lab) -> None:
    site = Runbook(lab, version="7.0.5", layout="compact")
    site.cluster.seed(sample="rich")
    site.good("backup")
    leave_out(site, "h2", "h3")
    untouched = site.look("h1")
    played = site.run("rebuild_cluster", "-e", CONFIRM, *LOST)
    assert played.code == 2
    told = " ".join(played.output.split())
    assert "its databases began as 3 (" in told and "of which the inventory has 1" in told
    assert "Nothing was touched" in told
    assert site.look("h1") == untouched
    assert site.cluster.call("h1", "GET", "/status")[0] == 200


def test_what_cannot_be_installed_is_not_torn_down(lab: Lab) -> None:
    site = Runbook(lab, version="7.0.5", layout="single")
    site.good("backup")
    untouched = site.look("h1")
    absent = "cloudify_install_package=/var/tmp/of-nobody.rpm"
    played = site.run("rebuild_cluster", "-e", CONFIRM, *LOST, "-e", absent)
    assert played.code == 2
    assert "of-nobody.rpm is not on the controller" in " ".join(played.output.split())
    assert site.look("h1") == untouched


def test_what_the_host_cannot_get_is_not_torn_down(lab: Lab) -> None:
    """The operator has named no package, and no repository has one; or its URL is of nobody."""
    site = Runbook(lab, version="7.0.5", layout="single")
    site.good("backup")
    untouched = site.look("h1")
    nobody = f"http://{CONTROLLER}:9/cloudify-manager-install.rpm"
    for package, check in ((NAME, ()), (nobody, ()), (nobody, ("--check",))):
        given = ("-e", f"cloudify_install_package={package}")
        played = site.run("rebuild_cluster", "-e", CONFIRM, *LOST, *given, *check)
        assert played.code == 2, played.output
        told = " ".join(played.output.split())
        assert f"h1 is not installed: the host cannot get the package {package} (" in told
        assert "Nothing was touched" in told
        assert site.look("h1") == untouched
    assert site.cluster.call("h1", "GET", "/status")[0] == 200
