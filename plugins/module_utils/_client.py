# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""The manager's REST API in the product's own words. No Ansible in here, and no decisions."""

from __future__ import annotations

import contextlib
import typing as t
from urllib.parse import quote

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ApiError,
    NotFound,
    RecoveryError,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._http import ManagerHttp
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._versions import (
    Capabilities,
    Version,
)

Json = dict[str, t.Any]

END_STATES = ("terminated", "failed", "cancelled")
RESTORE_WORKFLOW = "restore_snapshot"
#: Every manager has it, and it cannot be deleted.
DEFAULT_TENANT = "default_tenant"
#: A workflow in one of these blocks the system-wide ones.
ACTIVE_STATES = ("pending", "started", "cancelling", "force_cancelling", "kill_cancelling")
WAITING_STATES = ("queued", "scheduled")

PAGE_SIZE = 1000
#: With which it is tried whether a manager writes. It is nobody's content: a killed run may leave it, and the next one deletes it.
CHECK_SECRET = "cloudify_ha_write_check"
CHECK_VALUE = "cloudify_ha.recovery tries whether a write is acknowledged; this can be deleted"


def escape(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe="")


def inactive_services(answer: Json) -> list[str]:
    """Names of the services that an answer of /status shows down.

    The shape differs: 4.x lists systemd units, later versions map names to a status.
    """
    services = answer.get("services") or {}
    if isinstance(services, list):
        return sorted(
            service["display_name"]
            for service in services
            if any(unit.get("state") != "running" for unit in service.get("instances", []))
        )
    inactive = sorted(
        name for name, service in services.items() if service.get("status") != "Active"
    )
    return inactive or ([] if answer.get("status") in ("OK", "running") else ["unnamed"])


def says_running(answer: Json) -> bool:
    """Whether an answer of C(snapshot-status) says that a restore is running."""
    text = str(answer["status"]).lower()
    # the published guides quote sentences, the product's code answers single words
    return text == "running" or "in progress" in text


