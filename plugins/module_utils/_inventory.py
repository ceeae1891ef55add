# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Take a manager's content inventory over REST."""

from __future__ import annotations

import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import (
    CloudifyClient,
    Json,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._content import (
    KINDS,
    KINDS_BY_NAME,
    Kind,
    build_inventory,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import ApiError
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._times import utc_now
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._versions import Capabilities

#: error_codes that say "this manager has no such thing", not "it could not be read".
ABSENT_CODES = ("missing_premium_package_error",)


def take_inventory(client: CloudifyClient) -> Json:
    """List everything of every tenant, a thousand items a request and only the fields needed.

    :raises ApiError: when a kind cannot be read for another reason than this version's lack of it
    """
    capabilities = client.capabilities()
    items: dict[str, list[Json]] = {}
    for kind in KINDS:
        if not exists(capabilities, kind):
            continue
        try:
            items[kind.name] = list_kind(client, kind)
        except ApiError as exc:
            if exc.code not in ABSENT_CODES:
                raise
    return build_inventory(
        items=items,
        manager={"version": str(capabilities.version), "edition": capabilities.edition},
        now=utc_now(),
    )


def exists(capabilities: Capabilities, kind: Kind) -> bool:
    """Whether this version and edition has such a thing."""
    if kind.premium and not capabilities.premium:
        return False
    return all(capabilities.has(fact) for fact in kind.needs)


def list_kind(client: CloudifyClient, kind: Kind) -> list[Json]:
    """All items of one kind, of all tenants."""
    capabilities = client.capabilities()
    lacking = {name for name, fact in kind.fields_need.items() if not capabilities.has(fact)}
    wanted = [*kind.key, *(name for name in kind.fields if name not in lacking)]
    params: dict[str, t.Any] = {}
    if not kind.manager_wide:
        wanted.append("tenant_name")
        params["_all_tenants"] = "true"
    doing = f"list {kind.name.replace('_', ' ')}"
    try:
        return list(client.items(kind.path, doing=doing, include=wanted, params=params))
    except ApiError as exc:
        if exc.code != "no_such_include_field_error":
            raise
    # an older version without one of the fields: take them whole
    return list(client.items(kind.path, doing=doing, params=params))


#: Kinds that people change, with the fields that tell when.
_TIMES = {
    "blueprints": ("created_at", "updated_at"),
    "deployments": ("created_at", "updated_at"),
    "plugins": ("uploaded_at",),
    "secrets": ("created_at", "updated_at"),
    "executions": ("created_at", "ended_at"),
}


def last_writes(client: CloudifyClient) -> dict[str, str]:
    """When the newest of each kind was made or changed; kinds of which there is none are left out."""
    found: dict[str, str] = {}
    for name, fields in _TIMES.items():
        kind = KINDS_BY_NAME[name]
        doing = f"see when {name} were changed last"
        times: list[str] = []
        for item in _all(client, kind, fields, doing=doing):
            times += [str(item[each]) for each in fields if item.get(each)]
        if times:
            found[name] = max(times)
    return found


def _all(
    client: CloudifyClient, kind: Kind, fields: t.Sequence[str], *, doing: str
) -> t.Iterator[Json]:
    params = {"_all_tenants": "true"}
    try:
        yield from client.items(kind.path, doing=doing, include=fields, params=params)
    except ApiError as exc:
        if exc.code != "no_such_include_field_error":
            raise
        # an older version without one of the fields: take them whole
        yield from client.items(kind.path, doing=doing, params=params)


__all__ = ("ABSENT_CODES", "exists", "last_writes", "list_kind", "take_inventory")
