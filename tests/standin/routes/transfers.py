# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Download and upload of a snapshot's archive."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from standin import errors, wire
from standin.app import route
from standin.auth import need_admin
from standin.lists import shown
from standin.manager import Manager
from standin.routes.snapshots import already_there, find, insert, new_snapshot
from standin.wire import Request, Response, reply

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
NULLS = (
    "created_at",
    "id",
    "visibility",
    "status",
    "error",
    "tenant_name",
    "created_by",
    "resource_availability",
    "private_resource",
)


@route("GET", "/snapshots/<snapshot_id>/archive", since="v2")
def download(manager: Manager, request: Request, snapshot_id: str) -> Response:
    need_admin(request, "snapshot_download")
    snapshot = find(manager, request, snapshot_id)
    if snapshot["status"] == "failed":
        raise errors.snapshot_action("Failed snapshot cannot be downloaded")
    path = manager.archive_path(snapshot_id)
    if manager.profile.missing_archive_500 and not path.exists():
        raise errors.missing_archive(snapshot_id)
    name = f"{snapshot_id}.zip"
    if manager.profile.quoted_filename:
        name = f'"{name}"'
    return Response(
        200,
        content_type="application/octet-stream",
        file=path,
        file_name=name,
        headers=[
            ("Cache-Control", "no-cache"),
            ("Content-Disposition", f"attachment; filename={name}"),
        ],
    )


@route("PUT", "/snapshots/<snapshot_id>/archive", since="v2")
def upload(manager: Manager, request: Request, snapshot_id: str) -> Response:
    need_admin(request, "snapshot_upload")
    url = request.arg("snapshot_archive_url")
    if request.header("content-type").split(";")[0] in FORMS and request.body_size:
        raise errors.PageError(413)
    if url and request.body_size:
        raise errors.bad_parameters(
            "Can pass snapshot as only one of: URL via query parameters, request body, "
            "multi-form or chunked."
        )
    if url:
        source = fetch(manager, url)
    elif request.spool is None or not request.body_size:
        raise errors.internal()
    else:
        source = request.spool
    try:
        return _store(manager, request, snapshot_id, source)
    finally:
        source.unlink(missing_ok=True)


def _store(manager: Manager, request: Request, snapshot_id: str, source: Path) -> Response:
    user = str((request.user or {})["username"])
    target = manager.archive_path(snapshot_id)
    tenant = request.tenant
    if tenant is not None and manager.store.get("snapshots", snapshot_id, tenant):
        if not manager.profile.upload_overwrites:
            raise already_there(snapshot_id, tenant)
        _move(source, target)
        return reply(dict.fromkeys(NULLS), 201)
    snapshot = new_snapshot(snapshot_id, tenant=str(tenant), user=user, status="uploaded")
    # the file is in its place before the row is tried: without a tenant it stays behind
    _move(source, target)
    insert(manager, request, snapshot)
    return reply(shown(manager, "snapshots", snapshot), 201)


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(source, target)


def fetch(manager: Manager, url: str) -> Path:
    """The manager fetches the archive by itself."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise errors.bad_parameters(f"Invalid URL {url}")
    target = manager.spool_file()
    try:
        with urllib.request.urlopen(url, timeout=30) as response, target.open("wb") as out:
            while piece := response.read(wire.PIECE):
                out.write(piece)
    except urllib.error.HTTPError as error:
        target.unlink(missing_ok=True)
        kind = "Client" if error.code < 500 else "Server"
        raise _unreachable(
            manager, url, f"{error.code} {kind} Error: {error.reason} for url: {url}"
        ) from None
    except OSError as error:
        target.unlink(missing_ok=True)
        reason = getattr(error, "reason", error)
        host, port = parts.hostname, parts.port or {"http": 80, "https": 443}[parts.scheme]
        raise _unreachable(
            manager,
            url,
            f"HTTPConnectionPool(host='{host}', port={port}): Max retries exceeded with url: "
            f"{parts.path} (Caused by NewConnectionError('<urllib3.connection.HTTPConnection "
            f"object at 0x7f38ad849550>: Failed to establish a new connection: {reason}'))",
        ) from None
    return target


def _unreachable(manager: Manager, url: str, reason: str) -> errors.RestError:
    message = f"Cannot fetch {url}: {reason}"
    if manager.profile.release >= (7, 0, 0):
        return errors.bad_parameters(message)
    return errors.RestError(400, "param_url_not_found_error", message)
