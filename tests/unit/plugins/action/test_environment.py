# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules on another host get of the controller's environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._connect import client_from
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import RecoveryError
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._manager import with_environment

CA = """\
-----BEGIN CERTIFICATE-----
MIIBgjCCASmgAwIBAgIUXF7SyXkMxsxvcxWPg5oBF3uSoXkwCgYIKoZIzj0EAwIw
-----END CERTIFICATE-----
"""
PARAMS = {
    "manager_hosts": ["127.0.0.1"],
    "manager_port": None,
    "manager_protocol": "https",
    "username": "admin",
    "password": "x",
    "token": None,
    "tenant": "default_tenant",
    "ca_path": None,
    "ca_certificates": None,
    "validate_certs": True,
    "request_timeout": 30.0,
    "connect_timeout": 5.0,
}


def test_what_is_not_given_is_taken_from_it() -> None:
    environment = {
        "CLOUDIFY_MANAGER_HOSTS": "m1,m2",
        "CLOUDIFY_USERNAME": "admin",
        "CLOUDIFY_PASSWORD": "of the environment",
        "CLOUDIFY_REMEMBERED": "/no/option/of/a/module",
    }
    asked = {"password": "given", "token": None, "id": "x"}
    assert with_environment(asked, environment) == {
        "manager_hosts": "m1,m2",
        "username": "admin",
        "password": "given",
        "token": None,
        "id": "x",
    }


def test_environment_of_the_task_comes_first() -> None:
    environment = {"CLOUDIFY_USERNAME": "here", "CLOUDIFY_TENANT": "one"}
    assert with_environment({}, environment, but={"CLOUDIFY_USERNAME"}) == {"tenant": "one"}


def test_certificates_go_along_since_the_file_does_not(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text(CA)
    environment = {"CLOUDIFY_CA_PATH": str(file)}
    assert with_environment({}, environment) == {"ca_certificates": CA}
    assert with_environment({"ca_path": "/there"}, environment) == {"ca_path": "/there"}
    given = {"ca_certificates": "mine"}
    assert with_environment(given, environment)["ca_certificates"] == "mine"
    # that of the other host, or the module says that there is none
    environment = {"CLOUDIFY_CA_PATH": "/only/there"}
    assert with_environment({}, environment) == {"ca_path": "/only/there"}


def test_certificates_are_in_a_file_as_long_as_the_client() -> None:
    import certifi

    text = Path(certifi.where()).read_text(encoding="utf-8")
    client = client_from({**PARAMS, "ca_certificates": text})
    path = str(client.http.connection.verify)
    assert Path(path).read_text(encoding="utf-8") == text
    del client
    assert not os.path.exists(path)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"ca_certificates": "no certificate"}, "ca_certificates has no certificate in PEM form"),
        ({"ca_certificates": CA, "ca_path": "/a"}, "ca_path and ca_certificates are both given"),
        ({"ca_certificates": CA}, "ca_certificates has no certificate in PEM form"),
    ],
)
def test_certificates_that_are_none(changes: dict[str, str], why: str) -> None:
    with pytest.raises(RecoveryError, match=why):
        client_from({**PARAMS, **changes})
