# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each way of an installer to lose certificates, with the step that would have forgotten it."""

from __future__ import annotations

import pytest

from lab import Lab
from product import x509
from runbooks.roles_site import CA, Site

SSL = "/etc/cloudify/ssl"


def another_ca(site: Site) -> str:
    """A CA that somebody has left in the ssl directory."""
    ca = x509.make("Another CA", ca=True)
    site.host().write(CA, ca.certificate, 0o444)
    site.host().write(f"{SSL}/cloudify_internal_ca_key.pem", ca.key, 0o440)
    return site.fingerprint()


@pytest.mark.parametrize("version", ["5.0.5", "5.1.0", "5.2"])
def test_what_lies_in_the_ssl_directory_does_not_win(lab: Lab, version: str) -> None:
    """Up to 6.2 an installation keeps what it finds there: the directory has to be empty before."""
    site = Site(lab, version=version)
    before = site.fingerprint()
    site.ok("save_certificates", "tear_down")
    site.sh(f"mkdir -p {SSL}")
    other = another_ca(site)
    assert other != before
    site.ok("install_node", cloudify_version=site.saved()["product"]["version"])
    assert site.fingerprint() == before
    # it may have been the only copy
    assert other == site.fingerprint(
        site.sh(f"ls -d /opt/cloudify-recovery/found/*/{CA.rpartition('/')[2]}")
    )


def test_a_renewed_certificate_with_the_same_key_is_not_ignored(lab: Lab) -> None:
    """5.1.1 to 6.2 take it for the same. After a removal, only an empty directory helps."""
    site = Site(lab, version="5.2")
    site.ok("save_certificates")
    path = f"{SSL}/cloudify_internal_cert.pem"
    before = site.fingerprint(path)
    site.ok("tear_down")
    # the one before it was renewed: the same key, another certificate
    key = (site.place / "nodes/h1" / SSL[1:] / "cloudify_internal_key.pem").read_text()
    site.host().write("/root/old.key", key, 0o600)
    site.sh(
        f"mkdir -p {SSL}; cp /root/old.key {SSL}/cloudify_internal_key.pem; "
        f"openssl req -x509 -key /root/old.key -subj /CN=old -days 3 -out {path} 2>/dev/null"
    )
    assert site.fingerprint(path) != before
    site.ok("install_node", cloudify_version="5.2.0")
    assert site.fingerprint(path) == before


@pytest.mark.parametrize("version", ["6.4", "7.0.5"])
def test_what_a_removal_has_renamed_is_found(lab: Lab, version: str) -> None:
    """Somebody has removed the product by hand, and saved nothing."""
    site = Site(lab, version=version)
    before = site.fingerprint()
    site.sh("cfy_manager remove")
    assert site.sh(f"ls {SSL} | grep -c '^[0-9]*-[0-9]*_cloudify_internal_ca_cert.pem$'") == "1"
    site.ok("save_certificates", "tear_down", "install_node")
    assert site.fingerprint() == before
    assert site.works()


def test_certificates_that_are_not_the_saved_ones_are_told(lab: Lab) -> None:
    """An installation that ended well, and made a new CA all the same."""
    site = Site(lab, version="4.5.5")
    site.ok("save_certificates", "tear_down")
    stage = "/opt/cloudify-recovery/h1"
    wrong = {"ssl_inputs": {"ca_cert_path": "", "ca_key_path": "", "internal_cert_path": ""}}
    wrong["ssl_inputs"] |= {"internal_key_path": ""}
    told = site.refused("install_node", install_node_overrides=wrong)
    assert f"has other certificates than the saved ones: {CA}" in told
    assert f"still staged in {stage}" in told
    assert site.sh(f"ls {stage}{SSL}/cloudify_internal_ca_key.pem")
    # and it is not taken for a good one later
    assert "tear it down first" in site.refused("install_node")


def test_a_tear_down_needs_a_word_a_set_and_saved_certificates(lab: Lab) -> None:
    site = Site(lab, version="7.0.5")
    untouched = site.look()
    told = site.refused("tear_down", cloudify_confirm="another", tear_down_proven=False)
    for reason in (
        "needs cloudify_confirm=lab",
        "was verified in this run",
        "run save_certificates",
    ):
        assert reason in told
    assert "Nothing was touched" in told
    site.ok("save_certificates")
    copy = site.place / "nodes/h1" / CA[1:]
    copy.write_bytes(copy.read_bytes()[:200])
    assert f"{CA} is not the file that was saved" in site.refused("tear_down")
    assert site.look() == untouched
    assert site.works()


def test_another_version_is_refused_before_anything_is_installed(lab: Lab) -> None:
    site = Site(lab, version="6.4")
    told = site.refused("save_certificates", "install_node", install_node_version="7.0.5")
    assert "has version 6.4.0, not 7.0.5: tear it down first" in told


def test_a_removed_password_is_put_back(lab: Lab) -> None:
    """Up to 6.2 the configuration is written back without it, and a manager cannot be installed from that."""
    site = Site(lab, version="5.2")
    site.ok("save_certificates", "tear_down")
    config = site.place / "nodes/h1/etc/cloudify/config.yaml"
    assert "server_password: <removed>" in config.read_text()
    site.ok("install_node", cloudify_version="5.2.0")
    assert site.works()
