# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nodes and schedules answer in advance: refused where the template does not ask, or lacks an answer.

As LaunchConfigurationBaseSerializer.validate in awx/api/serializers.py and LaunchConfigCredentialsBase in
awx/api/views/__init__.py. Nodes: the serializer leaves out the check for missing values (`exclude_errors`), yet a node that
lacked a required value was seen to be refused, so it is here.
"""

from __future__ import annotations

from awx.standin import answers
from awx.standin.credentials import ENCRYPTED, asks_for, unique_name
from awx.standin.errors import Invalid, bad_request
from awx.standin.models.templates import prompts
from awx.standin.rules import Change, Linking, on_change, on_link
from awx.standin.surveys import passwords

PLACES = ("schedules", "workflow_job_template_nodes")
# Every field that may hold an answer.
NAMES = tuple(f.name for f in prompts() if f.name != "extra_data")


@on_change(*PLACES)
def a_hidden_answer_is_that_which_is_there(change: Change) -> None:
    template = change.store.get("unified_job_templates", change.after["unified_job_template"])
    survey = answers.survey_of(template) if template else {}
    extra = dict(change.after["extra_data"])
    for name in passwords(survey) & {n for n, value in extra.items() if value == ENCRYPTED}:
        there = (change.before or {}).get("extra_data", {}).get(name)
        question = next(q for q in survey["spec"] if q["variable"] == name)
        if there is not None:
            extra[name] = there
        elif question.get("default"):
            del extra[name]
        else:
            message = f"Provided variable {name} has no database value to replace with."
            raise Invalid({"extra_data": message})
    change.after["extra_data"] = extra


@on_change(*PLACES)
def answers_are_asked_for(change: Change) -> None:
    template = change.store.get("unified_job_templates", change.after["unified_job_template"])
    if template is None:
        return
    asked = {*answers.asked_by(template), "extra_data"}
    if change.partial and not asked & set(change.given):
        return
    given = {name: change.after[name] for name in NAMES if change.after[name] is not None}
    if change.after["extra_data"]:
        given["extra_vars"] = change.after["extra_data"]
    found = answers.in_advance(change.service, template, given)
    if found.errors:
        raise Invalid(found.errors)


@on_link(("schedules", "credentials"), ("workflow_job_template_nodes", "credentials"))
def credentials_are_asked_for(linking: Linking) -> None:
    store = linking.store
    template = store.get("unified_job_templates", linking.item["unified_job_template"])
    if template is None:
        raise bad_request({"msg": "Cannot assign credential when related template is null."})
    if "credentials" not in answers.asked_by(template):
        raise bad_request({"msg": "Related template cannot accept credentials on launch."})
    if asks_for(store, linking.other):
        text = (
            "Credential that requires user input on launch cannot be used in saved launch "
            "configuration."
        )
        raise bad_request({"msg": text})
    if not template["ask_credential_on_launch"]:
        text = "Related template is not configured to accept credentials on launch."
        raise bad_request({"msg": text})
    name = unique_name(store, linking.other)
    if name in [unique_name(store, c) for c in store.linked(linking.item, "credentials")]:
        text = f"This launch configuration already provides a {name} credential."
        raise bad_request({"msg": text})
    if linking.other in store.linked(template, "credentials"):
        text = f"Related template already uses {linking.other['name']} credential."
        raise bad_request({"msg": text})
