# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manager of this host, asked by its own installer."""

from __future__ import annotations

import base64
import json
import ssl
import urllib.error
import urllib.request
from typing import Any

from product.context import Context
from product.errors import NetworkError

CONTROL_PORT = 9998


def _unverified() -> ssl.SSLContext:
    """The installer asks localhost, for which the operator's certificate need not be."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def answers() -> bool:
    try:
        urllib.request.urlopen(
            "https://127.0.0.1/api/v3.1/status", context=_unverified(), timeout=5
        ).close()
    except urllib.error.HTTPError as error:
        return error.code not in (502, 504)
    except OSError:
        return False
    return True


def control(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """The stand-in's own control API; no part of the product."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{CONTROL_PORT}{path}",
        method=method,
        data=json.dumps(body).encode() if body is not None else None,
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.loads(response.read() or b"{}")
    except OSError as error:
        raise NetworkError(f"{method} {path}: {error}") from error


def call(context: Context, method: str, path: str, data: bytes | None = None) -> Any:
    security = context.get("manager", "security", default={})
    name = security.get("admin_username") or "admin"
    pair = f"{name}:{security.get('admin_password')}".encode()
    request = urllib.request.Request(
        f"https://127.0.0.1/api/v3.1{path}",
        method=method,
        data=data,
        headers={
            "Authorization": f"Basic {base64.b64encode(pair).decode()}",
            "Tenant": "default_tenant",
        },
    )
    try:
        with urllib.request.urlopen(request, context=_unverified(), timeout=30) as response:
            return json.loads(response.read() or b"null")
    except OSError as error:
        raise NetworkError(f"{method} {path}: {error}") from error


def upload_license(context: Context) -> None:
    """The first manager takes the licence along; one that joins finds it in the database."""
    path = context.get("manager", "cloudify_license_path")
    if path and context.paths.real:
        call(context, "PUT", "/license", context.paths.at(str(path)).read_bytes())


__all__ = ["CONTROL_PORT", "answers", "call", "control", "upload_license"]
