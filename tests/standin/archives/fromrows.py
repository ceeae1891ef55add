# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows of the database tables as the items that REST shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from .crypto import WrongKey, decrypt
from .pgcopy import Row, from_array, rest_time
from .shape import ROLES, Item, empty_content, shape
from .tables import COLUMNS
from .torows import TIMES

_BOOLS = {
    "is_hidden",
    "runtime_only_evaluation",
    "is_status_check_ok",
    "has_configuration_drift",
    "is_system_workflow",
    "is_dry_run",
    "resume",
    "allow_custom_parameters",
    "stop_on_fail",
    "enabled",
    "is_system_filter",
    "is_hidden_value",
    "active",
    "show_getting_started",
}
_INTS = {
    "_storage_id",
    "deploy_number_of_instances",
    "drifted_instances",
    "finished_operations",
    "index",
    "max_number_of_instances",
    "min_number_of_instances",
    "number_of_instances",
    "planned_number_of_instances",
    "slip",
    "sub_environments_count",
    "sub_services_count",
    "total_operations",
    "unavailable_instances",
    "version",
}
_FLOATS = {"latitude", "longitude"}
_JSON = {t: {c[:-1] for c in columns if c.endswith("!")} for t, columns in COLUMNS.items()}
_SIMPLE = (
    "sites",
    "plugins",
    "secrets_providers",
    "secrets",
    "blueprints",
    "deployments",
    "deployment_groups",
    "nodes",
    "node_instances",
    "agents",
    "executions",
    "execution_schedules",
    "execution_groups",
    "deployment_updates",
    "plugins_updates",
    "inter_deployment_dependencies",
    "deployments_filters",
    "blueprints_filters",
)


def value_of(table: str, column: str, text: str | None) -> Any:
    if text is None:
        return None
    if column in _JSON.get(table, ()):
        return json.loads(text)
    if column in TIMES:
        return rest_time(text)
    if column in _BOOLS:
        return text == "t"
    # An agent's and a plugin's version is a text.
    if column in _INTS and not (column == "version" and table == "agents"):
        return int(text)
    return float(text) if column in _FLOATS else text


def _as_it_is(row: Row, item: Item) -> None:
    """Most tables' rows need nothing beyond what all have in common."""


