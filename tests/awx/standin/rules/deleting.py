# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may not be deleted: what AWX brought along, what is in use, what is at work."""

from __future__ import annotations

from awx.standin.errors import ApiError, conflict, forbidden
from awx.standin.kinds import UNIONS
from awx.standin.models.runs import STATUSES
from awx.standin.rules import on_delete
from awx.standin.service import Service
from awx.standin.store import Item

ACTIVE = STATUSES[:4]


@on_delete("credential_types")
def managed_types_stay(_service: Service, item: Item) -> None:
    if item["managed"]:
        raise forbidden("Deletion not allowed for managed credential types")


@on_delete("credential_types")
def types_in_use_stay(service: Service, item: Item) -> None:
    """As CredentialTypeDetail.destroy in awx/api/views/__init__.py."""
    if service.store.where("credentials", credential_type=item["id"]):
        raise forbidden("Credential types that are in use cannot be deleted")


@on_delete("credentials")
def managed_credentials_stay(_service: Service, item: Item) -> None:
    if item["managed"]:
        raise forbidden("Deletion not allowed for managed credentials")


@on_delete("execution_environments")
def managed_environments_stay(_service: Service, item: Item) -> None:
    if item["managed"]:
        raise forbidden()


@on_delete("instance_groups")
def the_groups_of_awx_itself_stay(_service: Service, item: Item) -> None:
    if item["name"] in ("controlplane", "default"):
        raise forbidden(f"{item['name']} group can not be deleted")


@on_delete(
    "job_templates", "projects", "workflow_job_templates", "inventory_sources", "organizations"
)
def nothing_at_work_is_deleted(service: Service, item: Item) -> None:
    """As RelatedJobsPreventDeleteMixin in awx/api/views/mixin.py."""
    active = []
    for job in service.store.all("unified_jobs"):
        template = service.store.get("unified_job_templates", job["unified_job_template"])
        if job["status"] not in ACTIVE or template is None:
            continue
        if item in (template, service.store.get("organizations", template.get("organization"))):
            active.append({"type": job["_plural"].removesuffix("s"), "id": str(job["id"])})
    if active:
        text = "Resource is being used by running jobs."
        raise ApiError(409, {**conflict(text).body, "active_jobs": active})


@on_delete(*UNIONS["unified_jobs"])
def a_job_at_work_stays(_service: Service, item: Item) -> None:
    if item["status"] in ACTIVE:
        raise forbidden("Cannot delete running job resource.")
