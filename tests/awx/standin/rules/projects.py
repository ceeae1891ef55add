# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Projects.

As ProjectOptionsSerializer and ProjectSerializer in awx/api/serializers.py, and the `clean_` methods of ProjectOptions in
awx/main/models/projects.py.
"""

from __future__ import annotations

from awx.standin.errors import Invalid
from awx.standin.rules import Change, on_change

UPDATE_OPTIONS = (
    "scm_update_on_launch",
    "scm_delete_on_update",
    "scm_track_submodules",
    "scm_clean",
)


@on_change("projects")
def a_manual_project_has_a_directory_of_its_own(change: Change) -> None:
    after, before = change.after, change.before
    if after["scm_type"]:
        after["local_path"] = before["local_path"] if before else ""
        return
    if "local_path" not in change.given or (before and before["local_path"] == after["local_path"]):
        return
    taken = [p["local_path"] for p in change.store.where("projects", scm_type="")]
    free = [p for p in change.service.settings.local_paths() if p not in taken]
    if after["local_path"] not in free:
        message = "This path is already being used by another manual project."
        raise Invalid({"local_path": message})


@on_change("projects")
def a_manual_project_is_not_updated(change: Change) -> None:
    if not change.after["scm_type"] and any(change.after[name] for name in UPDATE_OPTIONS):
        raise Invalid({"detail": "Update options must be set to false for manual projects."})


@on_change("projects")
def what_is_fetched_has_a_url(change: Change) -> None:
    if change.after["scm_type"] and not change.after["scm_url"]:
        raise Invalid({"scm_url": "SCM URL is required."})


@on_change("projects")
def only_git_has_refspecs_and_submodules(change: Change) -> None:
    after = change.after
    wrong = {}
    if after["scm_branch"] and after["scm_type"] == "archive":
        wrong["scm_branch"] = "SCM branch cannot be used with archive projects."
    if after["scm_refspec"] and after["scm_type"] != "git":
        wrong["scm_refspec"] = "SCM refspec can only be used with git projects."
    if after["scm_track_submodules"] and after["scm_type"] != "git":
        wrong["scm_track_submodules"] = "SCM track_submodules can only be used with git projects."
    if wrong:
        raise Invalid(wrong)


@on_change("projects")
def its_credential_is_one_of_source_control(change: Change) -> None:
    credential = change.store.get("credentials", change.after["credential"])
    kind = credential and change.store.get("credential_types", credential["credential_type"])
    if kind and kind["kind"] != ("insights" if change.after["scm_type"] == "insights" else "scm"):
        raise Invalid({"credential": "Credential kind must be 'scm'."})
