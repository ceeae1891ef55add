# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong in the middle: killed, cut off, powered off, and run again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab import Lab
from runbooks.roles_site import Site, end_all, until


@pytest.fixture(scope="module")
def site(lab: Lab) -> Iterator[Site]:
    """A node that is saved; installing it takes long enough to be disturbed."""
    site = Site(lab, version="7.0.5")
    site.ok("save_certificates")
    site.ca = site.fingerprint()  # type: ignore[attr-defined]
    yield site
    lab.down()


def installing(site: Site) -> bool:
    return bool(site.sh("pgrep -f 'product[.]cfy_manager install'; true"))


def torn_down(site: Site) -> None:
    site.ok("tear_down", cloudify_version="7.0.5")
    assert site.is_bare()


def works_as_before(site: Site) -> None:
    assert site.fingerprint() == site.ca  # type: ignore[attr-defined]
    assert site.works()
    assert site.ok("install_node").changed == 0


def test_a_killed_run_is_taken_up_where_the_installer_is(site: Site) -> None:
    torn_down(site)
    playing = site.start("install_node", cloudify_version="7.0.5")
    until(lambda: installing(site), what="cfy_manager install runs")
    end_all(playing)
    assert installing(site)
    done = site.ok("install_node", cloudify_version="7.0.5")
    log = site.sh("cat /var/log/cloudify/manager/cfy_manager.log")
    begun = log.count("Installing desired components")
    assert begun == log.count("Installation finished successfully")
    assert "cfy_manager of an earlier run" in done.output or "changed=0" in done.output
    works_as_before(site)


def test_a_killed_installer_is_removed_and_run_again(site: Site) -> None:
    torn_down(site)
    playing = site.start("install_node", cloudify_version="7.0.5")
    until(lambda: installing(site), what="cfy_manager install runs")
    site.sh("pkill -KILL -f 'product[.]cfy_manager install'; true")
    assert playing.wait() == 2
    assert "cfy_manager install" in site.log.read_text()
    site.ok("install_node", cloudify_version="7.0.5")
    works_as_before(site)


def test_a_lost_connection_does_not_end_an_installation(site: Site) -> None:
    torn_down(site)
    playing = site.start("install_node", cloudify_version="7.0.5")
    until(lambda: installing(site), what="cfy_manager install runs")
    site.host().cut()
    until(lambda: "has not answered" in site.log.read_text(), what="the play has noticed")
    site.host().heal()
    assert playing.wait() == 0, site.log.read_text()
    works_as_before(site)


def test_a_power_cut_in_the_middle(site: Site) -> None:
    torn_down(site)
    playing = site.start("install_node", cloudify_version="7.0.5")
    until(lambda: installing(site), what="cfy_manager install runs")
    site.host().kill()
    site.host().boot()
    assert playing.wait() == 2
    site.ok("install_node", cloudify_version="7.0.5")
    works_as_before(site)


def test_a_tear_down_that_was_killed_goes_on(site: Site) -> None:
    playing = site.start("tear_down")
    until(lambda: "Remove the manager" in site.log.read_text(), what="it removes the manager")
    end_all(playing)
    torn_down(site)
    site.ok("install_node", cloudify_version="7.0.5")
    works_as_before(site)


def test_a_host_that_is_off_is_reported_and_no_failure_of_its_own(site: Site) -> None:
    site.host().off()
    try:
        done = site.ok("save_certificates")
        assert "h1 does not answer; nothing of it was saved" in done.output
    finally:
        site.host().boot()
    assert site.saved()["files"]