class Items:
    """Content out of the rows of a dump; the rows are freed table by table."""

    def __init__(self, rows: dict[str, list[Row]], *, key: str | None) -> None:
        self._rows = rows
        self._key = key
        self._tenant = {row["id"]: row["name"] for row in self._of("tenants")}
        self._user = {row["id"]: row["username"] for row in self._of("users")}
        self._by: dict[str, dict[str, Row]] = {}
        for table in (
            "sites",
            "blueprints",
            "deployments",
            "nodes",
            "node_instances",
            "executions",
        ):
            self._by[table] = {row["_storage_id"]: row for row in self._of(table)}
        self._by["tasks_graphs"] = {row["_storage_id"]: row for row in self._of("tasks_graphs")}
        self._by["secrets_providers"] = {
            row["_storage_id"]: row for row in self._of("secrets_providers")
        }
        self._labels = {k: self._labels_of(f"{k}_labels") for k in ("blueprints", "deployments")}

    def _of(self, table: str) -> list[Row]:
        return self._rows.get(table, [])

    def content(self) -> dict[str, Any]:
        content = empty_content(tenants=tuple(self._tenant.values()))
        content["management"].update(self._management())
        tenants = content["tenants"]
        for table in _SIMPLE:
            make: Callable[[Row, Item], None] = getattr(self, f"_{table}", _as_it_is)
            for row in sorted(self._of(table), key=lambda r: int(r["_storage_id"])):
                item = self._item(table, row)
                make(row, item)
                tenants[item["tenant_name"]][table].append(item)
        for row, item in self._events():
            tenants[self._tenant[row["_tenant_id"]]]["events"].append(item)
        for item in self._graphs():
            tenants[item["tenant_name"]]["tasks_graphs"].append(item)
        return content

    def _item(self, table: str, row: Row) -> Item:
        values = {
            column: value_of(table, column, text)
            for column, text in row.items()
            if not column.startswith("_")
        }
        values["tenant_name"] = self._tenant[row["_tenant_id"]]
        values["created_by"] = self._user.get(row["_creator_id"], "admin")
        return shape(table, **values)

    def _name(self, table: str, number: str | None, column: str = "id") -> Any:
        row = self._by[table].get(number or "")
        return row[column] if row else None

    def _labels_of(self, table: str) -> dict[str, list[Item]]:
        found: dict[str, list[Item]] = {}
        for row in sorted(self._of(table), key=lambda r: int(r["id"])):
            label = {
                "key": row["key"],
                "value": row["value"],
                "created_at": rest_time(row["created_at"]),
                "created_by": self._user.get(row["_creator_id"], "admin"),
            }
            found.setdefault(row["_labeled_model_fk"], []).append(label)
        return found

    def _sites(self, _row: Row, item: Item) -> None:
        del item["id"]

    def _secrets(self, row: Row, item: Item) -> None:
        item["key"] = item.pop("id")
        for key in ("provider_options", "schema"):
            if item.get(key) is None:
                item.pop(key, None)
        value = item.pop("value") or ""
        if self._key:
            try:
                value = decrypt(value, key=self._key)
            except WrongKey:
                # The product would show this value as an error; nobody can read it.
                value = None
        item["_value"] = value
        item["provider_name"] = self._name("secrets_providers", row.get("_secrets_provider_fk"))

    def _blueprints(self, row: Row, item: Item) -> None:
        item["labels"] = self._labels["blueprints"].get(row["_storage_id"], [])

    def _deployments(self, row: Row, item: Item) -> None:
        item["_workflows"] = item["workflows"]
        item["workflows"] = shape("deployments")["workflows"]
        item["blueprint_id"] = self._name("blueprints", row["_blueprint_fk"])
        item["site_name"] = self._name("sites", row.get("_site_fk"), "name")
        item["create_execution"] = self._name("executions", row.get("_create_execution_fk"))
        item["latest_execution"] = self._name("executions", row.get("_latest_execution_fk"))
        item["labels"] = self._labels["deployments"].get(row["_storage_id"], [])

    def _nodes(self, row: Row, item: Item) -> None:
        item["deployment_id"] = self._name("deployments", row["_deployment_fk"])

    def _node_instances(self, row: Row, item: Item) -> None:
        node = self._by["nodes"][row["_node_fk"]]
        item["node_id"] = node["id"]
        item["deployment_id"] = self._name("deployments", node["_deployment_fk"])

    def _agents(self, row: Row, item: Item) -> None:
        for key in ("username", "password", "exchange"):
            # How the agent logs in to the broker is no part of what REST lists.
            item.pop(f"rabbitmq_{key}", None)
        for key in ("name", "updated_at"):
            item.pop(key, None)
        instance = self._by["node_instances"].get(row["_node_instance_fk"])
        if instance:
            node = self._by["nodes"][instance["_node_fk"]]
            item["host_id"] = instance["id"]
            item["node"] = node["id"]
            item["deployment"] = self._name("deployments", node["_deployment_fk"])

    def _executions(self, row: Row, item: Item) -> None:
        item.pop("token", None)
        item["deployment_id"] = self._name("deployments", row["_deployment_fk"])
        for key in ("total_operations", "finished_operations"):
            item[key] = item[key] or 0

    def _execution_schedules(self, row: Row, item: Item) -> None:
        item["deployment_id"] = self._name("deployments", row["_deployment_fk"])

    def _deployments_filters(self, _row: Row, item: Item) -> None:
        for kind in ("label", "attribute"):
            rules = [rule for rule in item["value"] or [] if rule.get("type") == kind]
            item[f"{'labels' if kind == 'label' else 'attrs'}_filter_rules"] = rules

    _blueprints_filters = _deployments_filters

    def _events(self) -> Iterator[tuple[Row, Item]]:
        for table, kind in (("events", "cloudify_event"), ("logs", "cloudify_log")):
            for row in sorted(self._of(table), key=lambda r: int(r["_storage_id"])):
                values = {c: value_of(table, c, t) for c, t in row.items() if c[0] != "_"}
                values.pop("visibility", None)
                values.pop("message_code", None)
                values["node_instance_id"] = values.pop("node_id")
                values["_storage_id"] = int(row["_storage_id"])
                values["execution_id"] = self._name("executions", row["_execution_fk"])
                shown = table if table == "logs" else "events"
                yield row, shape(shown, **values, type=kind)

    def _graphs(self) -> Iterator[Item]:
        operations: dict[str, list[Item]] = {}
        for row in sorted(self._of("operations"), key=lambda r: int(r["_storage_id"])):
            names = ("created_at", "id", "name", "state", "type", "parameters")
            item = {c: value_of("operations", c, row[c]) for c in names}
            item["dependencies"] = from_array(row["dependencies"])
            for key in ("manager_name", "agent_name"):
                item[key] = row.get(key)
            operations.setdefault(row["_tasks_graph_fk"], []).append(item)
        for row in sorted(self._of("tasks_graphs"), key=lambda r: int(r["_storage_id"])):
            item = self._item("tasks_graphs", row)
            del item["visibility"]
            item["execution_id"] = self._name("executions", row["_execution_fk"])
            item["operations"] = operations.get(row["_storage_id"], [])
            yield item

    def _roles(self, table: str, column: str) -> dict[str, str]:
        return {row[column]: ROLES[int(row["role_id"]) - 1] for row in self._of(table)}

    def _member(self, table: str, column: str) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for row in self._of(table):
            role = ROLES[int(row["role_id"]) - 1]
            found.setdefault(row[column], {})[self._tenant[row["tenant_id"]]] = role
        return found

    def _management(self) -> dict[str, list[Item]]:
        roles, tenants = self._roles("users_roles", "user_id"), self._member(
            "users_tenants", "user_id"
        )
        group_roles = self._roles("groups_roles", "group_id")
        group_tenants = self._member("groups_tenants", "group_id")
        users, groups = [], []
        for row in sorted(self._of("users"), key=lambda r: int(r["id"])):
            names = ("username", "active", "created_at", "last_login_at", "first_login_at")
            values = {c: value_of("users", c, row.get(c)) for c in names}
            values["show_getting_started"] = row.get("show_getting_started") == "t"
            values["role"] = roles.get(row["id"], "default")
            values["_password"] = row["password"]
            values["_tenants"] = tenants.get(row["id"], {})
            users.append(shape("users", **values))
        for row in sorted(self._of("groups"), key=lambda r: int(r["id"])):
            members = [m["user_id"] for m in self._of("users_groups") if m["group_id"] == row["id"]]
            values = {"name": row["name"], "ldap_dn": row["ldap_dn"]}
            values["role"] = group_roles.get(row["id"], "default")
            values["_tenants"] = group_tenants.get(row["id"], {})
            values["_users"] = [self._user[m] for m in members]
            groups.append(shape("user_groups", **values))
        permissions = [
            {"role": ROLES[int(row["role_id"]) - 1], "permission": row["name"]}
            for row in sorted(self._of("permissions"), key=lambda r: int(r["id"]))
        ]
        return {"users": users, "user_groups": groups, "permissions": permissions}


__all__ = ["Items", "value_of"]
