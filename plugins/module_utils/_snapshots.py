# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Make a snapshot: which options it takes here, what its id's present state means, the wait."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import (
    ACTIVE_STATES,
    WAITING_STATES,
    CloudifyClient,
    Json,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ApiError,
    RecoveryError,
    Refused,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._versions import Capabilities
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._wait import Ticker, wait_for

MAX_ID = 256
CREATE_WORKFLOW = "create_snapshot"

#: Options that a version may not have, and where it would ignore them without a word.
VERSIONED_OPTIONS = (
    "include_metrics",
    "include_logs",
    "include_events",
    "queue",
    "tempdir_path",
    "listener_timeout",
)
#: Of these, the ones that it is no loss to ignore when they are switched off.
OFF_BY_DEFAULT = ("include_metrics", "queue")


class SnapshotFailed(RecoveryError):
    """The manager could not make the snapshot."""


@dataclass(frozen=True)
class CreatePlan:
    """What will be sent, and why in this format."""

    format: str
    why: str
    body: Json = field(default_factory=dict)


def check_id(snapshot_id: str) -> None:
    """The product's rule for ids, so that nothing is sent that it would refuse.

    :raises Refused: naming the rule
    """
    check_name(snapshot_id)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9._-]*", snapshot_id):
        raise Refused(
            f"snapshot id {snapshot_id!r}: it has to begin with a letter and may contain "
            "only letters, digits and the characters - . _"
        )


def check_name(snapshot_id: str) -> None:
    """What any id has to be, also one that was uploaded by other means; fit for a file name too.

    :raises Refused: naming the rule
    """
    if not snapshot_id or len(snapshot_id) > MAX_ID:
        raise Refused(f"snapshot id of {len(snapshot_id)} characters: it takes 1 to {MAX_ID}")
    if "/" in snapshot_id or snapshot_id.startswith("."):
        raise Refused(f"snapshot id {snapshot_id!r}: it cannot contain / or begin with a dot")


def plan_create(
    capabilities: Capabilities, *, requested_format: str, options: t.Mapping[str, t.Any]
) -> CreatePlan:
    """The request body for this version.

    :param options: as the module takes them; None where the operator said nothing
    :raises Refused: for an option that this version or format would ignore
    """
    given = {name: value for name, value in options.items() if value is not None}
    for name in VERSIONED_OPTIONS:
        matters = name in given and (given[name] or name not in OFF_BY_DEFAULT)
        if matters and not _known(capabilities, name):
            since = capabilities.since(f"create.{name}")
            raise Refused(
                f"{name} would be ignored by version {capabilities.version}: it is known {since}",
                hint="Leave it out",
            )
    if requested_format == "auto":
        chosen, why = capabilities.best_format()
    else:
        chosen, why = requested_format, "it was asked for"
    if chosen == "new":
        if not capabilities.has("create.new_format"):
            raise Refused(
                f"version {capabilities.version} has no new format",
                hint="Use format=legacy or format=auto",
            )
        if "include_credentials" in given and capabilities.has(
            "create.new_format_ignores_credentials"
        ):
            raise Refused(
                f"include_credentials would be ignored by version {capabilities.version} "
                "in new format",
                hint="Leave it out, or use format=legacy",
            )
        if "tempdir_path" in given:
            raise Refused(
                "tempdir_path would be ignored in new format",
                hint="Leave it out, or use format=legacy",
            )
    elif "listener_timeout" in given:
        raise Refused(
            "listener_timeout would be ignored in legacy format",
            hint="Leave it out, or use format=new",
        )
    body = {name: value for name, value in given.items() if _known(capabilities, name)}
    if capabilities.has("create.new_format"):
        body["legacy"] = chosen == "legacy"
    return CreatePlan(chosen, why, body)


def _known(capabilities: Capabilities, option: str) -> bool:
    return option not in VERSIONED_OPTIONS or capabilities.has(f"create.{option}")


# -- what is there already -------------------------------------------------------------------


@dataclass(frozen=True)
class Existing:
    """What has to be done about a snapshot id, in view of its present state.

    :ivar reason: why a snapshot has to be made; None when the wanted one is there
    :ivar replace: the present one has to be deleted first
    :ivar join: the execution that is making it right now
    """

    reason: str | None
    replace: bool = False
    join: str | None = None


def assess_existing(
    client: CloudifyClient, snapshot: Json | None, *, replace_failed: bool
) -> Existing:
    """:raises Refused: when a person has to decide"""
    if snapshot is None:
        return Existing("there is no snapshot of this id")
    snapshot_id, status = snapshot["id"], snapshot["status"]
    if status == "created":
        return Existing(None)
    if status == "uploaded":
        raise Refused(
            f"snapshot {snapshot_id} exists, but was uploaded and not made by this manager",
            hint="Choose another id",
        )
    if status == "creating":
        execution = find_execution(client, snapshot_id, (*ACTIVE_STATES, *WAITING_STATES))
        if execution:
            return Existing("it is being made right now", join=execution["id"])
        what = "is stuck in creating: no execution works on it any more"
    else:
        what = f"is {status}"
        if snapshot.get("error"):
            what += f": {last_line(snapshot['error'])}"
    if replace_failed:
        return Existing(f"the present one {what}", replace=True)
    raise Refused(
        f"snapshot {snapshot_id} {what}",
        hint="Choose another id, or use replace_failed=true to delete this one first",
    )


