# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens: a value bound to the user up to 6.3, rows of their own from 6.4."""

from __future__ import annotations

from typing import Any

from standin import clock, errors
from standin.app import route
from standin.lists import answer_list, shown
from standin.manager import Manager
from standin.state import Item
from standin.tokens import new_token
from standin.wire import Request, Response, reply


def _expiry(text: Any) -> str | None:
    if not text:
        return None
    try:
        when = clock.parse(str(text))
    except ValueError:
        raise errors.bad_parameters(f"Invalid expiration date: {text}") from None
    if when < clock.utcnow():
        raise errors.bad_parameters("Expiration date was in the past")
    return clock.iso(when)


@route("POST", "/tokens", since="v1")
def create_token(manager: Manager, request: Request) -> Response:
    user = request.user or {}
    if not manager.profile.token_objects:
        return _old(manager, user)
    body = request.json() if request.body else {}
    item, value = new_token(
        user["username"],
        user["role"],
        description=body.get("description"),
        expires=_expiry(body.get("expiration_date")),
    )
    manager.store.add("tokens", "", item)
    return reply({**shown(manager, "tokens", item), "value": value})


@route("GET", "/tokens", since="v1")
def list_tokens(manager: Manager, request: Request) -> Response:
    if not manager.profile.token_objects:
        return _old(manager, request.user or {})
    return answer_list(manager, request, "tokens", tenant=None)


@route("GET", "/tokens/<token_id>", available=lambda p: p.token_objects)
def get_token(manager: Manager, request: Request, token_id: str) -> Response:
    item = manager.store.get("tokens", token_id)
    if item is None:
        raise errors.not_found("Token", token_id)
    return reply(shown(manager, "tokens", item))


@route("DELETE", "/tokens/<token_id>", available=lambda p: p.token_objects)
def delete_token(manager: Manager, request: Request, token_id: str) -> Response:
    if not manager.store.delete("tokens", token_id):
        raise errors.not_found("Token", token_id)
    return Response(204, content_type=None)


def _old(manager: Manager, user: Item) -> Response:
    expires = clock.iso(clock.utcnow() + clock.timedelta(hours=10))
    item, value = new_token(user["username"], user["role"], description=None, expires=expires)
    manager.store.add("tokens", "", item)
    return reply({"username": user["username"], "value": value, "role": user["role"]})
