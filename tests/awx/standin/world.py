# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Things to start a test with, and to ask for refusals."""

from __future__ import annotations

from typing import Any

from awx.standin.testing import AwxStandIn

GIT = "https://git.invalid/project.git"
PLAYBOOKS = ["backup.yml", "restore.yml"]
DAILY = "DTSTART;TZID=UTC:20260101T023000 RRULE:FREQ=DAILY;INTERVAL=1"


class World:
    """An AWX with an organization, a project that was synced, and an inventory."""

    def __init__(self, awx: AwxStandIn, *, organization: str = "Ops") -> None:
        self.awx = awx
        found = awx.get("organizations/", name=organization)["results"]
        self.organization = (found or [awx.make("organizations/", name=organization)])[0]["id"]
        self.project = self.make("projects", name="Project", scm_type="git", scm_url=GIT)
        self.inventory = self.make("inventories", name="Inventory")

    def make(self, plural: str, **fields: Any) -> int:
        """The id of a new object, in the organization where it can be in one."""
        if plural not in ("users", "credential_types", "hosts", "groups", "schedules"):
            fields = {"organization": self.organization, **fields}
        return int(self.awx.make(f"{plural}/", **fields)["id"])

    def template(self, name: str = "Backup", **fields: Any) -> int:
        fields = {
            "project": self.project,
            "inventory": self.inventory,
            "playbook": "backup.yml",
            **fields,
        }
        return self.make("job_templates", name=name, **fields)

    def survey(self, template: int, *questions: dict[str, Any], kind: str = "job") -> None:
        plural = "job_templates" if kind == "job" else "workflow_job_templates"
        spec = {"name": "", "description": "", "spec": [question(**q) for q in questions]}
        self.awx.make(f"{plural}/{template}/survey_spec/", **spec)
        self.awx.request("PATCH", f"{plural}/{template}/", {"survey_enabled": True})

    def credential_type(self, name: str = "Manager", **fields: Any) -> int:
        fields = {
            "kind": "cloud",
            "inputs": {
                "fields": [
                    {"id": "username", "label": "User"},
                    {"id": "password", "label": "Password", "secret": True},
                ],
                "required": ["username"],
            },
            "injectors": {"env": {"CLOUDIFY_USERNAME": "{{ username }}"}},
            **fields,
        }
        return self.make("credential_types", name=name, **fields)

    def credential(self, kind: int, name: str = "Manager", **inputs: Any) -> int:
        return self.make("credentials", name=name, credential_type=kind, inputs=inputs)

    def managed_type(self, name: str) -> int:
        return int(self.awx.get("credential_types/", name=name)["results"][0]["id"])

    def refused(
        self, method: str, path: str, body: dict[str, Any] | None = None, status: int = 400
    ) -> Any:
        """The document of an answer that has to be a refusal."""
        response = self.awx.request(method, path, body)
        assert response.status_code == status, f"{response.status_code}: {response.text}"
        return response.json() if response.content else None

    def taken(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        response = self.awx.request(method, path, body)
        assert response.ok, f"{response.status_code}: {response.text}"
        return response.json() if response.content else None


def question(**fields: Any) -> dict[str, Any]:
    return {
        "type": "text",
        "question_name": "A question",
        "variable": "answer",
        "required": False,
        **fields,
    }
