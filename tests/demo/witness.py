# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what a manager holds by plain REST, without the collection, so that it can bear witness."""

from __future__ import annotations

import base64
import json
import ssl
import time
import urllib.request
from collections.abc import Callable
from typing import Any

#: kind -> the field that names an item
KINDS = {
    "tenants": "name",
    "users": "username",
    "blueprints": "id",
    "deployments": "id",
    "plugins": "id",
    "secrets": "key",
    "sites": "name",
    "nodes": "id",
    "node-instances": "id",
    "executions": "id",
    "execution-schedules": "id",
}
#: What depends on the time of day, on logins, or on the order in which labels come.
VOLATILE = ("next_occurrence", "all_next_occurrences", "last_login_at", "latest_execution_status")

Content = dict[str, dict[str, Any]]


def read(url: str, *, ca: str, username: str, password: str) -> Content:
    """kind -> name -> the whole item as the manager lists it."""
    context = ssl.create_default_context(cafile=ca)
    login = base64.b64encode(f"{username}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Tenant": "default_tenant"}
    found: Content = {}
    for kind, key in KINDS.items():
        request = urllib.request.Request(
            f"{url}/api/v3.1/{kind}?_size=1000&_all_tenants=true", headers=headers
        )
        with urllib.request.urlopen(request, context=context) as answer:
            items = json.load(answer)["items"]
        found[kind] = {_name(item, key): _still(item) for item in items}
    return found


def _name(item: dict[str, Any], key: str) -> str:
    owner = item.get("deployment_id")
    return f"{owner}/{item[key]}" if owner else str(item[key])


def _still(item: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in item.items() if name not in VOLATILE}
    if isinstance(kept.get("labels"), list):
        kept["labels"] = sorted(json.dumps(label, sort_keys=True) for label in kept["labels"])
    return kept


def differences(before: Content, after: Content) -> list[str]:
    """Each item that is missing, new, or not the same in every field."""
    found = []
    for kind in KINDS:
        for name in sorted({*before[kind], *after[kind]}):
            was, now = before[kind].get(name), after[kind].get(name)
            if was is None or now is None:
                found.append(f"{kind} {name}: {'new' if was is None else 'missing'}")
            elif was != now:
                fields = [field for field in was if was[field] != now.get(field)]
                found.append(f"{kind} {name}: {', '.join(fields)} differ")
    return found


def wait(condition: Callable[[], bool], *, seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds:g} s: {what}")
        time.sleep(0.2)
