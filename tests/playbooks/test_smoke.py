# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backup, plan and restore, on every ansible-core."""

from __future__ import annotations

from pathlib import Path

import pytest

from playbooks.cluster import NAME, Cluster
from tooling.another_python import another_python

pytestmark = pytest.mark.typed


def as_text(**variables: object) -> list[str]:
    """As an operator types them, which makes text of each."""
    return [word for name, value in variables.items() for word in ("-e", f"{name}={value}")]


@pytest.mark.smoke
def test_there_and_back(cluster: Cluster, tmp_path: Path) -> None:
    cluster.connect_with_variables()
    python = str(another_python(tmp_path))
    blueprints = cluster.ids("blueprints")
    settings = {"keep": 14, "keep_on_manager": "false", "format": "new", "timeout": 300}
    words = as_text(**{f"take_snapshot_{name}": value for name, value in settings.items()})
    report = cluster.ok("backup", *words).report
    assert report[0] == f"BACKUP OK: cluster {NAME} (7.0.5, premium)"
    (name,) = cluster.names()
    cluster.whole(name)
    assert cluster.snapshots() == []
    cluster.manager.wipe()
    since = len(cluster.manager.requests())
    report = cluster.ok("restore", "--check", ansible_python_interpreter=python).report
    assert report[0].startswith(f"PLAN: restore of cluster {NAME} on 127.0.0.1")
    assert report[1].startswith(f"set {name} of ")
    assert cluster.changes(since) == []
    settings = {"keep_on_manager": "no", "mend": "yes", "accept_partial": 0, "timeout": 600}
    words = as_text(**{f"apply_snapshot_{name}": value for name, value in settings.items()})
    report = cluster.ok("restore", *words).report
    assert report[0].startswith(f"RESTORE OK: cluster {NAME} on 127.0.0.1")
    assert report[2].removeprefix("content: ") == report[3].removeprefix("expected: ")
    assert report[5] == "missing or different: nothing"
    assert cluster.ids("blueprints") == blueprints
    assert cluster.snapshots() == []


@pytest.mark.smoke
@pytest.mark.parametrize("playbook", ["backup", "restore"])
def test_bad_settings_are_told_in_one_line(playbook: str, cluster: Cluster) -> None:
    del cluster.variables["cloudify_cluster_name"]
    begin = f'{playbook.upper()} FAILED: cluster ?, at "Check the settings": '
    assert cluster.fail(playbook) == (
        f"{begin}the name of the cluster is missing, give it as cloudify_cluster_name."
    )
    role = {"backup": "take_snapshot", "restore": "apply_snapshot"}[playbook]
    words = as_text(**{f"{role}_timeout": "abc", f"{role}_keep_on_manager": "perhaps"})
    told = cluster.fail(playbook, *words, cloudify_store_dir="store", cloudify_connection="a b")
    for part in (
        "the name of the cluster is missing",
        f"{role}_timeout is not of type float",
        f"{role}_keep_on_manager is not of type bool",
        "the store is store, which is not an absolute path",
        "cloudify_connection is no mapping",
    ):
        assert part in told
    assert "argument_spec" not in told
    assert cluster.manager.requests() == []
