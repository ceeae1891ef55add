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
    _awx_names,
    _awx_rules,
    _awx_schedules,
    _awx_settings,
    _awx_templates,
    _awx_type_rules,
    _awx_workflows,
)

Json = dict[str, t.Any]

#: What has secrets, or templates that AWX is to fill in.
ACCESS = ("credential_type", "credentials")
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
        "workflows": _awx_workflows.workflows(settings, names),
        "workflow_nodes": [
            {
                "name": _awx_workflows.name_of(settings, runbook),
                "organization": settings["organization"],
                "workflow_nodes": _awx_workflows.nodes_of(settings, runbook),
                # one that is not ours would run with the others
                "destroy_current_nodes": True,
            }
            for runbook in _awx_workflows.RUNBOOKS
        ],
        "schedules": _awx_schedules.schedules(settings),
    }
    wrong = list(broken_rules(made))
    if wrong:
        return {}, wrong
    made["names"] = names_of(made)
    made["look_for"] = look_for(settings)
    made["unwanted"] = unwanted(settings, made)
    made["removable"] = removable(settings, made)
    return made, []


#: Kinds as AWX lists them -> as they are called here.
_LISTS = {
    "credential_types": "credential_type",
    "credentials": "credentials",
    "execution_environments": "environments",
    "projects": "project",
    "inventories": "inventory",
    "inventory_sources": "sources",
    "job_templates": "job_templates",
    "workflow_job_templates": "workflows",
    "schedules": "schedules",
}


def names_of(made: Json) -> dict[str, list[str]]:
    """The names of all that AWX is to have, by its lists."""
    found = {}
    for listed, kind in _LISTS.items():
        each = made[kind]
        found[listed] = [one["name"] for one in (each if isinstance(each, list) else [each])]
    return found


def look_for(settings: Json) -> dict[str, Json]:
    """The queries that find them in these lists, with what an earlier setup may have left."""
    found: dict[str, Json] = {}
    for listed in _LISTS:
        query: Json = {"name__startswith": _awx_names.of(settings, ""), "page_size": 200}
        if listed == "credential_types":
            query = {"name": _awx_names.CREDENTIAL_TYPE}
        elif listed == "inventory_sources":
            query["inventory__organization__name"] = settings["organization"]
        elif listed != "schedules":
            query["organization__name"] = settings["organization"]
        found[listed] = query
    return found


def unwanted(settings: Json, made: Json) -> dict[str, list[str]]:
    """What other settings would have made, and these do not: it would go on by itself."""
    schedules = {_awx_schedules.name_of(settings, name) for name in _awx_schedules.TARGETS}
    sources = {_awx_inventory.source_name(settings)}
    return {
        "schedules": sorted(schedules - {each["name"] for each in made["schedules"]}),
        "inventory_sources": sorted(sources - {each["name"] for each in made["sources"]}),
    }


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


def removable(settings: Json, made: Json) -> dict[str, list[str]]:
    """The names of all that any settings would have made under this name, by AWX's lists."""
    optional = {
        "execution_environments": [_awx_templates.environment_name(settings)],
        "credentials": [
            _awx_credentials.name_of(settings, kind) for kind in _awx_credentials.KINDS
        ],
        **made["unwanted"],
    }
    return {
        listed: sorted({*names, *optional.get(listed, ())})
        for listed, names in made["names"].items()
    }


__all__ = ("ACCESS", "broken_rules", "look_for", "names_of", "objects", "removable", "unwanted")
