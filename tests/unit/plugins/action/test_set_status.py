# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from ansible.errors import AnsibleConnectionFailure

from ansible_collections.cloudify_ha.recovery.plugins.action import set_status

FOUND = {
    "unfinished": [],
    "sets": [
        {
            "id": f"backup-{day}",
            "problems": [],
            "verified": "size",
            "manifest": {
                "content_taken_at": f"2026-11-{day}T02:00:00Z",
                "files": {"snapshot.zip": {"size": 5000}},
                "archive": {"format": "legacy"},
                "proofs": [],
            },
        }
        for day in (22, 21)
    ],
}


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(set_status.display, "display", lambda text, color=None: lines.append(text))
    monkeypatch.setattr(set_status.display, "warning", lambda text: lines.append(f"WARN {text}"))
    monkeypatch.setattr(set_status.ActionBase, "run", lambda self, tmp=None, task_vars=None: {})
    monkeypatch.setattr(set_status, "utc_now", lambda: "2026-11-22T12:00:00Z")
    return lines


def status(**more: t.Any) -> dict[str, t.Any]:
    action = object.__new__(set_status.ActionModule)
    defaults = {name: spec.get("default") for name, spec in set_status.SPEC.items()}
    given = {**defaults, "found": FOUND, "cluster": "prod", **more}
    action.validate_argument_spec = lambda **dummy: (None, given)  # type: ignore[method-assign]
    return action.run()


def test_one_line(printed: list[str]) -> None:
    done = status(fails=True)
    assert printed == [
        "STATUS OK: cluster prod: newest verified set backup-22, 10 h old, 4.9 KiB; 2 verified sets"
    ]
    assert (done["changed"], done["state"]) == (False, "ok") and "failed" not in done


def test_json(printed: list[str]) -> None:
    done = status(output="json")
    assert json.loads(printed[0]) == done["status"]
    assert done["status"]["newest"]["id"] == "backup-22"


def test_files_that_everybody_may_read(printed: list[str], tmp_path: pathlib.Path) -> None:
    files = [tmp_path / "status.json", tmp_path / "sets.prom"]
    files[0].write_text("old")
    files[0].chmod(0o600)
    status(output="none", path=str(files[0]), metrics_path=str(files[1]))
    assert printed == []
    assert json.loads(files[0].read_text())["state"] == "ok"
    assert 'cloudify_ha_verified_sets{cluster="prod"} 2' in files[1].read_text()
    assert {each.stat().st_mode & 0o777 for each in files} == {0o644}
    assert sorted(tmp_path.iterdir()) == sorted(files)


def test_a_warning_fails(printed: list[str]) -> None:
    done = status(fails=True, min_sets="3")
    assert done["failed"] and done["msg"].startswith(
        "STATUS WARNING: cluster prod: 2 verified sets"
    )


def test_critical_is_unreachable(printed: list[str]) -> None:
    with pytest.raises(AnsibleConnectionFailure, match="STATUS CRITICAL: cluster prod: the newest"):
        status(fails=True, max_age="1h")
    assert printed


def test_it_only_tells_where_it_is_not_to_fail(printed: list[str]) -> None:
    assert "failed" not in status(max_age="1h") and printed[0].startswith("STATUS CRITICAL: ")


def test_a_bad_objective_is_a_status_that_is_not_known(printed: list[str]) -> None:
    done = status(fails=True, max_age="soon")
    assert done["failed"] and done["msg"] == printed[0]
    assert printed[0].startswith("STATUS UNKNOWN: cluster prod: max_age is soon, which is no ")


def test_a_file_that_cannot_be_is_a_failure_of_its_own(
    printed: list[str], tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "nowhere" / "status.json"
    done = status(fails=True, path=str(path))
    why = f"The status is not kept in {path}: No such file or directory"
    assert printed[0].startswith("STATUS OK: ") and printed[1] == f"WARN {why}"
    assert done["failed"] and done["msg"] == why


def test_a_job_of_awx_keeps_no_file(
    printed: list[str], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWX_PRIVATE_DATA_DIR", "/tmp/awx_61_ifxztvul")
    done = status(fails=True, path=str(tmp_path / "status.json"))
    assert not list(tmp_path.iterdir())
    # who watches the file would never see it
    assert done["failed"] and "would go with this AWX job; the job's output has it" in done["msg"]
