# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists: paging, sorting, filters, `_include`, as the REST service takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from standin import errors
from standin.kinds import FIELDS, SEARCH_FIELDS
from standin.state import Item, Query
from standin.wire import Request, Response, reply

if TYPE_CHECKING:
    from standin.manager import Manager

PAGE = 1000


def fields_of(manager: Manager, kind: str) -> list[str]:
    hidden = manager.profile.hidden_fields.get(kind, frozenset())
    return [f for f in FIELDS[kind] if f not in hidden]


def shown(manager: Manager, kind: str, item: Item, include: list[str] | None = None) -> Item:
    """An item without private keys and without what this version does not have."""
    hidden = manager.profile.hidden_fields.get(kind, frozenset())
    return {
        k: v
        for k, v in item.items()
        if (not k.startswith("_") or (kind == "events" and k == "_storage_id"))
        and k not in hidden
        and (include is None or k in include)
    }


def include_of(manager: Manager, request: Request, kind: str) -> list[str] | None:
    text = request.arg("_include")
    if not text:
        return None
    names = [n.strip() for n in text.split(",") if n.strip()]
    unknown = [n for n in names if n not in fields_of(manager, kind)]
    if unknown:
        raise errors.RestError(
            400,
            "no_such_include_field_error",
            f"Include keys '{unknown}' do not exist. Allowed keys are: {fields_of(manager, kind)}",
        )
    return names


def _integer(manager: Manager, request: Request, name: str, default: int) -> int:
    text = request.arg(name)
    if text is None:
        return default
    try:
        value = int(text)
    except ValueError:
        raise errors.bad_parameters(
            f"1 validation error for Pagination\n{name}\n"
            "  value is not a valid integer (type=type_error.integer)",
            bare=True,
        ) from None
    if not manager.profile.strict_pagination and name == "_size":
        if value < 0:
            raise errors.illegal_action(f"Invalid pagination size: {value}.")
        if value > PAGE:
            raise errors.illegal_action(f"Invalid pagination size: {value}. Max allowed: {PAGE}")
    if value < 0:
        raise errors.bad_parameters(
            f"1 validation error for Pagination\n{name}\n  ensure this value is greater than or "
            "equal to 0 (type=value_error.number.not_ge; limit_value=0)",
            bare=True,
        )
    return value


def build_query(
    manager: Manager, request: Request, kind: str, tenant: str | None, extra: frozenset[str]
) -> Query:
    names = fields_of(manager, kind)
    query = Query(kind, tenant=tenant)
    for key in request.args("_sort"):
        field, desc = (key[1:], True) if key.startswith(("-", "+")) else (key, False)
        desc = key.startswith("-")
        if field not in names:
            raise errors.bad_parameters(
                f"Sort keys '{[field]}' do not exist. Allowed keys are: {names}"
            )
        query.sort.append((field, desc))
    if not query.sort and kind == "executions":
        # a restore brings older ones in later
        query.sort.append(("created_at", False))
    unknown = []
    for key, value in request.query:
        # what begins with an underscore is about the list, not about its items
        if key.startswith("_") or key in extra:
            continue
        if key not in names:
            unknown.append(key)
        else:
            query.filters.setdefault(key, []).append(value)
    if unknown:
        raise errors.bad_parameters(
            f"Filter keys '{unknown}' do not exist. Allowed keys are: {names}"
        )
    text = request.arg("_search")
    if text:
        query.search[SEARCH_FIELDS.get(kind, "id")] = text
    text = request.arg("_search_name")
    if text:
        query.search["display_name"] = text
    query.size = _integer(manager, request, "_size", PAGE)
    query.offset = _integer(manager, request, "_offset", 0)
    return query


def page(items: list[Any], total: int, size: int, offset: int, *, filtered: bool) -> dict[str, Any]:
    metadata: dict[str, Any] = {"pagination": {"total": total, "size": size, "offset": offset}}
    if filtered:
        metadata["filtered"] = None
    return {"metadata": metadata, "items": items}


def answer_list(
    manager: Manager,
    request: Request,
    kind: str,
    *,
    tenant: str | None,
    extra: frozenset[str] = frozenset(),
    adjust: Any = None,
    render: Any = None,
) -> Response:
    """One page of a kind. `adjust` may change the query, `render` each item."""
    if tenant is not None and request.flag("_all_tenants"):
        tenant = None
    include = include_of(manager, request, kind)
    query = build_query(manager, request, kind, tenant, extra)
    if adjust:
        adjust(query)
    size, offset = query.size, query.offset
    if request.flag("_get_all_results"):
        query.size, query.offset = None, 0
    items, total = manager.store.query(query)
    if render:
        items = [render(i, include) for i in items]
    out = [shown(manager, kind, i, include) for i in items]
    return reply(page(out, total, size or 0, offset, filtered=manager.profile.filtered_metadata))


__all__ = ["PAGE", "answer_list", "build_query", "fields_of", "include_of", "page", "shown"]
