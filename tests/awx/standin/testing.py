# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in inside a test's own process."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Any

import requests

from awx.standin import runs
from awx.standin.app import App
from awx.standin.journal import Entry
from awx.standin.seed import seed
from awx.standin.server import Server
from awx.standin.service import Service
from awx.standin.settings import Settings
from awx.standin.store import Item
from awx.standin.wire import API


class AwxStandIn:
    """With `with`; the options are those of Settings, beside a certificate and its key for HTTPS."""

    def __init__(
        self, port: int = 0, certificate: tuple[Path, Path] | None = None, **settings: Any
    ) -> None:
        self.settings = Settings(**settings)
        self.service = Service(self.settings)
        seed(self.service)
        self.server = Server(App(self.service), "127.0.0.1", port, certificate)
        self.session = requests.Session()
        self.session.auth = (self.settings.username, self.settings.password)

    def __enter__(self) -> AwxStandIn:
        self.server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.session.close()
        self.server.stop()

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def environment(self) -> dict[str, str]:
        """What the awx.awx modules take their connection from."""
        return {
            "CONTROLLER_HOST": self.url,
            "CONTROLLER_USERNAME": self.settings.username,
            "CONTROLLER_PASSWORD": self.settings.password,
            "CONTROLLER_VERIFY_SSL": "false",
            # For each request, even of plain HTTP, Ansible reads the system's whole CA bundle.
            "SSL_CERT_FILE": os.devnull,
            "SSL_CERT_DIR": os.devnull,
        }

    # --- as a client

    def request(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        """A request to a path below /api/v2/ (or an absolute one) as the administrator."""
        url = self.url + (path if path.startswith("/") else API + path)
        return self.session.request(method, url, json=body, timeout=30, **more)

    def get(self, path: str, **query: Any) -> Any:
        response = self.request("GET", path, params=query)
        response.raise_for_status()
        return response.json()

    def make(self, path: str, **fields: Any) -> Any:
        """POST what has to succeed."""
        response = self.request("POST", path, fields)
        assert response.status_code in (200, 201, 202), response.text
        return response.json() if response.content else None

    # --- as somebody who sees everything

    def objects(self, plural: str) -> list[Item]:
        """Everything of a kind as it is kept, secrets in clear; changes do not reach it."""
        with self.service.store.lock:
            return [dict(item) for item in self.service.store.all(plural)]

    def names(self, plural: str) -> list[str]:
        return [str(item["name"]) for item in self.objects(plural)]

    def linked(self, plural: str, number: int, relation: str) -> list[Item]:
        with self.service.store.lock:
            item = self.service.store.get(plural, number)
            assert item is not None
            return [dict(other) for other in self.service.store.linked(item, relation)]

    @property
    def requests(self) -> list[Entry]:
        return list(self.server.journal)

    @property
    def mutations(self) -> list[Entry]:
        """The requests that may have changed something."""
        return [entry for entry in self.requests if entry.mutating]

    def forget_requests(self) -> None:
        self.server.journal.clear()

    def end_job(self, number: int, status: str, **artifacts: Any) -> None:
        with self.service.store.lock:
            job = self.service.store.get("unified_jobs", number)
            assert job is not None
            runs.end(self.service, job, status, artifacts)
            self.service.dispatch()
