# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may do what, as far as an approver and an operator are told apart.

Superusers may do everything. Others may read, launch what they have the execute role (or admin role) of, and approve in
workflows of which they have the approval role; everything else is refused. AWX knows more.
"""

from __future__ import annotations

from awx.standin import errors
from awx.standin.service import Service
from awx.standin.store import Item, Store, ref
from awx.standin.wire import Request

NEEDED = {
    "launch": ("execute_role", "admin_role"),
    "approve": ("approval_role", "admin_role"),
    "deny": ("approval_role", "admin_role"),
    "update": ("update_role", "admin_role"),
}


def check(service: Service, request: Request, item: Item | None, name: str) -> None:
    user = request.user
    if not request.mutating or user is None or user["is_superuser"] or name == "tokens":
        return
    if item is None:
        raise errors.forbidden()
    if item["_plural"] == "tokens" and item["user"] == user["id"]:
        return
    held = _about(service.store, item)
    if held and _has(service.store, user, held, NEEDED.get(name, ("admin_role",))):
        return
    raise errors.forbidden()


def _about(store: Store, item: Item) -> Item | None:
    """What holds the roles that decide: for an approval it is the workflow."""
    if item["_plural"] == "workflow_approvals":
        node = store.find("workflow_job_nodes", job=item["id"])
        run = store.get("workflow_jobs", node["workflow_job"]) if node else None
        return store.get("workflow_job_templates", run["workflow_job_template"]) if run else None
    return item


def _has(store: Store, user: Item, item: Item, names: tuple[str, ...]) -> bool:
    owners = [item]
    organization = store.get("organizations", item.get("organization"))
    if organization:
        owners.append(organization)
    teams = [t for t in store.all("teams") if user in store.linked(t, "users")]
    for owner in owners:
        for role in store.where("roles", _of=ref(owner)):
            if role["_field"] not in names:
                continue
            if user in store.linked(role, "users"):
                return True
            if any(team in store.linked(role, "teams") for team in teams):
                return True
    return False
