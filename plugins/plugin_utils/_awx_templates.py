# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Where jobs come from and what they are: project, execution environment, job templates. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._awx_credentials import (
    for_jobs,
    name_of,
)
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._awx_names import of
from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils._awx_surveys import survey

Json = dict[str, t.Any]

#: Each runbook, and what the list of templates says of it.
RUNBOOKS = {
    "backup": "Back the cluster up into the store: a verified recovery set",
    "diagnose": "Say what is wrong, how that is known, and which runbook is for it; changes nothing",
    "status": "Say whether the sets in the store are as new and as many as they should be",
    "restore": "Restore a set onto a manager: what it has now is lost",
    "rebuild_cluster": "Rebuild the whole cluster from the store",
    "replace_node": "Replace a node that will not come back",
    "recover_active": "The active manager is lost: prove the failover, and keep evidence",
    "resolve_split_brain": "Freeze, save and compare the sides; heal towards a survivor",
    "recover": "Find out what is wrong, and run the runbook that is for it",
}
#: They only look, so that there is nothing to plan.
ONLY_LOOK = ("diagnose", "status")


def project(settings: Json) -> Json:
    told = settings["project"]
    found: Json = {
        "name": of(settings, "project"),
        "description": "The playbooks for AWX, which import those of cloudify_ha.recovery",
        "organization": settings["organization"],
    }
    if told.get("local_path"):
        return {**found, "scm_type": "manual", "local_path": told["local_path"]}
    found.update(
        scm_type="git",
        scm_url=told.get("url", ""),
        scm_branch=told.get("branch", ""),
        # a job must start while the repository cannot be reached
        scm_update_on_launch=False,
        allow_override=False,
    )
    if "scm" in settings:
        found["credential"] = name_of(settings, "repository")
    return found


def environments(settings: Json) -> list[Json]:
    if "environment" not in settings:
        return []
    told = settings["environment"]
    found: Json = {
        "name": environment_name(settings),
        "image": told.get("image", ""),
        "organization": settings["organization"],
        "pull": told.get("pull", "missing"),
    }
    if told.get("credential"):
        found["credential"] = told["credential"]
    return [found]


def environment_name(settings: Json) -> str:
    return of(settings, "environment")


def playbook(settings: Json, runbook: str) -> str:
    """As AWX lists it: relative to the project."""
    folder = settings["project"].get("folder", "").strip("/")
    return f"{folder}/{runbook}.yml".lstrip("/")


def job_templates(settings: Json, nodes: t.Sequence[str]) -> list[Json]:
    return [_template(settings, nodes, runbook) for runbook in RUNBOOKS]


def _template(settings: Json, nodes: t.Sequence[str], runbook: str) -> Json:
    asked = survey(runbook, settings, nodes)
    found: Json = {
        "name": of(settings, runbook),
        "description": RUNBOOKS[runbook],
        "organization": settings["organization"],
        "job_type": "run",
        "inventory": of(settings, "inventory"),
        "project": of(settings, "project"),
        "playbook": playbook(settings, runbook),
        "credentials": for_jobs(settings),
        "forks": settings["forks"],
        # a runbook without some of its hosts would take them for dead
        "limit": "",
        "ask_limit_on_launch": False,
        "job_slice_count": 1,
        "ask_job_slice_count_on_launch": False,
        # the store's lock refuses a second run; better that it waits
        "allow_simultaneous": runbook in ONLY_LOOK,
        # 0 is none: nobody knows how long a restore takes
        "timeout": settings["timeout"],
        # check is the plan
        "ask_job_type_on_launch": runbook not in ONLY_LOOK,
        "ask_variables_on_launch": False,
        "verbosity": 0,
        "survey_enabled": bool(asked),
        **notified(settings),
    }
    if asked:
        found["survey_spec"] = asked
    if "environment" in settings:
        found["execution_environment"] = environment_name(settings)
    return found


def notified(settings: Json, *, approvals: bool = False) -> Json:
    """Names of notification templates that are there already."""
    told = settings["notifications"]
    events = ("started", "success", "error", *(("approvals",) if approvals else ()))
    return {f"notification_templates_{event}": told[event] for event in events if told.get(event)}


__all__ = (
    "ONLY_LOOK",
    "RUNBOOKS",
    "environments",
    "job_templates",
    "notified",
    "playbook",
    "project",
)
