# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Maintenance mode."""

from __future__ import annotations

from standin import errors
from standin.app import route
from standin.auth import need_admin
from standin.manager import Manager
from standin.wire import Request, Response, reply

ACTIONS = ["activate", "deactivate"]


@route("GET", "/maintenance", since="v2.1")
def get_maintenance(manager: Manager, request: Request) -> Response:
    return reply(manager.maintenance.get())


@route("POST", "/maintenance/<action>", since="v2.1")
def set_maintenance(manager: Manager, request: Request, action: str) -> Response:
    need_admin(request, "maintenance_mode_set")
    if action not in ACTIONS:
        raise errors.bad_parameters(f"Invalid action: {action}, Valid action values are: {ACTIONS}")
    user = str((request.user or {}).get("username"))
    if action == "activate":
        state = manager.maintenance.activate(user)
    else:
        state = manager.maintenance.deactivate()
    if state is None:
        return Response(304, content_type=None)
    return reply(state)
