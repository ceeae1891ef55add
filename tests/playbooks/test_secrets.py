# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret is seen in any output, at any verbosity, nor in any file of the store but the archive."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from playbooks.cluster import NAME, Cluster

OTHER = "An0ther/Passw0rd+of-the-fresh-one"
TOKEN_OF_A_SECRET = "v4lue-that-only-the-manager-knows"


def traces(text: str, secret: str) -> bool:
    """The secret itself, or as Basic authentication writes it."""
    encoded = base64.b64encode(f"admin:{secret}".encode()).decode()
    return secret in text or encoded in text


def outside_of_archives(folder: Path) -> str:
    """All text of the store."""
    texts = []
    for where, _folders, files in os.walk(folder):
        texts += [(Path(where) / name).read_text() for name in files if not name.endswith(".zip")]
    return "\n".join(texts)


@pytest.fixture(autouse=True)
def arguments_of_modules_are_shown(cluster: Cluster) -> None:
    """Newer versions do so only if they are asked to."""
    cluster.environment["ANSIBLE_INJECT_INVOCATION"] = "true"


def test_nothing_tells_a_password_or_a_secret(cluster: Cluster) -> None:
    password = cluster.manager.password
    cluster.manager.seed(kind="secrets", items=[{"key": "probe", "_value": TOKEN_OF_A_SECRET}])
    said = cluster.ok("backup", "-vvv").output
    cluster.manager.wipe()
    cluster.manager.control("POST", "/admin-password", {"password": OTHER})
    cluster.environment["CLOUDIFY_PASSWORD"] = OTHER
    said += cluster.ok("restore", "-vvv", apply_snapshot_restored_password=password).output
    # and where it goes wrong
    said += cluster.play("backup", "-vvv").output
    cluster.environment["CLOUDIFY_PASSWORD"] = password
    cluster.manager.workflow_fault("restore_snapshot", "hang")
    wait = {"apply_snapshot_timeout": 1, "cloudify_confirm": NAME}
    said += cluster.play("restore", "-vvv", **wait).output
    assert said.count('"invocation": {') >= 10
    texts = {
        "output": said,
        "log": cluster.log.read_text(),
        "store": outside_of_archives(cluster.store),
    }
    for where, text in texts.items():
        for secret in (password, OTHER, TOKEN_OF_A_SECRET):
            assert not traces(text, secret), f"{secret} is in the {where}"


def test_connection_given_as_variables_is_as_silent(cluster: Cluster) -> None:
    """As module_defaults, from a vault."""
    password = cluster.environment.pop("CLOUDIFY_PASSWORD")
    connection = {"username": "admin", "password": password}
    said = cluster.ok("backup", "-vvv", cloudify_connection=connection).output
    assert '"username": "admin"' in said
    assert not traces(said, password)
    assert not traces(outside_of_archives(cluster.store), password)
