# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What REST shows of an item but takes from another one: an archive holds it once, so a reader joins it."""

from __future__ import annotations

from typing import Any

from .shape import Item, shape

_ENDED = ("succeeded", "failed", "failed_response")


def display_status(status: str | None) -> str | None:
    return "completed" if status == "terminated" else status


def complete(content: dict[str, Any]) -> None:
    """Fill in every joined field that is still empty."""
    for name, kinds in content["tenants"].items():
        _Tenant(name, kinds).complete()
    _count_members(content["management"])


class _Tenant:
    def __init__(self, name: str, kinds: dict[str, list[Item]]) -> None:
        self.name = name
        self.kinds = kinds
        self.deployments = {item["id"]: item for item in kinds["deployments"]}
        self.executions = {item["id"]: item for item in kinds["executions"]}
        self.instances: dict[tuple[str, str], list[Item]] = {}
        for item in kinds["node_instances"]:
            self.instances.setdefault((item["deployment_id"], item["node_id"]), []).append(item)

    def complete(self) -> None:
        self._operations()
        for item in self.kinds["executions"]:
            self._from_deployment(item)
            item["status_display"] = display_status(item["status"])
        for item in self.kinds["nodes"]:
            self._from_deployment(item)
            mine = self.instances.get((item["deployment_id"], item["id"]), [])
            item["actual_number_of_instances"] = len(mine)
            item["unavailable_instances"] = sum(not i["is_status_check_ok"] for i in mine)
            item["drifted_instances"] = sum(bool(i["has_configuration_drift"]) for i in mine)
        self._deployments()
        self._blueprints()
        nodes = {i["id"]: i["node_id"] for i in self.kinds["node_instances"]}
        for item in self.kinds["events"]:
            execution = self.executions.get(item["execution_id"])
            for key in ("workflow_id", "deployment_id", "blueprint_id", "deployment_display_name"):
                if execution and item[key] is None:
                    item[key] = execution[key]
            item["node_name"] = nodes.get(item["node_instance_id"])
        for item in self.kinds["plugins"]:
            package, version = item["package_name"], item["package_version"]
            query = f"version={version}&distribution={item['distribution']}"
            item["yaml_url_path"] = item["yaml_url_path"] or f"plugin:{package}?{query}"
            path = f"plugins/{item['id']}/plugin.yaml"
            item["yaml_files_paths"] = item["yaml_files_paths"] or [path]
        for item in self.kinds["sites"]:
            if item["location"] is None and item["latitude"] is not None:
                item["location"] = f"{item['latitude']}, {item['longitude']}"

    def _from_deployment(self, item: Item) -> None:
        deployment = self.deployments.get(item["deployment_id"])
        if deployment:
            item["blueprint_id"] = item["blueprint_id"] or deployment["blueprint_id"]
            item["deployment_display_name"] = deployment["display_name"]

    def _operations(self) -> None:
        for graph in self.kinds["tasks_graphs"]:
            execution = self.executions.get(graph["execution_id"])
            if execution and not execution["total_operations"]:
                states = [operation["state"] for operation in graph["operations"]]
                execution["total_operations"] = len(states)
                execution["finished_operations"] = sum(s in _ENDED for s in states)

    def _deployments(self) -> None:
        latest: dict[str, Item] = {}
        created: dict[str, Item] = {}
        for item in sorted(self.kinds["executions"], key=lambda e: e["created_at"] or ""):
            if item["deployment_id"]:
                latest[item["deployment_id"]] = item
                if item["workflow_id"] == "create_deployment_environment":
                    created.setdefault(item["deployment_id"], item)
        nodes: dict[str, list[Item]] = {}
        for node in self.kinds["nodes"]:
            nodes.setdefault(node["deployment_id"], []).append(node)
        for item in self.kinds["deployments"]:
            item["display_name"] = item["display_name"] or item["id"]
            if item["create_execution"] is None and item["id"] in created:
                item["create_execution"] = created[item["id"]]["id"]
            if item["latest_execution"] is None and item["id"] in latest:
                item["latest_execution"] = latest[item["id"]]["id"]
            execution = self.executions.get(item["latest_execution"])
            if execution:
                item["latest_execution_status"] = execution["status_display"]
                item["latest_execution_workflow_id"] = execution["workflow_id"]
                for key in ("finished_operations", "total_operations"):
                    item[f"latest_execution_{key}"] = execution[key]
            for key in ("unavailable_instances", "drifted_instances"):
                item[key] = sum(node[key] for node in nodes.get(item["id"], []))

    def _blueprints(self) -> None:
        uploads: dict[Any, Item] = {}
        for item in self.kinds["executions"]:
            if item["workflow_id"] == "upload_blueprint":
                uploads[(item["parameters"] or {}).get("blueprint_id")] = item
        for item in self.kinds["blueprints"]:
            upload = uploads.get(item["id"])
            if item["upload_execution"] is None and upload:
                item["upload_execution"] = shape("upload_executions", **upload)


def _count_members(management: dict[str, list[Item]]) -> None:
    if not management["users"]:
        # A community manager's archive in new format has no users; the manager keeps its own.
        return
    members = [user.get("_tenants", {}) for user in management["users"]]
    groups = [group.get("_tenants", {}) for group in management["user_groups"]]
    for item in management["tenants"]:
        item["users"] = sum(item["name"] in tenants for tenants in members)
        item["groups"] = sum(item["name"] in tenants for tenants in groups)
    for item in management["users"]:
        item["tenants"] = len(item.get("_tenants", {}))
        item["groups"] = sum(
            item["username"] in g.get("_users", ()) for g in management["user_groups"]
        )
    for item in management["user_groups"]:
        item["tenants"] = len(item.get("_tenants", {}))
        item["users"] = len(item.get("_users", ()))


__all__ = ["complete", "display_status"]
