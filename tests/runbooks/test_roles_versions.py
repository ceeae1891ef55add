# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node of each version, saved, torn down and installed again."""

from __future__ import annotations

import json

import pytest
import yaml

from lab import Lab
from runbooks.packages import repository, served
from runbooks.roles_site import CA, Site

# Where the product keeps certificates, and what comes of them, differs in each of these.
VERSIONS = ("4.5.5", "vnfm", "5.0.5", "5.1.1", "5.2", "6.4", "7.0.5")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_node_is_installed_with_the_certificates_that_it_had(lab: Lab, version: str) -> None:
    site = Site(lab, version=version)
    before = site.fingerprint()
    untouched = site.look()

    planned = site.ok("save_certificates", "tear_down", "install_node", words=("--check",))
    assert "PLAN h1: remove" in planned.output
    assert "PLAN h1: install" in planned.output
    assert site.look() == untouched
    assert not list(site.place.iterdir())

    site.ok("save_certificates")
    assert site.saved()["files"][CA]["certificates"][0]["fingerprint"] == before
    site.ok("tear_down")
    assert site.is_bare()
    assert site.ok("save_certificates", "tear_down").changed == 0

    done = site.ok("install_node")
    assert site.fingerprint() == before
    # the client trusts nothing else
    assert site.works()
    assert "--clean-db" not in done.output
    assert site.sh("ls /opt/cloudify-recovery 2>/dev/null; true") in ("", "found")

    again = site.ok("save_certificates", "install_node")
    assert again.changed == 0
    assert site.fingerprint() == before


def test_a_lost_host_comes_back_from_what_is_saved(lab: Lab) -> None:
    site = Site(lab, version="5.2")
    before = site.fingerprint()
    site.ok("save_certificates")
    site.host().kill()
    site.host().fresh()
    site.sh(
        "mkdir -p /etc/cloudify-standin && echo '--speed 20' > /etc/cloudify-standin/standin-options"
    )
    # an empty host takes nothing away from what is saved
    assert site.ok("save_certificates").changed == 0
    site.ok("tear_down", "install_node", cloudify_version="5.2.0")
    assert site.fingerprint() == before
    assert site.works()


def test_a_host_gets_the_package_itself(lab: Lab) -> None:
    """By a URL; then from a repository, and with a configuration of which nothing was saved."""
    site = Site(lab, version="7.0.5")
    before = site.fingerprint()
    site.ok("save_certificates")
    with served(site.cluster.package) as url:
        site.ok("tear_down", "install_node", cloudify_install_package=url)
    assert site.fingerprint() == before
    assert site.works()

    site.ok("tear_down")
    told = site.refused("install_node", cloudify_install_package=url)
    assert f"the host cannot get the package {url} (curl: (7)" in told
    name = "cloudify-manager-install"
    told = site.refused("install_node", cloudify_install_package=name)
    assert f"the host cannot get the package {name} (" in told
    assert site.is_bare()

    repository(site.host(), site.cluster.package)
    config = "/etc/cloudify/config.yaml"
    given = yaml.safe_load((site.cluster.config_dir / "h1/config.yaml").read_text())
    forget(site, config)
    told = site.refused("install_node", cloudify_install_package=name)
    assert "no configuration installs manager, broker, database" in told
    another = {"cloudify_install_package": name, "cloudify_version": "6.4.0"}
    told = site.refused("install_node", cloudify_config={config: given}, **another)
    assert f"the package {name} is of version 7.0.5, not 6.4.0" in told
    assert site.is_bare()
    site.ok("install_node", cloudify_install_package=name, cloudify_config={config: given})
    assert site.fingerprint() == before
    assert site.works()
    assert yaml.safe_load(site.sh(f"cat {config}")) == given


def forget(site: Site, path: str) -> None:
    """What is saved of h1 has no such file."""
    folder = site.place / "nodes/h1"
    index = site.saved()
    del index["files"][path]
    (folder / "index.json").write_text(json.dumps(index))
    (folder / path[1:]).unlink()
