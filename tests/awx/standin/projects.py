# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Syncing a project: what is there, and what AWX keeps of it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlparse

from awx.standin import clock
from awx.standin.playbooks import playbooks_in, revision_of
from awx.standin.service import Service, afterwards
from awx.standin.store import Item

SYNC_FIELDS = ("scm_url", "scm_branch", "scm_type", "scm_refspec")


def source_of(service: Service, project: Item) -> Path | list[str] | None:
    """A directory or a list of playbooks; None where nothing can be fetched from."""
    settings = service.settings
    if not project["scm_type"]:
        folder = settings.projects_root and settings.projects_root / project["local_path"]
        return folder if folder and folder.is_dir() else None
    url = project["scm_url"]
    if url in settings.projects:
        return settings.projects[url]
    parsed = urlparse(url)
    folder = Path(parsed.path) if parsed.scheme in ("", "file") else None
    return folder if folder and folder.is_dir() else None


def listed(service: Service, project: Item) -> list[str]:
    """Of a manual project whatever is there now, of others what the last sync found."""
    if project["scm_type"]:
        return project.get("_playbooks", [])
    source = source_of(service, project)
    return playbooks_in(source) if isinstance(source, Path) else []


def start_sync(service: Service, project: Item, launch_type: str = "manual") -> Item:
    names = ("name", "description", "scm_type", "scm_url", "scm_branch", "timeout")
    update = service.store.add(
        "project_updates",
        {
            **{name: project[name] for name in names},
            "project": project["id"],
            "unified_job_template": project["id"],
            "status": "pending",
            "launch_type": launch_type,
        },
    )
    project["_last_update"] = update["id"]
    service.later(lambda: _sync(service, project, update))
    return update


def _sync(service: Service, project: Item, update: Item) -> None:
    source = source_of(service, project)
    update["started"] = clock.iso()
    if source is None:
        where = project["scm_url"]
        ended = {
            "status": "failed",
            "failed": True,
            "result_stdout": f"fatal: repository '{where}' does not exist",
        }
    else:
        project["_playbooks"] = playbooks_in(source) if isinstance(source, Path) else list(source)
        project["scm_revision"] = revision_of(source)
        ended = {"status": "successful", "scm_revision": project["scm_revision"]}
    update.update(ended, finished=clock.iso(), event_processing_finished=True)


@afterwards("projects")
def sync_what_changed(service: Service, project: Item, before: Item | None) -> None:
    """As Project.save in awx/main/models/projects.py."""
    if project["scm_type"] and (
        before is None or any(before[name] != project[name] for name in SYNC_FIELDS)
    ):
        start_sync(service, project)


def status_of(service: Service, project: Item) -> str:
    if not project["scm_type"]:
        return "ok" if source_of(service, project) is not None else "missing"
    update = service.store.get("project_updates", project.get("_last_update"))
    return update["status"] if update else "never updated"
