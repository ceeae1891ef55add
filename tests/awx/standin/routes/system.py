# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service says of itself."""

from __future__ import annotations

from awx.standin import render
from awx.standin.kinds import KINDS, UNIONS
from awx.standin.routes import page
from awx.standin.service import Service
from awx.standin.wire import API, VERSION, Request, Response


@page("GET", "/api/", login=False)
def root(_service: Service, _request: Request) -> Response:
    return Response(
        200,
        {
            "description": "AWX REST API",
            "current_version": API,
            "available_versions": {"v2": API},
            "oauth2": "/api/o/",
        },
    )


@page("GET", "", login=False)
def version_root(_service: Service, _request: Request) -> Response:
    names = sorted((*KINDS, *UNIONS, "ping", "config", "me"))
    return Response(200, {name: f"{API}{name}/" for name in names})


@page("GET", "ping/", login=False)
def ping(_service: Service, _request: Request) -> Response:
    return Response(
        200,
        {
            "ha": False,
            "version": VERSION,
            "active_node": "awx-standin",
            "install_uuid": "00000000-0000-0000-0000-000000000000",
            "instances": [],
            "instance_groups": [],
        },
    )


@page("GET", "config/")
def config(service: Service, _request: Request) -> Response:
    root_dir = service.settings.projects_root
    return Response(
        200,
        {
            "time_zone": "UTC",
            "license_info": {"license_type": "open", "valid_key": True, "product_name": "AWX"},
            "version": VERSION,
            "eula": "",
            "analytics_status": "off",
            "project_base_dir": str(root_dir or "/var/lib/awx/projects"),
            "project_local_paths": service.settings.local_paths(),
        },
    )


@page("GET", "me/")
def me(service: Service, request: Request) -> Response:
    assert request.user
    shown = render.shown(service, request.user)
    return Response(200, {"count": 1, "next": None, "previous": None, "results": [shown]})