class CloudifyClient:
    """One manager's REST API. Errors are those of C(_errors)."""

    def __init__(self, http: ManagerHttp, capabilities: Capabilities | None = None) -> None:
        """:param capabilities: those of this manager, if they are known"""
        self.http = http
        self._capabilities = capabilities
        self._bypass = False

    # -- reading, also while in maintenance mode --------------------------------------------

    def read(self, path: str, *, doing: str, **options: t.Any) -> t.Any:
        return self._call("GET", path, doing=doing, **options)

    def _call(self, method: str, path: str, *, doing: str, **options: t.Any) -> t.Any:
        """A request; while the manager is in maintenance mode, with the administrator's bypass.

        It is asked for anew each time, since with the bypass a manager answers credentials that
        it does not know with 500 instead of 401, and a restore makes it forget them for a while.
        What maintenance mode has refused was not done, so it can be repeated.
        """
        headers = {"X-BYPASS-MAINTENANCE": "true"} if self._bypass else None
        try:
            return self.http.json(method, path, doing=doing, headers=headers, **options)
        except ApiError as exc:
            if exc.code != "maintenance_mode_active" or self._bypass:
                raise
        self._bypass = True
        try:
            return self._call(method, path, doing=doing, **options)
        finally:
            self._bypass = False

    def items(
        self,
        path: str,
        *,
        doing: str,
        include: t.Sequence[str] = (),
        params: t.Mapping[str, t.Any] | None = None,
    ) -> t.Iterator[Json]:
        """Every item of a list, page by page."""
        query: dict[str, t.Any] = {**(params or {}), "_size": PAGE_SIZE, "_offset": 0}
        if include:
            query["_include"] = ",".join(include)
        before = None
        while True:
            page = self.read(path, doing=doing, params=query, needs={"items": list})
            found = page["items"]
            if found and found == before:
                raise RecoveryError(
                    f"Cannot {doing}: {self.http.url(path)} gives the same page again and again",
                    hint="Something between here and the manager answers in its place",
                )
            yield from found
            before = found
            query["_offset"] += len(found)
            total = ((page.get("metadata") or {}).get("pagination") or {}).get("total")
            if not found or (total is not None and query["_offset"] >= total):
                return

    def count(self, path: str, *, doing: str, params: t.Mapping[str, t.Any]) -> int:
        """How many items a list has, without reading them."""
        query = {**params, "_size": 1}
        page = self.read(path, doing=doing, params=query, needs={"metadata": dict})
        total = (page["metadata"].get("pagination") or {}).get("total")
        if not isinstance(total, int):
            raise RecoveryError(
                f"Cannot {doing}: {self.http.url(path)} does not say how many there are",
                hint="Something between here and the manager answers in its place",
            )
        return total

    # -- the manager itself -----------------------------------------------------------------

    def version(self, *, retry: bool = True) -> Json:
        return self.read(
            "/version", doing="read the manager's version", needs={"version": str}, retry=retry
        )

    def capabilities(self) -> Capabilities:
        """What this manager can do; asked once."""
        if self._capabilities is None:
            self.knows(self.version())
        return t.cast(Capabilities, self._capabilities)

    def knows(self, answer: Json) -> None:
        """Take what /version has answered for what this manager is."""
        try:
            version = Version.parse(answer["version"])
        except ValueError as exc:
            raise RecoveryError(f"Cannot read the manager's version: {exc}") from None
        self._capabilities = Capabilities(
            version=version, edition=answer.get("edition") or "community"
        )

    def inactive_services(self, *, retry: bool = True) -> list[str]:
        """Names of the services that are not running; empty when all is well."""
        return inactive_services(
            self.read(
                "/status", doing="read the manager's status", retry=retry, needs={"status": str}
            )
        )

    def restore_is_running(self, *, retry: bool = True) -> bool | None:
        """What C(snapshot-status) says; None before 5.0.5, which has no such thing."""
        if not self.capabilities().has("restore.snapshot_status"):
            return None
        answer = self.read(
            "/snapshot-status",
            doing="read the restore's status",
            retry=retry,
            needs={"status": str},
        )
        return says_running(answer)

    def cluster_nodes(self) -> list[Json]:
        """Nodes of a 4.x cluster; empty where there is none.

        :raises ApiError: when that cannot be told
        """
        try:
            return self.read(
                "/cluster/nodes", doing="list the cluster's nodes", needs={"items": list}
            )["items"]
        except ApiError as exc:
            if (isinstance(exc, NotFound) and exc.code) or self._is_alone():
                return []
            raise

    def _is_alone(self) -> bool:
        """What a manager that is in no cluster answers for its nodes differs; this does not."""
        try:
            answer = self.read("/cluster", doing="read the state of the cluster")
        except ApiError:
            return False
        return isinstance(answer, dict) and answer.get("initialized") is False

    # -- snapshots --------------------------------------------------------------------------

    def snapshots(self, *, all_tenants: bool = False) -> list[Json]:
        params = {"_sort": "created_at", **({"_all_tenants": "true"} if all_tenants else {})}
        return list(self.items("/snapshots", doing="list snapshots", params=params))

    def snapshot(
        self, snapshot_id: str, *, retry: bool = True, tenant: str | None = None
    ) -> Json | None:
        """None where there is no such snapshot.

        :param tenant: that it belongs to, in place of the connection's
        """
        try:
            return self.read(
                f"/snapshots/{escape(snapshot_id)}",
                doing=f"look up snapshot {snapshot_id}",
                retry=retry,
                tenant=tenant,
                needs={"id": str, "status": str},
            )
        except NotFound as exc:
            if exc.code is None:
                raise
            return None

    def archive_path(self, snapshot_id: str) -> str:
        """Path of a snapshot's archive, below the API's root."""
        return f"/snapshots/{escape(snapshot_id)}/archive"

    def create_snapshot(self, snapshot_id: str, options: Json) -> Json:
        """Returns the execution."""
        return self.http.json(
            "PUT",
            f"/snapshots/{escape(snapshot_id)}",
            doing=f"create snapshot {snapshot_id}",
            body=options,
            needs={"id": str},
        )

    def delete_snapshot(self, snapshot_id: str) -> None:
        self.http.json(
            "DELETE",
            f"/snapshots/{escape(snapshot_id)}",
            doing=f"delete snapshot {snapshot_id}",
            expected=(200, 204),
        )

    def restore_snapshot(self, snapshot_id: str, options: Json) -> str:
        """Returns the id of the execution (the answer looks like a snapshot, but is not one)."""
        answer = self.http.json(
            "POST",
            f"/snapshots/{escape(snapshot_id)}/restore",
            doing=f"restore snapshot {snapshot_id}",
            body=options,
            needs={"id": str},
        )
        return answer["id"]

    # -- executions -------------------------------------------------------------------------

    def execution(
        self, execution_id: str, *, retry: bool = True, tenant: str | None = None
    ) -> Json:
        """:param tenant: that it belongs to, in place of the connection's"""
        return self.read(
            f"/executions/{escape(execution_id)}",
            doing=f"look up execution {execution_id}",
            retry=retry,
            tenant=tenant,
            needs={"status": str},
        )

    def executions(
        self, *, statuses: t.Sequence[str], workflow_id: str | None = None
    ) -> list[Json]:
        """Executions of all tenants in these states, system workflows included."""
        params: dict[str, t.Any] = {
            "_include_system_workflows": "true",
            "_all_tenants": "true",
            "status": list(statuses),
        }
        if workflow_id:
            params["workflow_id"] = workflow_id
        found = self.items("/executions", doing="list executions", params=params)
        return [item for item in found if item.get("status") in statuses]

    def active_executions(self) -> list[Json]:
        """What would block a restore, a legacy create, or maintenance mode."""
        return self.executions(statuses=ACTIVE_STATES)

    def cancel_execution(self, execution_id: str, *, action: str) -> Json:
        """:param action: C(cancel), C(force-cancel) or C(kill)"""
        return self._call(
            "POST",
            f"/executions/{escape(execution_id)}",
            doing=f"{action} execution {execution_id}",
            body={"action": action},
        )

    # -- maintenance mode -------------------------------------------------------------------

    def maintenance(self, *, retry: bool = True) -> Json:
        return self.read(
            "/maintenance", doing="read the maintenance mode", retry=retry, needs={"status": str}
        )

    def set_maintenance(self, *, activate: bool) -> bool:
        """False when the manager says it was so already (304)."""
        action = "activate" if activate else "deactivate"
        answer = self.http.json(
            "POST",
            f"/maintenance/{action}",
            doing=f"{action} maintenance mode",
            body={},
            expected=(200, 304),
        )
        return answer is not None

    # -- whether it writes ------------------------------------------------------------------

    def try_write(self, *, timeout: float) -> None:
        """Make a secret and delete it again.

        :raises RecoveryError: when one of them is not acknowledged
        """
        body = {"value": CHECK_VALUE, "visibility": "private", "update_if_exists": True}
        try:
            self._check_secret("PUT", timeout, body=body)
        except RecoveryError:
            # it may have been made without a word
            with contextlib.suppress(RecoveryError):
                self._check_secret("DELETE", timeout)
            raise
        with contextlib.suppress(NotFound):  # another check was quicker
            self._check_secret("DELETE", timeout)

    def _check_secret(self, method: str, timeout: float, body: t.Any = None) -> None:
        self.http.json(
            method,
            f"/secrets/{escape(CHECK_SECRET)}",
            doing="write a secret and delete it again",
            body=body,
            expected=(200, 201, 204),
            timeout=timeout,
        )

    # -- content: the few writes that mending a restore needs ---------------------------------

    def create_site(self, *, tenant: str, name: str, body: Json) -> None:
        self._call(
            "PUT", f"/sites/{escape(name)}", doing=f"create site {name}", body=body, tenant=tenant
        )

    def set_site(self, *, tenant: str, deployment_id: str, site_name: str) -> None:
        self._call(
            "POST",
            f"/deployments/{escape(deployment_id)}/set-site",
            doing=f"set the site of deployment {deployment_id}",
            body={"site_name": site_name, "detach_site": False},
            tenant=tenant,
        )

    def set_deployment_labels(
        self, *, tenant: str, deployment_id: str, labels: t.Sequence[Json]
    ) -> None:
        self._call(
            "PATCH",
            f"/deployments/{escape(deployment_id)}",
            doing=f"set the labels of deployment {deployment_id}",
            body={"labels": list(labels)},
            tenant=tenant,
        )

    def create_schedule(
        self, *, tenant: str, deployment_id: str, schedule_id: str, body: Json
    ) -> None:
        self._call(
            "PUT",
            f"/execution-schedules/{escape(schedule_id)}",
            doing=f"create schedule {schedule_id}",
            params={"deployment_id": deployment_id},
            body=body,
            tenant=tenant,
        )


__all__ = (
    "ACTIVE_STATES",
    "CHECK_SECRET",
    "DEFAULT_TENANT",
    "END_STATES",
    "RESTORE_WORKFLOW",
    "WAITING_STATES",
    "CloudifyClient",
    "Json",
    "escape",
    "inactive_services",
    "says_running",
)
