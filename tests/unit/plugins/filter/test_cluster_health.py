# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter cluster_health: which generation is judged, and input that is none."""

from __future__ import annotations

import base64
import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.cloudify_ha.recovery.plugins.filter.cluster_health import FilterModule
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.health_recordings import (
    RECORDED,
    recorded,
)

cluster_health = FilterModule().filters()["cluster_health"]


def judged(found: t.Any, **more: t.Any) -> dict[str, t.Any]:
    return t.cast(
        "dict[str, t.Any]",
        cluster_health(found["views"], members=found["members"], probes=found["probes"], **more),
    )


@pytest.mark.parametrize("name", RECORDED)
def test_the_generation_is_what_managers_are(name: str) -> None:
    found = recorded(name)
    answering = any(view["answers"] for view in found["views"].values())
    if answering:
        assert judged(found)["generation"] == found["generation"]


def test_healthy() -> None:
    said = judged(recorded("7.0.5-healthy"))
    assert said["healthy"] and said["problems"] == [] and said["seen_alive"] == {}


def test_of_the_dead_it_says_who_sees_them() -> None:
    found = recorded("7.0.5-healthy")
    said = judged(found, without=["h2"])
    assert not said["healthy"] and "h1 sees its manager as OK" in said["seen_alive"]["h2"]


def test_hosts_without_a_word() -> None:
    found = recorded("7.0.5-healthy")
    found["probes"] = {"h1": ""}
    said = judged(found)
    assert "h1: nothing is known of its database: the host does not answer" in said["problems"]
    assert "h3: nothing is known of its broker: the host does not answer" in said["problems"]


def test_a_host_that_answers_and_lets_nobody_ask() -> None:
    """It is not off, and what has to be mended is its sudo."""
    found = recorded("7.0.5-healthy")
    said = base64.b64encode(b"sudo: a password is required").decode()
    found["probes"] = dict.fromkeys(("h1", "h2", "h3"), f"refused {said}")
    told = judged(found)
    assert told["suspects"] == told["silent"] == []
    why = "the host answers, and says: sudo: a password is required"
    assert f"h1: nothing is known of its database: {why}" in told["problems"]
    assert f"h1: nothing is known of its broker: {why}" in told["problems"]
    found["views"]["h1"] = {"answers": False}
    assert "h1" not in judged(found)["silent"]


def test_only_standbys_answer() -> None:
    """Which tell nothing but that, not even their version."""
    found = recorded("7.0.5-healthy")
    view = {"answers": True, "status_code": 400, "error_code": "not_cluster_master", "error": "no"}
    found["views"] = {"h1": view, "h2": {"answers": False, "error": "off"}, "h3": view}
    said = judged(found)
    assert said["generation"] == "active_standby" and said["active"] == []
    assert "cluster: one manager should be active, and no manager answers as such" in (
        said["problems"]
    )


def test_nobody_answers() -> None:
    found = recorded("7.0.5-healthy")
    found["views"] = {}
    assert not judged(found)["healthy"]


def test_a_name_that_nobody_has() -> None:
    with pytest.raises(AnsibleFilterError, match="no member is called h7, h9"):
        judged(recorded("7.0.5-healthy"), without=["h9", "h7", "h1"])


@pytest.mark.parametrize("views", [None, [], "x"])
def test_views_that_are_none(views: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match="has to be the views of cluster_info"):
        cluster_health(views, members=[], probes={})
