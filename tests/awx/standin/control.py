# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX does not have: a look at everything, and a hand on how things end.

GET    /control/objects/            everything, secrets in clear
GET    /control/objects/<kind>/     the objects of one kind
GET    /control/requests/           every request (?mutating=true: those that may have changed something)
DELETE /control/requests/           forget them
GET    /control/settings/           and PATCH: job_status, deletion_delay, projects, inventories
POST   /control/jobs/<id>/          {"status": ..., "artifacts": {...}}: a job comes to its end
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awx.standin import runs
from awx.standin.errors import ApiError, detail, not_found
from awx.standin.kinds import KINDS
from awx.standin.models.runs import DONE
from awx.standin.wire import Request, Response, no_content

if TYPE_CHECKING:
    from awx.standin.server import Server


class Control:
    def __init__(self, server: Server) -> None:
        self.server = server
        self.service = server.app.service

    def handle(self, request: Request) -> Response:
        parts = [p for p in request.path.split("/") if p][1:]
        try:
            with self.service.store.lock:
                return self._answer(request, parts)
        except ApiError as error:
            return Response(error.status, error.body)

    def _answer(self, request: Request, parts: list[str]) -> Response:
        method = request.method
        if method == "GET" and parts == ["objects"]:
            return Response(200, self.service.store.dump())
        if method == "GET" and parts[0] == "objects" and parts[1] in KINDS:
            return Response(200, self.service.store.all(parts[1]))
        if parts == ["requests"]:
            if method == "DELETE":
                self.server.journal.clear()
                return no_content()
            entries = [e for e in self.server.journal if e.mutating or not request.arg("mutating")]
            return Response(200, [asdict(e) for e in entries])
        if parts == ["settings"]:
            if method == "PATCH":
                self._set(request.json())
            return Response(200, self._settings())
        if method == "POST" and len(parts) == 2 and parts[0] == "jobs":
            return self._end_job(int(parts[1]), request.json())
        raise not_found()

    def _settings(self) -> dict[str, Any]:
        settings = self.service.settings
        return {
            "job_status": settings.job_status,
            "deletion_delay": settings.deletion_delay,
            "projects": {
                url: str(source) if isinstance(source, Path) else source
                for url, source in settings.projects.items()
            },
            "inventories": settings.inventories,
        }

    def _set(self, given: dict[str, Any]) -> None:
        unknown = set(given) - set(self._settings())
        if unknown:
            raise detail(400, f"no such setting: {', '.join(sorted(unknown))}")
        settings = self.service.settings
        for url, source in given.pop("projects", {}).items():
            settings.projects[url] = Path(source) if isinstance(source, str) else source
        for name, value in given.items():
            setattr(settings, name, value)

    def _end_job(self, number: int, given: dict[str, Any]) -> Response:
        job = self.service.store.get("unified_jobs", number)
        if job is None:
            raise not_found()
        status = given.get("status")
        if status not in DONE:
            raise detail(400, f"status is one of {', '.join(DONE)}")
        runs.end(self.service, job, status, given.get("artifacts"))
        self.service.dispatch()
        return Response(200, {"id": number, "status": job["status"]})
