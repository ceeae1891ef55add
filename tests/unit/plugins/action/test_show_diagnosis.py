# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure

from ansible_collections.cloudify_ha.recovery.plugins.action import show_diagnosis

RESULT = {
    "cluster": "production",
    "class": "node_down",
    "state": "degraded",
    "confidence": "high",
    "summary": "h3 is down.",
    "time": "2026-11-22T02:00:00Z",
}


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(
        show_diagnosis.display, "display", lambda text, color=None: lines.append(text)
    )
    monkeypatch.setattr(
        show_diagnosis.display, "warning", lambda text: lines.append(f"WARN {text}")
    )
    monkeypatch.setattr(show_diagnosis.ActionBase, "run", lambda self, tmp=None, task_vars=None: {})
    return lines


def show(**more: t.Any) -> dict[str, t.Any]:
    action = object.__new__(show_diagnosis.ActionModule)
    given = {"result": RESULT, "output": "screen", "path": "", "fails": False, **more}
    action.validate_argument_spec = lambda **dummy: (None, given)  # type: ignore[method-assign]
    return action.run()


def test_the_page(printed: list[str]) -> None:
    done = show()
    (text,) = printed
    assert text.startswith("Cluster production is DEGRADED") and "h3 is down." in text
    assert done == {"changed": False, "state": "degraded"}


def test_json(printed: list[str]) -> None:
    show(output="json")
    assert json.loads(printed[0]) == RESULT


def test_nothing(printed: list[str]) -> None:
    show(output="none")
    assert printed == []


def test_a_file(printed: list[str], tmp_path: pathlib.Path) -> None:
    path = tmp_path / "found.json"
    path.write_text("old")
    path.chmod(0o644)
    show(path=str(path))
    assert json.loads(path.read_text()) == RESULT
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["found.json"]


def test_a_file_that_cannot_be_is_no_reason_to_say_less(
    printed: list[str], tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "nowhere" / "found.json"
    done = show(path=str(path), fails=True)
    assert done["failed"] and printed[0].startswith("Cluster production")
    assert printed[1] == f"WARN The diagnosis is not kept in {path}: No such file or directory"


@pytest.mark.parametrize("state", ["degraded", "unknown"])
def test_degraded_fails(printed: list[str], state: str) -> None:
    done = show(fails=True, result={**RESULT, "state": state})
    assert done["failed"]
    assert done["msg"] == f"{state.upper()}: cluster production: h3 is down."


def test_down_is_unreachable(printed: list[str]) -> None:
    with pytest.raises(AnsibleConnectionFailure, match="DOWN: cluster production: h3 is down"):
        show(fails=True, result={**RESULT, "state": "down"})
    assert printed


def test_healthy_does_not_fail(printed: list[str]) -> None:
    assert "failed" not in show(fails=True, result={**RESULT, "state": "healthy"})


def test_what_is_no_diagnosis(printed: list[str]) -> None:
    with pytest.raises(AnsibleActionFail, match="what the filter diagnosis returns"):
        show(result={})


def test_a_job_of_awx_keeps_no_file(
    printed: list[str], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWX_PRIVATE_DATA_DIR", "/tmp/awx_61_ifxztvul")
    done = show(path=str(tmp_path / "found.json"))
    assert not done.get("failed") and not list(tmp_path.iterdir())
    assert "would go with this AWX job" in printed[-1] and "cloudify_diagnosis" in printed[-1]
