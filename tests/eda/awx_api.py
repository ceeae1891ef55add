# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""As much of AWX's API as ansible-rulebook asks for to launch something and to see what becomes of it."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "t0k3n-of-the-awx"
PLURALS = {"job_template": "jobs", "workflow_job_template": "workflow_jobs"}


class AwxApi:
    """
    :ivar launched: what was, in order: the name of the template and what was sent
    """

    def __init__(self, **templates: list[str]) -> None:
        """:param templates: names by type"""
        self.launched: list[tuple[str, dict[str, Any]]] = []
        self.templates = [
            self._template(number, kind, name)
            for number, (kind, name) in enumerate(
                ((kind, name) for kind, names in templates.items() for name in names), 1
            )
        ]
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @staticmethod
    def _template(number: int, kind: str, name: str) -> dict[str, Any]:
        asks = dict.fromkeys(("limit", "labels", "inventory", "variables"), False)
        return {
            "id": number,
            "type": kind,
            "name": name,
            "related": {"launch": f"/api/v2/{kind}s/{number}/launch/"},
            "summary_fields": {"organization": {"name": "Default"}},
            **{f"ask_{what}_on_launch": asked for what, asked in asks.items()},
        }

    def names(self) -> list[str]:
        return [name for name, _sent in self.launched]

    def answer(self, method: str, path: str, sent: Any) -> tuple[int, Any]:
        parts, query = urlsplit(path).path.split("/")[3:-1], parse_qs(urlsplit(path).query)
        if parts == ["config"]:
            return 200, {"version": "24.6.1"}
        if parts == ["unified_job_templates"]:
            found = [each for each in self.templates if each["name"] in query["name"]]
            return 200, {"count": len(found), "next": None, "results": found}
        if method == "POST" and parts[-1] == "launch":
            template = self.templates[int(parts[1]) - 1]
            # its survey asks for it
            if "workflow" in template["type"] and not sent["extra_vars"].get("cloudify_confirm"):
                return 400, {"variables_needed_to_start": ["'cloudify_confirm' value missing"]}
            self.launched.append((template["name"], sent))
            number, plural = len(self.launched), PLURALS[template["type"]]
            return 201, {"id": number, "url": f"/api/v2/{plural}/{number}/"}
        if parts[0] in PLURALS.values():
            # nobody approves anything
            status = "successful" if parts == ["jobs"] else "running"
            jobs = [{"id": int(each), "status": status} for each in query["id__in"][0].split(",")]
            return 200, {"count": len(jobs), "results": [{**job, "created": ""} for job in jobs]}
        return 404, {"detail": "Not found."}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            def _serve(self) -> None:
                sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                code, body = api.answer(self.command, self.path, json.loads(sent or "null"))
                if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                    code, body = 401, {"detail": "Authentication credentials were not provided."}
                data = json.dumps(body).encode()
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = _serve

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler

    def __enter__(self) -> AwxApi:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
