# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""All objects that AWX is to have, by kind, as the modules of awx.awx name their options. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.plugin_utils import (
    _awx_credentials,
    _awx_inventory,
    _awx_rules,
    _awx_schedules,
    _awx_settings,
    _awx_templates,
    _awx_type_rules,
    _awx_workflows,
)

Json = dict[str, t.Any]

#: In place of the nodes while nobody has asked the cluster: the rest can be held against the rules.
UNKNOWN = ("unknown",)


def objects(
    given: t.Any, *, nodes: t.Sequence[str] = (), instances: t.Sequence[str] = ()
) -> tuple[Json, list[str]]:
    """The objects, and what is wrong, one line each; with anything wrong there are no objects.

    :param given: the settings of role setup_awx by name
    :param nodes: the cluster's nodes, where the settings do not name them
    :param instances: names and addresses of AWX's own machines
    """
    settings, wrong = _awx_settings.read(given, instances=instances)
    if wrong:
        return {}, wrong
    names = list(settings["nodes"]) or list(nodes) or list(UNKNOWN)
    made: Json = {
        "organization": settings["organization"],
        "credential_type": _awx_credentials.credential_type(),
        "credentials": _awx_credentials.credentials(settings),
        "environments": _awx_templates.environments(settings),
        "project": _awx_templates.project(settings),
        "inventory": _awx_inventory.inventory(settings),
        "hosts": _awx_inventory.hosts(settings),
        "groups": _awx_inventory.groups(settings),
        "sources": _awx_inventory.sources(settings),
        "job_templates": _awx_templates.job_templates(settings, names),
        "workflows": [
            {**workflow, "workflow_nodes": _awx_workflows.nodes_of(settings, runbook)}
            for runbook, workflow in zip(
                _awx_workflows.RUNBOOKS, _awx_workflows.workflows(settings, names)
            )
        ],
        "schedules": _awx_schedules.schedules(settings),
    }
    wrong = list(broken_rules(made))
    return ({}, wrong) if wrong else (made, [])


def broken_rules(made: Json) -> t.Iterator[str]:
    """What AWX would refuse, or take and fail with later."""
    kind = made["credential_type"]
    yield from _awx_type_rules.of_credential_type(kind)
    for credential in made["credentials"]:
        if credential["credential_type"] == kind["name"]:
            yield from _awx_type_rules.of_credential(credential, kind)
    for template in (*made["job_templates"], *made["workflows"]):
        if template["survey_enabled"]:
            yield from _awx_rules.of_survey(template["name"], template["survey_spec"])
    for schedule in made["schedules"]:
        yield from _awx_type_rules.of_schedule(schedule)
    yield from _of_groups(made)
    yield from _of_names(made)


def _of_groups(made: Json) -> t.Iterator[str]:
    known = {host["name"] for host in made["hosts"]}
    for group in made["groups"]:
        if group["name"] == "all":
            yield "a group cannot be called all"
        for host in group["hosts"]:
            if host not in known:
                yield f"group {group['name']} has {host}, which is no host"


def _of_names(made: Json) -> t.Iterator[str]:
    """Those of jobs, workflows and sources are looked up together."""
    names = [
        each["name"] for kind in ("job_templates", "workflows", "sources") for each in made[kind]
    ]
    names += [host["name"] for host in made["hosts"]]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{name} is the name of two things"
    for name in sorted(names):
        if len(name) > 512 or "++" in name:
            yield f"{name} is no name that AWX can look up"


__all__ = ("broken_rules", "objects")
