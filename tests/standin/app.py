# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The REST service: routes, maintenance gate, authentication, errors."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from standin import errors, pages
from standin.auth import need_admin
from standin.state import StoreBlocked, StoreUnavailable
from standin.wire import Request, Response

if TYPE_CHECKING:
    from standin.manager import Manager

Handler = Callable[..., Response]
API_VERSIONS = ("v1", "v2", "v2.1", "v3", "v3.1")


@dataclass(frozen=True)
class Route:
    method: str
    pattern: re.Pattern[str]
    handler: Handler
    since: str
    auth: bool
    premium: bool
    available: Callable[[Any], bool] | None


ROUTES: list[Route] = []


def route(
    methods: str,
    path: str,
    *,
    since: str = "v3.1",
    auth: bool = True,
    premium: bool = False,
    available: Callable[[Any], bool] | None = None,
) -> Callable[[Handler], Handler]:
    """Register a handler for `METHOD[|METHOD]` on a path with `<name>` parts."""
    regex = re.compile("^" + re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", path) + "$")

    def wrap(handler: Handler) -> Handler:
        for method in methods.split("|"):
            ROUTES.append(Route(method, regex, handler, since, auth, premium, available))
        return handler

    return wrap


class App:
    """Turns a request into a response; never raises for what a client did."""

    def __init__(self, manager: Manager) -> None:
        # importing the subjects registers their routes
        from standin.routes import load

        load()
        self.manager = manager

    def handle(self, request: Request) -> Response:
        guard = self.manager.guard
        try:
            if guard:
                guard.gate(request)
            response = self._dispatch(request)
            if guard:
                guard.settle(request)
        except errors.RestError as error:
            response = Response(error.status, error.body(), vary=error.vary)
        except errors.PageError as error:
            response = Response(
                error.status,
                pages.framework_page(error.status),
                headers=error.headers,
                content_type="text/html; charset=utf-8",
            )
        except StoreBlocked:
            # the service waits for its database, and nginx no longer for the service
            response = Response(504, pages.nginx_page(504), content_type="text/html", vary=False)
        except StoreUnavailable as error:
            print(f"{request.method} {request.path}: {error}", file=sys.stderr, flush=True)
            response = Response(500, errors.internal().body())
        except Exception:
            # a bug of the stand-in: seen in its log, and by the client as the product shows its own
            traceback.print_exc()
            response = Response(500, errors.internal().body())
        if response.reason is None and response.file is None:
            reason = {503: "Service Unavailable"}.get(
                response.status, pages.REASONS.get(response.status, "Unknown")
            )
            response.reason = reason.upper()
        return response

    def resource(self, request: Request) -> Response | int:
        """Archives under /resources, which nginx serves after asking the service who asks."""
        match = re.match(r"^/resources/snapshots/([^/]+)/([^/]+)\.zip$", request.path)
        if not match or match.group(1) != match.group(2) or request.method not in ("GET", "HEAD"):
            return 404
        name = match.group(1)
        try:
            request.user = self.manager.auth.authenticate(request)
        except errors.RestError:
            return 401
        return Response(
            content_type="application/octet-stream",
            file=self.manager.archive_path(name),
            headers=[
                ("Cache-Control", "no-cache"),
                ("Content-Disposition", f'attachment; filename="{name}.zip"'),
            ],
        )

    def _dispatch(self, request: Request) -> Response:
        found, names = self._match(request)
        self.manager.prepare()
        self._maintenance_gate(request, names["_path"])
        if found.auth:
            request.user = self.manager.auth.authenticate(request)
            request.tenant = self.manager.auth.tenant(request)
        else:
            request.tenant = request.header("tenant") or None
        if found.premium and self.manager.edition != "premium":
            raise errors.premium_only()
        parts = {k: v for k, v in names.items() if not k.startswith("_")}
        return found.handler(self.manager, request, **parts)

    def _match(self, request: Request) -> tuple[Route, dict[str, str]]:
        version, path = _split(request.path)
        if version is None:
            raise errors.PageError(404)
        allowed: list[str] = []
        wanted = "GET" if request.method == "HEAD" else request.method
        for candidate in ROUTES:
            match = candidate.pattern.match(path)
            if not match or not self._serves(candidate, version):
                continue
            if candidate.method == wanted:
                return candidate, {**match.groupdict(), "_path": path}
            allowed.append(candidate.method)
        if allowed:
            names = ["HEAD", "OPTIONS"] if "GET" in allowed else ["OPTIONS"]
            raise errors.PageError(405, [("Allow", ", ".join(names + sorted(set(allowed))))])
        raise errors.PageError(404)

    def _serves(self, candidate: Route, version: str) -> bool:
        if candidate.available and not candidate.available(self.manager.profile):
            return False
        return API_VERSIONS.index(version) >= API_VERSIONS.index(candidate.since)

    def _maintenance_gate(self, request: Request, path: str) -> None:
        """Refuse what maintenance mode refuses; the switch to `activated` happens here, lazily."""
        mode = self.manager.maintenance
        status = mode.refresh()
        if status == "deactivated":
            return
        bypass = request.header("x-bypass-maintenance").lower() == "true"
        if status == "activated":
            if bypass:
                self._check_bypass(request)
                return
            if not self._allowed_in_maintenance(path):
                raise errors.maintenance("maintenance_mode_active")
        elif not bypass and _refused_while_activating(request.method, path):
            raise errors.maintenance("entering_maintenance_mode")

    def _check_bypass(self, request: Request) -> None:
        if not self.manager.profile.bypass_needs_permission:
            return
        if not request.header("authorization") and not request.header("authentication-token"):
            # the product looks up the permissions of a user that is not there
            raise errors.internal()
        request.user = self.manager.auth.authenticate(request)
        need_admin(request, "maintenance_mode_set")

    def _allowed_in_maintenance(self, path: str) -> bool:
        first = path.lstrip("/").split("/")[0]
        allowed = self.manager.profile.maintenance_allowed
        if self.manager.profile.maintenance_by_prefix:
            return any(first.startswith(name) for name in allowed)
        return first in allowed


def _split(path: str) -> tuple[str | None, str]:
    """The API version and the rest; `/api/version` has none of its own."""
    if path == "/api/version":
        return "v3.1", "/version"
    match = re.match(r"^/api/(v[0-9.]+)(/.*)$", path)
    if not match or match.group(1) not in API_VERSIONS:
        return None, path
    return match.group(1), match.group(2)


def _refused_while_activating(method: str, path: str) -> bool:
    if re.match(r"^/snapshots/[^/]+/restore$", path):
        return True
    return method in ("POST", "PUT", "PATCH") and bool(
        re.match(
            r"^/(snapshots/[^/]+|executions|deployments/[^/]+|deployment-modifications)$", path
        )
    )


__all__ = ["App", "route"]
