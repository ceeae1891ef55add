# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook status, as a monitor runs it."""

from __future__ import annotations

import json
import re
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from playbooks.cluster import NAME, Cluster, now
from tooling.played import Played

CODES = {"OK": 0, "WARNING": 2, "UNKNOWN": 2, "CRITICAL": 4}


def status(cluster: Cluster, *words: str, **variables: Any) -> tuple[str, Played]:
    """The line, which agrees with the exit code."""
    played = cluster.play("status", *words, **variables)
    (line,) = re.findall(r"^STATUS .*", played.output, re.MULTILINE)
    assert played.code == CODES[line.split()[1].rstrip(":")], played.output
    assert f": cluster {variables.get('cloudify_cluster_name', NAME)}: " in line
    return line, played


@pytest.fixture
def kept(cluster: Cluster) -> Cluster:
    """A cluster with one set that was made, and four like it."""
    cluster.ok("backup")
    (name,) = cluster.names()
    for number in range(1, 5):
        copy = cluster.folder / f"earlier-{number}"
        shutil.copytree(cluster.folder / name, copy)
        taken = f"2026-11-0{number}T02:00:00Z"
        cluster.edit_manifest(copy.name, id=copy.name, content_taken_at=taken, created_at=taken)
    return cluster


def newest(cluster: Cluster) -> str:
    return next(name for name in cluster.names() if name.startswith("backup-"))


@pytest.mark.smoke
def test_from_none_to_enough(cluster: Cluster, tmp_path: Path) -> None:
    line, _played = status(cluster)
    assert line == f"STATUS CRITICAL: cluster {NAME}: there is no verified set"
    cluster.ok("backup")
    before, asked = sorted(cluster.store.rglob("*")), len(cluster.manager.requests())
    files = {
        "cloudify_status_file": str(tmp_path / "status.json"),
        "cloudify_metrics_file": str(tmp_path / "sets.prom"),
    }
    line, played = status(cluster, **files)
    assert line.startswith(f"STATUS WARNING: cluster {NAME}: 1 verified set, fewer than 2; newest")
    assert played.failure == line
    line, _played = status(cluster, "--check", status_min_sets=1, **files)
    assert line.startswith(f"STATUS OK: cluster {NAME}: newest verified set backup-")
    # everybody may read what it leaves, also after the plan; the store and the manager are left alone
    found = json.loads((tmp_path / "status.json").read_text())
    assert (found["state"], found["verified"]) == ("ok", 1)
    text = (tmp_path / "sets.prom").read_text()
    assert f'cloudify_ha_verified_sets{{cluster="{NAME}"}} 1' in text
    assert {stat.S_IMODE(Path(each).stat().st_mode) for each in files.values()} == {0o644}
    assert sorted(cluster.store.rglob("*")) == before
    assert len(cluster.manager.requests()) == asked


def test_what_is_wrong_with_them(kept: Cluster) -> None:
    line, _played = status(kept)
    assert line.startswith("STATUS OK: ") and line.endswith("; 5 verified sets")
    name = newest(kept)
    # a byte that has rotted is only seen by who reads all of them
    snapshot = kept.folder / name / "snapshot.zip"
    data = snapshot.read_bytes()
    snapshot.write_bytes(
        data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 255]) + data[len(data) // 2 + 1 :]
    )
    assert status(kept)[0].startswith("STATUS OK: ")
    line, _played = status(kept, status_verify="newest")
    assert line.startswith(f"STATUS CRITICAL: cluster {NAME}: the newest verified set is ")
    assert f"set {name} cannot be relied on: " in line
    # one that is shorter by everybody
    snapshot.write_bytes(data[:-1])
    line, _played = status(kept, status_max_age="9999d")
    assert line.startswith(
        f"STATUS WARNING: cluster {NAME}: set {name} cannot be relied on: snapshot.zip has "
    )
    snapshot.write_bytes(data)
    assert "less than 1.0 GiB" in status(kept, status_min_size="1G")[0]
    manifest = kept.manifest(name)
    manifest["files"]["snapshot.zip"]["size"] = 2000
    kept.edit_manifest(name, files=manifest["files"])
    snapshot.write_bytes(data[:2000])
    assert "STATUS WARNING" in status(kept)[0] and "(the median)" in status(kept)[0]
    assert status(kept, status_max_shrink=100)[0].startswith("STATUS OK: ")
    kept.edit_manifest(name, content_taken_at="2026-11-05T02:00:00Z")
    assert "STATUS CRITICAL" in status(kept, status_max_shrink=100)[0]


def test_as_json(cluster: Cluster) -> None:
    played = cluster.play("status", cloudify_output="json")
    found, _end = json.JSONDecoder().raw_decode(played.output[played.output.index("\n{\n") + 1 :])
    assert played.code == 4 and found["state"] == "critical" and found["time"] <= now()
    assert found["objectives"]["max_age"] == 93600


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({"status_max_age": "soon"}, "max_age is soon, which is no duration such as 26h"),
        ({"status_min_size": "big"}, "min_size is big, which is no size such as 500K"),
        ({"status_max_shrink": 200}, "max_shrink is 200, which is no percentage"),
        ({"status_min_sets": "many"}, "min_sets is many, which is not a number of sets"),
        ({"status_verify": "some"}, "value of verify must be one of: size, newest, full"),
        ({"cloudify_cluster_name": "../up"}, "'../up'"),
    ],
)
def test_what_cannot_be_judged_is_unknown(
    variables: dict[str, Any], why: str, cluster: Cluster
) -> None:
    line, played = status(cluster, **variables)
    assert line.startswith("STATUS UNKNOWN: ") and why in line
    assert "\n" not in played.failure and not cluster.store.exists()
