# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Everything that is looked at before a restore is asked for, so that a bad one never starts."""

from __future__ import annotations

import io
import typing as t
from dataclasses import dataclass, field

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _archive
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import (
    RESTORE_WORKFLOW,
    WAITING_STATES,
    CloudifyClient,
    Json,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._content import (
    KINDS_BY_NAME,
    OF_OPERATORS,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ApiError,
    ArchiveError,
    Refused,
    TransferError,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._inventory import (
    ABSENT_CODES,
    exists,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._remote import (
    RemoteFile,
    once_there,
    same_archive,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._restore import RestoreFlag
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._snapshots import (
    describe_executions,
    last_line,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._versions import Capabilities


@dataclass(frozen=True)
class Preflight:
    """What was found. C(body) is what the restore will be asked with.

    :ivar archive: None when the manager does not let its directory be read
    :ivar running: execution of a restore of this snapshot that runs already
    :ivar content: how much there is beyond what a fresh manager has, by kind
    :ivar snapshots: others that the manager has, of any tenant, which the restore removes
    :ivar maintenance: the maintenance mode as found, to be left so
    :ivar inactive_services: those that were down before
    """

    body: Json
    archive: _archive.Description | None
    running: str | None
    content: dict[str, int]
    snapshots: list[str]
    maintenance: str
    inactive_services: list[str]
    warnings: list[str] = field(default_factory=list)


def look(
    client: CloudifyClient,
    snapshot_id: str,
    *,
    options: t.Mapping[str, t.Any],
    archive_path: str | None,
    into_maintenance: bool = False,
    may_be_absent: bool = False,
) -> Preflight:
    """Look at the manager, the snapshot and its archive; nothing is changed.

    :param options: C(force), C(restore_certificates), ... as the module takes them
    :param archive_path: the same archive on this machine, if there is one
    :param into_maintenance: maintenance mode is to be entered for the restore
    :param may_be_absent: the snapshot need not be on the manager yet, if C(archive_path) is given
    :raises Refused: for the first thing that would make the restore fail or lose data
    """
    capabilities = client.capabilities()
    warnings: list[str] = []
    snapshot = client.snapshot(snapshot_id)
    if snapshot:
        check_usable(snapshot)
    elif not (may_be_absent and archive_path):
        raise Refused(
            f"the manager has no snapshot {snapshot_id}",
            hint="Upload it first (a restore in legacy format removes the manager's own copies)",
        )
    archive = _describe(client, snapshot_id, archive_path, warnings)
    if snapshot and archive_path:
        _check_same(client, snapshot_id, archive_path)
    if archive:
        problems = _archive.problems_on(archive, capabilities)
        if problems:
            raise Refused(
                f"Cannot restore snapshot {snapshot_id}: {'; '.join(problems)}",
                hint="Choose another snapshot, or a manager of its version",
            )
    body = restore_body(
        capabilities,
        options=options,
        archive_format=archive.format if archive else None,
        warnings=warnings,
    )
    running = _running_restore(client, snapshot_id)
    if running:
        warnings.append(
            f"a restore of snapshot {snapshot_id} runs already and is followed to its end; if the "
            f"manager went down meanwhile, it never ends, and only the action kill removes "
            f"execution {running}"
        )
        return Preflight(
            body=body,
            archive=archive,
            running=running,
            content={},
            snapshots=[],
            maintenance=client.maintenance()["status"],
            inactive_services=[],
            warnings=warnings,
        )
    _check_flag(client, capabilities)
    if capabilities.has("restore.needs_single_node"):
        nodes = client.cluster_nodes()
        if len(nodes) > 1:
            raise Refused(
                f"version {capabilities.version} refuses a restore on a cluster of "
                f"{len(nodes)} nodes",
                hint="Restore on the leader before the replicas join",
            )
    maintenance = client.maintenance()["status"]
    if maintenance == "activating":
        raise Refused(
            "the manager is still entering maintenance mode and refuses a restore meanwhile",
            hint="Wait until it is activated (module maintenance_mode), or deactivate it",
        )
    if into_maintenance and maintenance == "deactivated":
        _check_waiting(client)
    content = count_content(client)
    snapshots: list[str] = []
    mixes = archive is not None and not _deletes(archive, capabilities, content)
    if not mixes:
        snapshots = _other_snapshots(client, snapshot_id)
    if not options["force"]:
        _check_losses(content, snapshots, mixes=mixes)
    return Preflight(
        body=body,
        archive=archive,
        running=None,
        content=content,
        snapshots=snapshots,
        maintenance=maintenance,
        inactive_services=client.inactive_services(),
        warnings=warnings,
    )


def check_usable(snapshot: Json) -> None:
    """:raises Refused: for a snapshot whose archive is not whole"""
    status = snapshot["status"]
    if status in ("created", "uploaded"):
        return
    error = f": {last_line(snapshot['error'])}" if snapshot.get("error") else ""
    raise Refused(
        f"snapshot {snapshot['id']} cannot be used, it is {status}{error}",
        hint=(
            "Wait until it is created; one that is stuck is replaced by module snapshot"
            if status == "creating"
            else "Take or upload another one"
        ),
        snapshot_status=status,
    )


def _describe(
    client: CloudifyClient, snapshot_id: str, archive_path: str | None, warnings: list[str]
) -> _archive.Description | None:
    if archive_path:
        return _archive.describe_file(archive_path)
    try:
        return once_there(
            client.http,
            lambda: describe_remote(client, snapshot_id),
            path=client.archive_path(snapshot_id),
            doing=f"restore snapshot {snapshot_id}",
            hint="Delete it and upload it again",
        )
    except ArchiveError as exc:
        raise Refused(
            f"Cannot restore snapshot {snapshot_id}: {exc.message} "
            "(restoring it would leave the manager's restore flag set for ever)",
            hint="Delete it and upload a sound one",
        ) from None
    except (TransferError, ApiError) as exc:
        warnings.append(f"the archive on the manager could not be looked at: {exc.message}")
        return None


def describe_remote(client: CloudifyClient, snapshot_id: str) -> _archive.Description:
    """An archive's own account of itself, read by ranges from the manager."""
    remote = RemoteFile(
        client.http,
        path=client.archive_path(snapshot_id),
        doing=f"look at the archive of snapshot {snapshot_id}",
    )
    return _archive.describe(t.cast(t.BinaryIO, io.BufferedReader(remote, 1 << 16)))


def restore_body(
    capabilities: Capabilities,
    *,
    options: t.Mapping[str, t.Any],
    archive_format: str | None,
    warnings: list[str],
) -> Json:
    """The request body as this version takes it; C(force) is mandatory in every version.

    :raises Refused: for options that would be ignored where that matters
    """
    if options["no_reboot"] and not options["restore_certificates"]:
        raise Refused("no_reboot needs restore_certificates", hint="Leave it out")
    if options["restore_certificates"] and archive_format == "new":
        raise Refused(
            "restore_certificates would be ignored: a snapshot in new format has no certificates",
            hint="Leave it out",
        )
    body: Json = {name: options[name] for name in ("force", "restore_certificates", "no_reboot")}
    if options["timeout"] is not None:
        body["timeout"] = options["timeout"]
    if options["tenant_name"]:
        body["tenant_name"] = options["tenant_name"]
        warnings.append("tenant_name is sent, but no version of the manager reads it")
    if capabilities.has("restore.recreate_deployments_envs"):
        given = options["recreate_deployments_envs"]
        body["recreate_deployments_envs"] = True if given is None else given
    elif options["recreate_deployments_envs"] is not None:
        warnings.append(f"recreate_deployments_envs is not read by version {capabilities.version}")
    if options["ignore_plugin_failure"] is not None:
        if not capabilities.has("restore.ignore_plugin_failure"):
            raise Refused(
                f"ignore_plugin_failure would be ignored by version {capabilities.version}: "
                f"it is known {capabilities.since('restore.ignore_plugin_failure')}",
                hint="Leave it out",
            )
        body["ignore_plugin_failure"] = options["ignore_plugin_failure"]
    return body


def _running_restore(client: CloudifyClient, snapshot_id: str) -> str | None:
    """A restore that is refused leaves a pending execution which blocks everything: look first.

    :returns: the execution that restores this very snapshot, when it is the only one that is
        active: an earlier run was killed, and the manager goes on
    :raises Refused: when others are active
    """
    active = client.active_executions()
    if not active:
        return None
    only = active[0]
    if (
        len(active) == 1
        and only.get("workflow_id") == RESTORE_WORKFLOW
        and only.get("status") == "started"
    ):
        restored = (only.get("parameters") or {}).get("snapshot_id")
        if restored == snapshot_id:
            return str(only["id"])
        if restored is None:
            # one in legacy format has restored its own execution, and goes on
            raise Refused(
                f"Cannot restore snapshot {snapshot_id} while a restore is running: "
                f"{describe_executions(active)}",
                hint=(
                    "Wait for its end, and run this again; if the manager went down meanwhile, it "
                    "never ends, and only the action kill removes it"
                ),
                executions=[only["id"]],
            )
    raise Refused(
        f"Cannot restore snapshot {snapshot_id} while executions are active: "
        f"{describe_executions(active)}",
        hint=(
            "Wait for them or cancel them; a pending restore_snapshot that never starts is "
            "the remains of a refused one, and only the action kill removes it"
        ),
        executions=[item["id"] for item in active],
    )


def _check_waiting(client: CloudifyClient) -> None:
    """Maintenance mode begins only when nothing is left to be run, be it next year."""
    waiting = client.executions(statuses=WAITING_STATES)
    if waiting:
        raise Refused(
            f"maintenance mode would not begin before the end of {describe_executions(waiting)}",
            hint=(
                "Cancel them, or restore outside maintenance mode (maintenance=false; "
                "playbook restore: apply_snapshot_maintenance=never)"
            ),
            executions=[item["id"] for item in waiting],
        )


def _check_flag(client: CloudifyClient, capabilities: Capabilities) -> None:
    flag = RestoreFlag(client)
    if flag.is_set():
        raise Refused(
            f"{flag.where} says that a restore is running, though no execution of one is active",
            hint=(
                "If it does not clear within minutes, the flag was left behind by a failed "
                f"restore: delete {capabilities.restore_flag_path} on {flag.where}"
            ),
        )


def count_content(client: CloudifyClient) -> dict[str, int]:
    """How much there is of what operators make, of all tenants, beyond what a fresh one has."""
    found = {}
    for name, fresh in OF_OPERATORS.items():
        kind = KINDS_BY_NAME[name]
        if not exists(client.capabilities(), kind):
            continue
        params: dict[str, t.Any] = {"_include": kind.key[0]}
        if not kind.manager_wide:
            params["_all_tenants"] = "true"
        try:
            total = client.count(kind.path, doing=f"count {name.replace('_', ' ')}", params=params)
        except ApiError as exc:
            if exc.code not in ABSENT_CODES:
                raise
            continue
        found[name] = max(0, total - fresh)
    return found


def _deletes(
    archive: _archive.Description, capabilities: Capabilities, content: t.Mapping[str, int]
) -> bool:
    """Whether the restore deletes what the manager has. One of an archive from before 4.0 does so
    only on a community manager with blueprints."""
    return archive.replaces or (
        archive.format == "legacy" and not capabilities.premium and content.get("blueprints", 0) > 0
    )


def _other_snapshots(client: CloudifyClient, snapshot_id: str) -> list[str]:
    """All but the one to restore; those of other tenants with their tenant."""
    own = client.http.connection.tenant
    found = [
        (each.get("tenant_name") or own, each["id"]) for each in client.snapshots(all_tenants=True)
    ]
    return [
        name if tenant == own else f"{name} of tenant {tenant}"
        for tenant, name in found
        if (tenant, name) != (own, snapshot_id)
    ]


def in_words(content: t.Mapping[str, int]) -> str:
    """Counts for people; empty when there is nothing."""
    return ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in content.items() if n)


def _check_losses(content: dict[str, int], snapshots: list[str], *, mixes: bool) -> None:
    """The product looks at blueprints only, and removes the rest without a question.

    :raises Refused: when anything would be lost that nobody gave up in words
    """
    told = []
    if in_words(content):
        effect = "would be mixed with the snapshot's" if mixes else "would be deleted"
        told.append(f"it has {in_words(content)}, which {effect}")
    if snapshots:
        told.append(f"its other snapshots would be removed: {', '.join(snapshots[:5])}")
    if told:
        raise Refused(
            f"the manager is not empty: {'; '.join(told)}",
            hint=(
                "Restore onto an empty manager, or say force=true "
                "(playbook restore: cloudify_confirm=<cluster name>)"
            ),
            content_before=content,
            snapshots_before=snapshots,
        )


def _check_same(client: CloudifyClient, snapshot_id: str, archive_path: str) -> None:
    """What was looked at here has to be what the manager will restore."""
    doing = f"compare snapshot {snapshot_id} with {archive_path}"
    path = client.archive_path(snapshot_id)
    idle = client.http.connection.request_timeout
    if not same_archive(client.http, path=path, local=archive_path, doing=doing, idle_timeout=idle):
        raise Refused(
            f"the manager's snapshot {snapshot_id} is not the archive {archive_path}",
            hint="Give the archive that was uploaded under this id, or leave archive out",
        )


__all__ = (
    "Preflight",
    "check_usable",
    "count_content",
    "describe_remote",
    "in_words",
    "look",
    "restore_body",
)
