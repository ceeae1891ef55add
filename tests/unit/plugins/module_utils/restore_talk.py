# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests of a restore say again and again: requests that come together, small archives."""

from __future__ import annotations

import json
import pathlib
import typing as t
import zipfile

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import (
    ACTIVE_STATES,
    CloudifyClient,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._content import (
    KINDS,
    KINDS_BY_NAME,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._http import (
    Connection,
    ManagerHttp,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._inventory import exists
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._preflight import OF_OPERATORS
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._snapshots import EVERY_STATE
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._versions import (
    Capabilities,
    Version,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.conversation import (
    HOST,
    PASSWORD,
    USERNAME,
    refused,
)

REVISIONS = {
    "schema_revision": "1",
    "stage_schema_revision": "2",
    "composer_schema_revision": "3",
}
#: The restore options of the module, none of them given.
OPTIONS: dict[str, t.Any] = {
    "force": False,
    "restore_certificates": False,
    "no_reboot": False,
    "recreate_deployments_envs": None,
    "timeout": None,
    "ignore_plugin_failure": None,
    "tenant_name": None,
}
OF_RESTORES = {"workflow_id": "restore_snapshot"}
SENT = {"force": False, "restore_certificates": False, "no_reboot": False}
OK_STATUS = {"status": "OK", "services": {"nginx": {"status": "Active"}}}


def client(*hosts: str) -> CloudifyClient:
    connection = Connection(hosts=hosts or [HOST], port=443, username=USERNAME, password=PASSWORD)
    return CloudifyClient(ManagerHttp(connection))


def capabilities(version: str, edition: str = "premium") -> Capabilities:
    return Capabilities(Version.parse(version), edition)


def archive(folder: pathlib.Path, *, new: bool = False, **metadata: t.Any) -> str:
    """A zip that passes for a snapshot of 7.0.5, legacy unless told otherwise."""
    path = folder / "snapshot.zip"
    told = {"snapshot_version": "7.0.5", **({} if new else REVISIONS), **metadata}
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("metadata.json", json.dumps(told))
        out.writestr("mgmt/tenants.json" if new else "pg_data", "x")
    return str(path)


# -- requests that come together ------------------------------------------------------------------


def of_executions(statuses: t.Sequence[str]) -> dict[str, t.Any]:
    """The query for the executions of all tenants in these states."""
    return {
        "_include_system_workflows": "true",
        "_all_tenants": "true",
        "status": list(statuses) if len(statuses) > 1 else statuses[0],
    }


def executions(
    manager: t.Any, statuses: t.Sequence[str], items: t.Sequence[t.Any] = (), **more: t.Any
) -> None:
    """They are listed."""
    query = {**of_executions(statuses), **more.pop("query", {})}
    manager.listed("/executions", items, query=query, **more)


def restores(manager: t.Any, items: t.Sequence[t.Any] = (), **more: t.Any) -> None:
    """Those of restores are listed, ended ones too."""
    executions(manager, EVERY_STATE, items, query=OF_RESTORES, **more)


def preflight(
    manager: t.Any,
    *,
    version: str = "7.0.5",
    edition: str = "premium",
    snapshot: t.Any = "uploaded",
    active: t.Sequence[t.Any] = (),
    flag: str = "not-running",
    maintenance: str = "deactivated",
    waiting: t.Sequence[t.Any] | None = None,
    has: t.Mapping[str, int] | None = None,
    snapshots: t.Sequence[t.Any] | None = ("s1",),
    status: t.Any = None,
    end: bool = True,
    others: t.Sequence[str] = (),
    **more: t.Any,
) -> None:
    """All that is looked at before a restore.

    :param others: managers that are out of reach
    :param end: false where it is refused over content or snapshots
    :param has: how much the manager has, beyond what a fresh one has
    :param snapshots: those on the manager; None where nobody asks, as before one in new format
    :param waiting: the executions that would keep maintenance mode from beginning; None where
        nobody asks
    """
    manager.version(version, edition, **more)
    manager.get("/snapshots/s1", {"id": "s1", "status": snapshot}, **more)
    executions(manager, ACTIVE_STATES, active, **more)
    manager.get("/snapshot-status", {"status": flag}, **more)
    for host in others:
        flag_is_out_of_reach(manager, host)
    manager.get("/maintenance", {"status": maintenance}, **more)
    if waiting is not None:
        executions(manager, ("queued", "scheduled"), waiting, **more)
    content(manager, has or {}, version=version, edition=edition, **more)
    if snapshots is not None:
        of_manager(manager, snapshots, **more)
    if end:
        manager.get("/status", status or OK_STATUS, **more)


def flag_is_out_of_reach(manager: t.Any, host: str) -> None:
    """Another manager is asked without a login, and does not answer."""
    manager.broken("GET", "/snapshot-status", refused(), host=host, headers={"Authorization": None})


def of_manager(manager: t.Any, snapshots: t.Sequence[t.Any], **more: t.Any) -> None:
    """The snapshots that the manager has are listed, those of every tenant: by id, or (tenant, id)."""
    own = more.get("tenant", "default_tenant")
    pairs = [(own, each) if isinstance(each, str) else each for each in snapshots]
    listed = [{"id": name, "tenant_name": tenant} for tenant, name in pairs]
    query = {"_sort": "created_at", "_all_tenants": "true"}
    manager.listed("/snapshots", listed, query=query, **more)


def content(
    manager: t.Any,
    has: t.Mapping[str, int],
    *,
    version: str = "7.0.5",
    edition: str = "premium",
    **more: t.Any,
) -> None:
    """What operators make is counted, kind by kind."""
    for name, fresh in OF_OPERATORS.items():
        kind = KINDS_BY_NAME[name]
        if not exists(capabilities(version, edition), kind):
            continue
        query: dict[str, t.Any] = {"_size": 1, "_include": kind.key[0]}
        if not kind.manager_wide:
            query["_all_tenants"] = "true"
        total = fresh + has.get(name, 0)
        answer = {"items": [], "metadata": {"pagination": {"total": total}}}
        manager.get(kind.path, answer, query=query, **more)


def inventory(
    manager: t.Any,
    items: t.Mapping[str, t.Sequence[t.Any]],
    *,
    version: str = "7.0.5",
    edition: str = "premium",
    **more: t.Any,
) -> None:
    """Every kind of content is listed; C(items) has those of which there are any."""
    has = capabilities(version, edition)
    for kind in KINDS:
        if not exists(has, kind):
            continue
        known = [f for f in kind.fields if has.has(kind.fields_need.get(f, "create.include_logs"))]
        fields = [*kind.key, *known]
        query: dict[str, t.Any] = {}
        if not kind.manager_wide:
            fields.append("tenant_name")
            query["_all_tenants"] = "true"
        query["_include"] = ",".join(fields)
        manager.listed(kind.path, items.get(kind.name, ()), query=query, **more)
