# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a request to a response: who asks, which resource is meant, what it does."""

from __future__ import annotations

import sys
import traceback
from typing import Any

from awx.standin import auth, errors, names, permissions, render, routes, workflows
from awx.standin.kinds import KINDS, UNIONS, Children, Many
from awx.standin.lists import page
from awx.standin.service import Service
from awx.standin.store import Item, kind_of
from awx.standin.wire import API, VERSION, Request, Response, created, no_content

HEADERS = {"X-API-Product-Name": "AWX", "X-API-Product-Version": VERSION}


class App:
    def __init__(self, service: Service) -> None:
        routes.load()
        self.service = service
        service.store.on_delete.append(workflows.forget_approval)

    def handle(self, request: Request) -> Response:
        with self.service.store.lock:
            try:
                response = self._answer(request)
            except errors.ApiError as error:
                response = Response(error.status, error.body)
            except Exception:
                # A bug of the stand-in: seen in its log, and by the client as AWX shows its own.
                traceback.print_exc(file=sys.stderr)
                response = Response(500, {"detail": "A server error has occurred."})
            self.service.dispatch()
        response.headers = {**HEADERS, **response.headers}
        return response

    def _answer(self, request: Request) -> Response:
        path = request.path
        if not path.endswith("/"):
            return Response(301, None, {"Location": path + "/"})
        method = "GET" if request.method == "HEAD" else request.method
        request.method = method
        parts = [p for p in path.removeprefix(API).split("/") if p] if path.startswith(API) else []
        fixed = routes.PAGES.get((method, path))
        if fixed is not None and not fixed.needs_login:
            return fixed.handler(self.service, request)
        request.user = auth.authenticate(self.service, request)
        if fixed is not None:
            return fixed.handler(self.service, request)
        if any(known == path for _method, known in routes.PAGES):
            raise errors.wrong_method(method)
        if not parts or parts[0] not in (*KINDS, *UNIONS) or len(parts) > 3:
            raise errors.not_found()
        if len(parts) == 1:
            return self._collection(request, parts[0])
        item = names.look_up(self.service.store, parts[0], parts[1])
        if item is None:
            raise errors.not_found()
        permissions.check(self.service, request, item, parts[2] if len(parts) == 3 else "")
        if len(parts) == 2:
            return self._object(request, item)
        return self._below(request, item, parts[2])

    def _collection(self, request: Request, name: str) -> Response:
        if request.method == "GET":
            return self._list(request, name, self.service.store.all(name))
        if request.method != "POST" or name in UNIONS or "POST" not in KINDS[name].methods:
            raise errors.wrong_method(request.method)
        permissions.check(self.service, request, None, name)
        given = request.json()
        special = routes.CREATES.get(name)
        if special is not None:
            return special(self.service, request, given)
        return created(self._show(self.service.create(name, given, request.user)))

    def _object(self, request: Request, item: Item) -> Response:
        method = request.method
        if method not in kind_of(item).methods or method == "POST":
            raise errors.wrong_method(method)
        if method == "DELETE":
            special = routes.DELETES.get(item["_plural"])
            if special is not None:
                return special(self.service, request, item)
            self.service.delete(item)
            return no_content()
        if method != "GET":
            self.service.update(item, request.json(), partial=method == "PATCH")
        return Response(200, self._show(item))

    def _below(self, request: Request, item: Item, name: str) -> Response:
        kind = kind_of(item)
        action = routes.ACTIONS.get((kind.plural, name))
        if action is not None:
            handler = action.get(request.method)
            if handler is None:
                raise errors.wrong_method(request.method)
            return handler(self.service, request, item)
        link = kind.links.get(name)
        if link is None:
            raise errors.not_found()
        target = self.service.target(item, name)
        if request.method == "GET":
            ordered = isinstance(link, Many) and link.ordered
            linked = self.service.store.linked(item, name)
            return self._list(request, target, linked, ordered=ordered)
        if request.method != "POST":
            raise errors.wrong_method(request.method)
        given = request.json()
        if "id" in given and not isinstance(link, Children):
            return self._link(item, name, given)
        if isinstance(link, Children):
            given = {**given, link.key: item["id"], **link.also}
        elif isinstance(link, Many) and not link.makes:
            raise errors.detail(400, '"id" is required to associate')
        if "POST" not in KINDS[target].methods:
            raise errors.wrong_method(request.method)
        if target in ("hosts", "groups") and kind.plural in ("hosts", "groups"):
            given.setdefault("inventory", item["inventory"])
        made = self.service.create(target, given, request.user)
        if not isinstance(link, Children):
            self.service.associate(item, name, made)
        return created(self._show(made))

    def _link(self, item: Item, name: str, given: dict[str, Any]) -> Response:
        other = self.service.linked_by_id(item, name, given["id"])
        if given.get("disassociate"):
            self.service.store.unlink(item, name, other)
        else:
            self.service.associate(item, name, other)
        return no_content()

    def _list(
        self, request: Request, name: str, items: list[Item], *, ordered: bool = False
    ) -> Response:
        chosen = self.service.lists.select(name, items, request.query, ordered=ordered)
        found = page(request, chosen)
        found["results"] = [self._show(item) for item in found["results"]]
        return Response(200, found)

    def _show(self, item: Item) -> dict[str, Any]:
        return render.shown(self.service, item)
