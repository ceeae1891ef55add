# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is answered to the questions of a template, at its launch or in advance by a node or a schedule.

As `_accept_or_ignore_job_kwargs` in awx/main/models/jobs.py and workflow.py, and JobLaunchSerializer.validate in
awx/api/serializers.py. What a template does not ask is passed over at a launch, and refused in advance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from awx.standin import surveys
from awx.standin.credentials import asks_for, unique_name
from awx.standin.fields import Refused, parse_variables
from awx.standin.models import templates, workflows
from awx.standin.service import Service
from awx.standin.store import Item, kind_of

LISTS = {"credentials": "credentials", "labels": "labels", "instance_groups": "instance_groups"}
TEMPLATES = ("job_templates", "workflow_job_templates")


def asked_by(template: Item) -> dict[str, str]:
    """Prompt -> the field that allows it; nothing for what can be asked nothing."""
    if template["_plural"] == "job_templates":
        return templates.ASKED
    return workflows.ASKED if template["_plural"] == "workflow_job_templates" else {}


def survey_of(template: Item) -> dict[str, Any]:
    """The survey, if it is enabled."""
    return (template.get("_survey") or {}) if template.get("survey_enabled") else {}


@dataclass
class Answers:
    """What was given, by whether the template takes it."""

    service: Service
    template: Item
    given: dict[str, Any]
    accepted: dict[str, Any] = field(default_factory=dict)
    ignored: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, Any] = field(default_factory=dict)

    def add(self, name: str, *texts: str) -> None:
        self.errors.setdefault(name, []).extend(texts)


Check = Callable[[Answers], None]


def at_launch(service: Service, template: Item, given: dict[str, Any]) -> Answers:
    """Sort and check what a POST to `launch/` brings."""
    answers = Answers(service, template, given)
    _read(answers)
    _sort(answers)
    if not answers.errors.get("extra_vars"):
        for check in (*CHECKS, *(JOB_CHECKS if template["_plural"] == "job_templates" else ())):
            check(answers)
    return answers


def in_advance(service: Service, template: Item, given: dict[str, Any]) -> Answers:
    """Sort and check what a node or a schedule keeps."""
    answers = Answers(service, template, given)
    if template["_plural"] not in TEMPLATES:
        for name in (n for n, value in given.items() if value not in (None, {})):
            answers.add(name, "Field is not allowed on launch.")
        return answers
    _sort(answers)
    for check in (*CHECKS, *ADVANCE_CHECKS):
        check(answers)
    return answers


def _read(answers: Answers) -> None:
    """Each value has to be one that the template's own field could have."""
    kind = kind_of(answers.template)
    for prompt in asked_by(answers.template):
        if prompt not in answers.given or prompt == "extra_vars":
            continue
        value = answers.given[prompt]
        try:
            if prompt in LISTS:
                _need_objects(answers.service, LISTS[prompt], value)
            else:
                known = kind.field(prompt)
                assert known
                answers.given[prompt] = answers.service.clean_one(known, value)
        except Refused as refused:
            answers.add(prompt, str(refused))


def _need_objects(service: Service, plural: str, numbers: Any) -> None:
    if not isinstance(numbers, list):
        raise Refused(f'Expected a list of items but got type "{type(numbers).__name__}".')
    for number in numbers:
        if not isinstance(number, int) or service.store.get(plural, number) is None:
            raise Refused(f'Invalid pk "{number}" - object does not exist.')


def _sort(answers: Answers) -> None:
    store, template = answers.service.store, answers.template
    for prompt, allowed_by in asked_by(template).items():
        value = answers.given.get(prompt)
        if prompt == "extra_vars" or value is None or prompt in answers.errors:
            continue
        if prompt in LISTS:
            there = [other["id"] for other in store.linked(template, prompt)]
            if not set(value) - set(there):
                continue
        elif value == template[prompt]:
            continue
        (answers.accepted if template[allowed_by] else answers.ignored)[prompt] = value
    _sort_variables(answers)


def _sort_variables(answers: Answers) -> None:
    template = answers.template
    given = answers.given.get("extra_vars") or {}
    try:
        values = parse_variables(given) if isinstance(given, str) else dict(given)
    except (Refused, TypeError, ValueError) as error:
        answers.add("extra_vars", str(error))
        return
    survey = survey_of(template)
    wrong = surveys.problems(survey, values)
    known = {q["variable"] for q in survey.get("spec", ())}
    own = parse_variables(template["extra_vars"])
    accepted, ignored = {}, {}
    for name, value in values.items():
        if name in wrong:
            ignored[name] = value
        elif name in known or template["ask_variables_on_launch"]:
            accepted[name] = value
        elif own.get(name) != value or name not in own:
            ignored[name] = value
    if accepted:
        answers.accepted["extra_vars"] = accepted
    if ignored:
        answers.ignored["extra_vars"] = ignored


