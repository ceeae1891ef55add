# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an event holds."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.cloudify_ha.recovery.extensions.eda.plugins.event_source.cloudify_ha_watch.events import (
    MOST_LINES,
    event_of,
    hider,
)
from ansible_collections.cloudify_ha.recovery.extensions.eda.plugins.event_source.cloudify_ha_watch.hysteresis import (
    Diagnosis,
    Notice,
)

KEYS = {
    **dict.fromkeys(("cluster", "class", "state", "confidence", "reason", "previous"), str),
    **dict.fromkeys(("since", "time", "summary", "runbook", "command"), str),
    **dict.fromkeys(("nodes", "evidence", "do_first", "also"), list),
    "looks": int,
    "destructive": bool,
}
SAID: dict[str, t.Any] = {
    "cluster": "production",
    "confidence": "high",
    "summary": "Down: h3 (dead).",
    "evidence": [{"who": "controller", "says": "h3 does not answer by ssh"}],
    "first": ["Start the host again if it can be."],
    "also": [{"class": "disk_full", "summary": "", "nodes": ["h1"], "evidence": []}],
    "command": "ansible-playbook cloudify_ha.recovery.replace_node -e cloudify_confirm=production",
    "destructive": True,
    "safe": [],
}


def event(said: dict[str, t.Any], **options: t.Any) -> dict[str, t.Any]:
    look = Diagnosis("node_down", "degraded", ("h3",), "replace_node", at="t9", said=said)
    notice = Notice(look, "changed", "healthy", since="t8", looks=2)
    made = event_of(notice, **{"cluster": "", **options})
    assert list(made) == ["cluster_health"]
    found: dict[str, t.Any] = made["cluster_health"]
    assert {name: type(value) for name, value in found.items()} == KEYS
    json.dumps(found)
    return found


def test_all_of_it() -> None:
    assert event(SAID) == {
        "cluster": "production",
        "class": "node_down",
        "state": "degraded",
        "confidence": "high",
        "reason": "changed",
        "previous": "healthy",
        "since": "t8",
        "time": "t9",
        "looks": 2,
        "nodes": ["h3"],
        "summary": "Down: h3 (dead).",
        "evidence": ["controller: h3 does not answer by ssh"],
        "do_first": ["Start the host again if it can be."],
        "also": ["disk_full"],
        "runbook": "replace_node",
        "command": SAID["command"],
        "destructive": True,
    }


def test_the_keys_are_always_there() -> None:
    assert event({}, cluster="named")["cluster"] == "named"
    assert event(dict.fromkeys(SAID))["evidence"] == []


def test_much_evidence_is_cut() -> None:
    lines = [{"who": "h1", "says": "x" * 1000}] * (MOST_LINES + 5)
    found = event({"evidence": lines})["evidence"]
    assert len(found) == MOST_LINES + 1 and found[-1] == "... and 5 more"
    assert len(json.dumps(found)) < 10000


def test_no_secret() -> None:
    environment = {
        "CLOUDIFY_PASSWORD": "S3cr3t/of+it",
        "CLOUDIFY_TOKEN": "t0k3n-t0k3n",
        "LONG_TOKEN": "t0k3n-t0k3n-and-more",
        "HOME": "/root",
        # in too many words
        "OTHER_PASSWORD": "a",
    }
    hide = hider(environment)
    said = {"evidence": [{"who": "h1", "says": "S3cr3t/of+it t0k3n-t0k3n-and-more /root"}]}
    assert event(said, hide=hide)["evidence"] == ["h1: ******** ******** /root"]
    # a secret that is called as a class is none for a rulebook
    assert event(said, hide=hider({"A_PASSWORD": "node_down"}))["class"] == "node_down"
