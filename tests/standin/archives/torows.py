# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Items as rows of the database tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .crypto import encrypt
from .pgcopy import Row, array, timestamp
from .shape import ROLES, Item, key_of
from .tables import COLUMNS

TIMES = {
    "created_at",
    "updated_at",
    "ended_at",
    "started_at",
    "uploaded_at",
    "last_login_at",
    "first_login_at",
    "scheduled_for",
    "since",
    "until",
    "next_occurrence",
    "timestamp",
    "reported_timestamp",
}
# Where the table is called otherwise than the kind.
KIND_OF = {"logs": "events"}
_ADMIN = {"username": "admin", "role": "sys_admin", "active": True}


class Rows:
    """The rows of every table for one content. Storage ids are given out here, in the order of the items."""

    def __init__(self, content: dict[str, Any], *, key: str) -> None:
        self._tenants: dict[str, dict[str, list[Item]]] = content["tenants"]
        self._management: dict[str, list[Item]] = dict(content["management"])
        # The database has a row of the first user whatever the edition.
        self._management["users"] = self._management.get("users") or [dict(_ADMIN)]
        self._key = key
        names = [item["username"] for item in self._management["users"]]
        self._users = {name: n for n, name in enumerate(sorted(names, key=lambda n: n != "admin"))}
        self._groups = {g["name"]: n for n, g in enumerate(self._management.get("user_groups", []))}
        self._tenant_ids = {name: n for n, name in enumerate(self._tenants)}
        self._ids: dict[tuple[str, str, Any], int] = {}
        self.counts: dict[str, int] = {}
        for tenant, kinds in self._tenants.items():
            for kind, items in kinds.items():
                for item in items:
                    self._give(tenant, kind, item)

    def _give(self, tenant: str, kind: str, item: Item) -> None:
        number = self.counts[kind] = self.counts.get(kind, 0) + 1
        self._ids[tenant, kind, self._name(kind, item)] = number

    @staticmethod
    def _name(kind: str, item: Item) -> Any:
        if kind == "nodes":
            return item["deployment_id"], item["id"]
        if kind == "events":
            return id(item)
        return item.get(key_of(kind))

    def _id(self, tenant: str, kind: str, name: Any) -> int | None:
        return self._ids.get((tenant, kind, name))

    def of(self, table: str) -> Iterator[Row]:
        special: Callable[[], Iterator[Row]] | None = getattr(self, f"table_{table}", None)
        if special:
            yield from special()
            return
        for tenant, item in self._items(KIND_OF.get(table, table)):
            yield self._row(table, tenant, item)

    def _items(self, kind: str) -> Iterator[tuple[str, Item]]:
        for tenant, kinds in self._tenants.items():
            for item in kinds.get(kind, []):
                yield tenant, item

    def _row(self, table: str, tenant: str, item: Item) -> Row:
        """What is called the same in table and item, and what every row of a tenant has."""
        kind = KIND_OF.get(table, table)
        row: Row = {}
        for column in COLUMNS[table]:
            name = column.rstrip("!")
            if not name.startswith("_") and name in item:
                row[name] = timestamp(item[name]) if name in TIMES else item[name]
        row["_storage_id"] = self._id(tenant, kind, self._name(kind, item))
        row["_tenant_id"] = self._tenant_ids[tenant]
        row["_creator_id"] = self._users.get(item.get("created_by", "admin"), 0)
        row.setdefault("visibility", "tenant")
        return row

    def table_tenants(self) -> Iterator[Row]:
        for name, number in self._tenant_ids.items():
            yield {
                "id": number,
                "name": name,
                "rabbitmq_password": encrypt(f"rabbitmq-{name}", key=self._key),
                "rabbitmq_username": f"rabbitmq_user_{name}",
                "rabbitmq_vhost": f"rabbitmq_vhost_{name}",
            }

    def table_users(self) -> Iterator[Row]:
        for item in self._management["users"]:
            row = {
                c: timestamp(item[c]) if c in TIMES else item[c]
                for c in COLUMNS["users"]
                if c in item
            }
            row.update(
                id=self._users[item["username"]],
                password=item.get("_password", ""),
                failed_logins_counter=0,
                created_at=row.get("created_at") or "2026-01-01 00:00:00",
            )
            yield row

    def table_blueprints(self) -> Iterator[Row]:
        for tenant, item in self._items("blueprints"):
            row = self._row("blueprints", tenant, item)
            upload = (item.get("upload_execution") or {}).get("id")
            row["_upload_execution_fk"] = self._id(tenant, "executions", upload)
            yield row

    def table_sites(self) -> Iterator[Row]:
        for tenant, item in self._items("sites"):
            yield self._row("sites", tenant, item) | {"id": item["name"]}

    def table_deployments(self) -> Iterator[Row]:
        for tenant, item in self._items("deployments"):
            row = self._row("deployments", tenant, item)
            row["_blueprint_fk"] = self._id(tenant, "blueprints", item["blueprint_id"])
            row["_site_fk"] = self._id(tenant, "sites", item.get("site_name"))
            for key in ("create_execution", "latest_execution"):
                row[f"_{key}_fk"] = self._id(tenant, "executions", item.get(key))
            row["workflows"] = item.get("_workflows", {})
            yield row

    def table_nodes(self) -> Iterator[Row]:
        for tenant, item in self._items("nodes"):
            row = self._row("nodes", tenant, item)
            row["_deployment_fk"] = self._id(tenant, "deployments", item["deployment_id"])
            yield row

    def table_node_instances(self) -> Iterator[Row]:
        for tenant, item in self._items("node_instances"):
            row = self._row("node_instances", tenant, item)
            row["_node_fk"] = self._id(tenant, "nodes", (item["deployment_id"], item["node_id"]))
            yield row

    def table_agents(self) -> Iterator[Row]:
        for tenant, item in self._items("agents"):
            row = self._row("agents", tenant, item)
            row["name"] = item["id"]
            row["_node_instance_fk"] = self._id(tenant, "node_instances", item["host_id"])
            yield row

    def table_executions(self) -> Iterator[Row]:
        for tenant, item in self._items("executions"):
            row = self._row("executions", tenant, item)
            row["_deployment_fk"] = self._id(tenant, "deployments", item.get("deployment_id"))
            yield row

    def table_execution_schedules(self) -> Iterator[Row]:
        for tenant, item in self._items("execution_schedules"):
            row = self._row("execution_schedules", tenant, item)
            row["_deployment_fk"] = self._id(tenant, "deployments", item["deployment_id"])
            yield row

    def _labels(self, kind: str) -> Iterator[Row]:
        number = 0
        for tenant, item in self._items(kind):
            for label in item.get("labels") or []:
                number += 1
                yield {
                    "created_at": timestamp(label.get("created_at")),
                    "id": number,
                    "key": label["key"],
                    "value": label["value"],
                    "_labeled_model_fk": self._id(tenant, kind, item["id"]),
                    "_creator_id": self._users.get(label.get("created_by", "admin"), 0),
                }

    def table_blueprints_labels(self) -> Iterator[Row]:
        yield from self._labels("blueprints")

    def table_deployments_labels(self) -> Iterator[Row]:
        yield from self._labels("deployments")

    def _events_of(self, table: str, wanted: str) -> Iterator[Row]:
        for tenant, item in self._items("events"):
            if item["type"] != wanted:
                continue
            row = self._row(table, tenant, item)
            row["_storage_id"] = item.get("_storage_id") or row["_storage_id"]
            row["_execution_fk"] = self._id(tenant, "executions", item["execution_id"])
            row["node_id"] = item.get("node_instance_id")
            yield row

    def table_events(self) -> Iterator[Row]:
        yield from self._events_of("events", "cloudify_event")

    def table_logs(self) -> Iterator[Row]:
        yield from self._events_of("logs", "cloudify_log")

    def table_tasks_graphs(self) -> Iterator[Row]:
        for tenant, item in self._items("tasks_graphs"):
            row = self._row("tasks_graphs", tenant, item)
            row["_execution_fk"] = self._id(tenant, "executions", item["execution_id"])
            yield row

    def table_operations(self) -> Iterator[Row]:
        number = 0
        for tenant, graph in self._items("tasks_graphs"):
            for item in graph.get("operations") or []:
                number += 1
                row = self._row("operations", tenant, {**item, "visibility": "tenant"})
                row["_storage_id"] = number
                row["_tasks_graph_fk"] = self._id(tenant, "tasks_graphs", graph["id"])
                row["dependencies"] = array(item.get("dependencies") or [])
                yield row

    def table_permissions(self) -> Iterator[Row]:
        for number, item in enumerate(self._management.get("permissions", []), 1):
            yield {
                "id": number,
                "role_id": ROLES.index(item["role"]) + 1,
                "name": item["permission"],
            }

    def table_secrets(self) -> Iterator[Row]:
        for tenant, item in self._items("secrets"):
            row = self._row("secrets", tenant, item)
            row["id"] = item["key"]
            row["value"] = encrypt(str(item.get("_value", "")), key=self._key)
            row["schema"] = item.get("schema")
            provider = item.get("provider_name")
            row["_secrets_provider_fk"] = self._id(tenant, "secrets_providers", provider)
            yield row

    def table_groups(self) -> Iterator[Row]:
        for item in self._management.get("user_groups", []):
            yield {
                "id": self._groups[item["name"]],
                "name": item["name"],
                "ldap_dn": item.get("ldap_dn"),
            }

    def table_groups_roles(self) -> Iterator[Row]:
        for item in self._management.get("user_groups", []):
            role = ROLES.index(item.get("role", "default")) + 1
            yield {"group_id": self._groups[item["name"]], "role_id": role}

    def table_users_roles(self) -> Iterator[Row]:
        for item in self._management["users"]:
            role = ROLES.index(item.get("role", "default")) + 1
            yield {"user_id": self._users[item["username"]], "role_id": role}

    def _members(self, kind: str, ids: dict[str, int], column: str) -> Iterator[Row]:
        for item in self._management.get(kind, []):
            for tenant, role in item.get("_tenants", {}).items():
                yield {
                    column: ids[item[key_of(kind)]],
                    "tenant_id": self._tenant_ids.get(tenant),
                    "role_id": ROLES.index(role) + 1,
                }

    def table_users_tenants(self) -> Iterator[Row]:
        yield from self._members("users", self._users, "user_id")

    def table_groups_tenants(self) -> Iterator[Row]:
        yield from self._members("user_groups", self._groups, "group_id")

    def table_users_groups(self) -> Iterator[Row]:
        for item in self._management.get("user_groups", []):
            for name in item.get("_users", []):
                yield {"user_id": self._users[name], "group_id": self._groups[item["name"]]}


__all__ = ["KIND_OF", "TIMES", "Rows"]
