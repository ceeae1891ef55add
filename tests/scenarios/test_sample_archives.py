# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives that a real manager made: each gets the verdict that the real restore deserved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _archive
from scenarios.site import ARCHIVES, Backup, Said, Site
from standin import archives

RICH = {
    "tenants": 1,
    "blueprints": 4,
    "deployments": 5,
    "plugins": 1,
    "secrets": 5,
    "sites": 2,
    "nodes": 10,
    "node_instances": 12,
    "executions": 14,
    "execution_schedules": 6,
}
PLACES = {
    "deployments web-prod of tenant default_tenant (site paris became none)",
    "deployments db-prod of tenant default_tenant (site tokyo became none)",
}


#: Of the admin on the manager that made them.
RECORDED_PASSWORD = "admin"


def held(site: Site, sample: str) -> Any:
    """The inventory of the manager that made an archive, from what a legacy archive of it holds."""
    model = archives.read(ARCHIVES / f"{sample}.zip").content
    site.manager.seed(content=model)
    content = site.content()
    site.manager.wipe()
    return content


def sample(site: Site, name: str, content: Any) -> Backup:
    path = ARCHIVES / f"{name}.zip"
    return Backup(name, path, content, "", {})


def lost(said: Said, what: str) -> set[str]:
    """The problems of one kind, without their first word."""
    return {each.removeprefix(what) for each in said["problems"] if each.startswith(what)}


def test_legacy_with_revisions_is_complete(site: Site) -> None:
    backup = sample(site, "rich-legacy-revisions", held(site, "rich-legacy-revisions"))
    site.bring(backup)
    said = site.restore(backup, restored_password=RECORDED_PASSWORD)
    assert said["outcome"] == "RESTORED"
    assert said["execution_status"] == "terminated"
    assert said["password_switched"]
    assert {kind: said["counts"][kind] for kind in RICH} == RICH
    assert said["comparison"]["complete"]
    assert "mended" not in said


def test_new_format_loses_schedules_and_sites(site: Site) -> None:
    backup = sample(site, "rich-new", held(site, "rich-legacy-revisions"))
    site.bring(backup)
    said = site.fail_to_restore(backup)
    assert said["outcome"] == "PARTIAL"
    assert said["execution_status"] == "failed"
    assert len(lost(said, "lost: execution_schedules ")) == 6
    assert lost(said, "changed: ") == PLACES
    assert len(said["problems"]) == 9
    assert "a schedule without rrule stopped the restore near its end" in said["msg"]
    assert "mend=true" in said["msg"]


@pytest.mark.parametrize("mode", ["deactivated", "activated"])
def test_new_format_is_whole_again_after_mending(mode: str, site: Site) -> None:
    backup = sample(site, "rich-new", held(site, "rich-legacy-revisions"))
    site.bring(backup)
    site.run("maintenance_mode", state=mode)
    said = site.restore(backup, mend=True)
    assert said["outcome"] == "RESTORED"
    assert said["execution_status"] == "failed"
    assert len(said["losses_before_mending"]) == 8
    assert len(said["mended"]) == 8
    assert said["not_mended"] == []
    assert said["counts"] == said["expected_counts"]
    after = site.content()["details"]
    assert after["placements"] == backup.content["details"]["placements"]
    assert [named(each) for each in after["execution_schedules"]] == [
        named(each) for each in backup.content["details"]["execution_schedules"]
    ]


def named(schedule: Any) -> Any:
    """A schedule without what depends on the time of day, and its rule without what is unset."""
    rule = {name: value for name, value in schedule["rule"].items() if value}
    return {**schedule, "rule": rule, "next_occurrence": None}


def test_new_format_with_rrule_loses_sites_only(site: Site) -> None:
    content = held(site, "rich-legacy-revisions-scheduled")
    scheduled = {each["id"] for each in content["details"].pop("scheduled_executions")}
    executions = content["content"]["default_tenant"]["executions"]
    executions["ids"] = [each for each in executions["ids"] if each not in scheduled]
    executions["count"] = len(executions["ids"])
    backup = sample(site, "rich-new-rrule", content)
    site.bring(backup)
    said = site.fail_to_restore(backup)
    assert (said["outcome"], said["execution_status"]) == ("PARTIAL", "terminated")
    assert set(said["problems"]) == {f"changed: {place}" for place in PLACES}
    site.bring(backup)
    said = site.restore(backup, mend=True)
    assert said["outcome"] == "RESTORED"
    assert len(said["mended"]) == 2


def test_accepted_loss_is_named_all_the_same(site: Site) -> None:
    backup = sample(site, "rich-new", held(site, "rich-legacy-revisions"))
    site.bring(backup)
    said = site.restore(backup, accept_partial=True)
    assert said["outcome"] == "PARTIAL"
    assert len(said["problems"]) == 9


@pytest.mark.parametrize("edition", ["premium", "community"])
@pytest.mark.parametrize("name", ["rich-legacy", "small-legacy"])
def test_legacy_without_revisions_is_refused(
    name: str, edition: str, start: Callable[..., Site]
) -> None:
    site = start(edition=edition)
    path = ARCHIVES / f"{name}.zip"
    refused = site.fail("snapshot_upload", id="community", src=str(path))
    why = "would take this legacy archive for new format, say terminated, and restore nothing"
    assert why in refused["msg"]
    assert site.posts() == []
    site.upload("community", path, force=True)
    before = len(site.posts())
    refused = site.fail("snapshot_restore", id="community")
    assert why in refused["msg"]
    assert len(site.posts()) == before


@pytest.mark.parametrize("with_inventory", [True, False])
def test_terminated_that_restored_nothing_is_failed(
    with_inventory: bool, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = held(site, "rich-legacy") if with_inventory else None
    monkeypatch.setattr(_archive, "problems_on", lambda description, target: [])
    site.upload("community", ARCHIVES / "rich-legacy.zip")
    said = site.fail("snapshot_restore", id="community", content=content, accept_partial=True)
    assert (said["outcome"], said["execution_status"]) == ("FAILED", "terminated")
    assert "restored nothing" in said["msg"]


def test_small_archive_in_new_format(site: Site) -> None:
    site.upload("small", ARCHIVES / "small-new-secret.zip")
    said = site.run("snapshot_restore", id="small")
    assert said["outcome"] == "RESTORED"
    assert site.get("/secrets")["items"][0]["key"] == "dr_secret"
    assert "no inventory is given" in said["warnings_found"][0]