def find_execution(
    client: CloudifyClient, snapshot_id: str, statuses: t.Sequence[str]
) -> Json | None:
    """The create execution of a snapshot; its parameters are the only link between the two."""
    for execution in client.executions(statuses=statuses, workflow_id=CREATE_WORKFLOW):
        if (execution.get("parameters") or {}).get("snapshot_id") == snapshot_id:
            return execution
    return None


def start_create(client: CloudifyClient, snapshot_id: str, plan: CreatePlan) -> str:
    """PUT it. Returns the execution's id.

    :raises Refused: naming the executions that are in the way
    """
    try:
        return client.create_snapshot(snapshot_id, plan.body)["id"]
    except ApiError as exc:
        if exc.code != "existing_running_execution_error":
            raise
        hint = "Wait for them to end"
        if client.capabilities().has("create.queue"):
            hint += ", or use queue=true to have the manager make the snapshot after them"
        raise Refused(
            f"Cannot create snapshot {snapshot_id} while other executions are active: "
            f"{describe_executions(client.active_executions()) or exc.server_message}",
            hint=hint,
            status=exc.status,
            error_code=exc.code,
        ) from exc


# -- waiting -----------------------------------------------------------------------------------


def wait_created(
    client: CloudifyClient,
    snapshot_id: str,
    execution_id: str | None,
    *,
    ticker: Ticker,
    progress: t.Callable[[str], None] | None = None,
) -> Json:
    """Wait for the snapshot AND its execution; the snapshot's own status decides.

    Up to 5.0.5 a failed create ends as a C(terminated) execution; and when the worker dies, the
    snapshot stays C(creating) for ever, which only the execution's end gives away.

    :returns: the snapshot
    :raises SnapshotFailed: when the manager failed to make it
    :raises WaitTimeout: with what was seen last
    """

    def fetch() -> tuple[Json | None, str]:
        execution = execution_status(client, execution_id)
        return client.snapshot(snapshot_id), execution

    def done(seen: tuple[Json | None, str]) -> bool:
        snapshot, execution = seen
        if snapshot is None:
            raise SnapshotFailed(f"snapshot {snapshot_id} has vanished while it was being made")
        status = snapshot["status"]
        if status == "failed":
            raise SnapshotFailed(
                f"the manager failed to make snapshot {snapshot_id}: "
                f"{last_line(snapshot.get('error') or 'it gives no reason')}",
                hint="See the events of its execution",
                execution_id=execution_id,
            )
        if execution in ("failed", "cancelled"):
            raise SnapshotFailed(
                f"the execution that made snapshot {snapshot_id} is {execution} "
                f"(the snapshot says {status}, but cannot be trusted)",
                hint="Delete it, or use replace_failed=true with a new attempt",
                execution_id=execution_id,
            )
        if execution == "terminated" and status == "creating":
            raise SnapshotFailed(
                f"the execution of snapshot {snapshot_id} has ended, yet it is still creating",
                hint="Use replace_failed=true to delete it and try again",
                execution_id=execution_id,
            )
        return status in ("created", "uploaded") and execution in ("terminated", UNREADABLE)

    def describe(seen: tuple[Json | None, str]) -> str:
        snapshot, execution = seen
        return f"snapshot {(snapshot or {}).get('status', 'absent')}, execution {execution}"

    snapshot, _execution = wait_for(
        fetch=fetch,
        done=done,
        describe=describe,
        waiting_for=f"snapshot {snapshot_id}",
        ticker=ticker,
        progress=progress,
    )
    return t.cast(Json, snapshot)


#: The execution cannot be asked for: maintenance mode on a version without a bypass.
UNREADABLE = "unreadable"


def execution_status(client: CloudifyClient, execution_id: str | None) -> str:
    """The execution is read before the snapshot: if it has ended, the snapshot is final."""
    if execution_id is None:
        return UNREADABLE
    try:
        return client.execution(execution_id)["status"]
    except ApiError as exc:
        if exc.code == "maintenance_mode_active":
            return UNREADABLE
        raise


def describe_executions(executions: t.Sequence[Json], *, most: int = 5) -> str:
    """Name executions as a person looks for them."""
    named = [
        f"{item.get('workflow_id') or 'execution'} {item['id']} ({item.get('status')}"
        + (f", deployment {item['deployment_id']}" if item.get("deployment_id") else "")
        + ")"
        for item in executions[:most]
    ]
    if len(executions) > most:
        named.append(f"and {len(executions) - most} more")
    return ", ".join(named)


def last_line(text: str) -> str:
    """Of a traceback the line that says something."""
    lines = [line.strip() for line in str(text).splitlines() if line.strip()]
    return lines[-1] if lines else ""


__all__ = (
    "CreatePlan",
    "SnapshotFailed",
    "assess_existing",
    "check_id",
    "check_name",
    "describe_executions",
    "execution_status",
    "last_line",
    "plan_create",
    "start_create",
    "wait_created",
)