# --- at a launch and in advance


def the_survey_is_answered(answers: Answers) -> None:
    """A required value has to be given even where the question has a default."""
    given = answers.given.get("extra_vars") or {}
    values = parse_variables(given) if isinstance(given, str) else given
    for texts in surveys.problems(survey_of(answers.template), values).values():
        answers.add("variables_needed_to_start", *texts)


def project_and_inventory_are_there(answers: Answers) -> None:
    if answers.template["_plural"] != "job_templates":
        return
    for name in ("project", "inventory"):
        if answers.template[name] is None and name not in answers.accepted:
            text = f"Job Template {name} is missing or undefined."
            answers.add("resources_needed_to_start", text)


CHECKS: list[Check] = [the_survey_is_answered, project_and_inventory_are_there]

# --- in advance only


def nothing_is_answered_that_is_not_asked(answers: Answers) -> None:
    title = kind_of(answers.template).title.title()
    for name, value in answers.ignored.items():
        if name != "extra_vars":
            answers.add(name, "Field is not configured to prompt on launch.")
            continue
        wrong = surveys.problems(survey_of(answers.template), value)
        names = [n for n in value if n not in wrong]
        if names:
            answers.add(
                "extra_data",
                f"Variables {', '.join(names)} are not allowed on launch. Check the Prompt on "
                f"Launch setting on the {title} to include Extra Variables.",
            )


def no_password_is_left_to_ask(answers: Answers) -> None:
    template, store = answers.template, answers.service.store
    if template.get("ask_credential_on_launch") or template["_plural"] != "job_templates":
        return
    if any(asks_for(store, credential) for credential in store.linked(template, "credentials")):
        text = "Saved launch configurations cannot provide passwords needed to start."
        answers.add("passwords_needed_to_start", text)


ADVANCE_CHECKS: list[Check] = [nothing_is_answered_that_is_not_asked, no_password_is_left_to_ask]

# --- at a job template's launch only


def the_project_was_fetched(answers: Answers) -> None:
    store = answers.service.store
    project = store.get("projects", answers.template["project"])
    if project is None:
        answers.add("project", "A project is required to run a job.")
        return
    update = store.get("project_updates", project.get("_last_update"))
    if project["scm_type"] and update and update["failed"]:
        answers.add("playbook", "Missing a revision to run due to failed project update.")


def the_inventory_stays(answers: Answers) -> None:
    store = answers.service.store
    own = store.get("inventories", answers.template["inventory"])
    given = store.get("inventories", answers.accepted.get("inventory"))
    if own and own["pending_deletion"]:
        text = "The inventory associated with this Job Template is being deleted."
        answers.add("inventory", text)
    elif given and given["pending_deletion"]:
        answers.add("inventory", "The provided inventory is being deleted.")


def credentials_replace_those_of_the_template(answers: Answers) -> None:
    if "credentials" not in answers.given or "credentials" in answers.errors:
        return
    store = answers.service.store
    given = [c for n in answers.given["credentials"] if (c := store.get("credentials", n))]
    names = [unique_name(store, c) for c in given]
    if "credentials" in answers.accepted:
        for name in sorted({n for n in names if names.count(n) > 1}):
            answers.add("credentials", f"Cannot assign multiple {name} credentials.")
    for own in store.linked(answers.template, "credentials"):
        if own not in given and unique_name(store, own) not in names:
            answers.add(
                "credentials",
                f"Removing {unique_name(store, own)} credential at launch time without "
                "replacement is not supported. Provided list lacked credential(s): "
                f"{own['name']}.",
            )


def passwords_are_given(answers: Answers) -> None:
    store = answers.service.store
    given = answers.given.get("credential_passwords") or {}
    for credential in launched_with(answers):
        for name in asks_for(store, credential):
            if name not in given:
                answers.add("passwords_needed_to_start", name)


JOB_CHECKS: list[Check] = [
    the_project_was_fetched,
    the_inventory_stays,
    credentials_replace_those_of_the_template,
    passwords_are_given,
]


def launched_with(answers: Answers) -> list[Item]:
    """The template's credentials, each replaced by one of its type that was given."""
    store = answers.service.store
    chosen = {unique_name(store, c): c for c in store.linked(answers.template, "credentials")}
    for number in answers.accepted.get("credentials", ()):
        credential = store.get("credentials", number)
        if credential:
            chosen[unique_name(store, credential)] = credential
    return list(chosen.values())
