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
    END_STATES,
    WAITING_STATES,
    CloudifyClient,
    Json,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ApiError,
    RecoveryError,
    Refused,
    WaitTimeout,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._versions import Capabilities
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._wait import (
    Ticker,
    is_outage,
    wait_for,
)

MAX_ID = 256
CREATE_WORKFLOW = "create_snapshot"
EVERY_STATE = (*ACTIVE_STATES, *WAITING_STATES, *END_STATES)

#: Options that a version may not have, and would then ignore without a word; with the value that
#: asks for nothing but what happens anyway.
VERSIONED_OPTIONS: dict[str, t.Any] = {
    "include_metrics": False,
    "include_logs": True,
    "include_events": True,
    "queue": False,
    "tempdir_path": None,
    "listener_timeout": None,
}


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
            "only letters, digits and the characters - . _",
            hint="Choose another id",
        )


def check_name(snapshot_id: str) -> None:
    """What any id has to be, also one that was uploaded by other means; fit for a file name too.

    :raises Refused: naming the rule
    """
    if not snapshot_id or len(snapshot_id) > MAX_ID:
        raise Refused(
            f"snapshot id of {len(snapshot_id)} characters: it takes 1 to {MAX_ID}",
            hint="Choose another id",
        )
    if "/" in snapshot_id or snapshot_id.startswith(".") or not snapshot_id.isprintable():
        raise Refused(
            f"snapshot id {snapshot_id!r}: it cannot begin with a dot or contain / or line breaks",
            hint="Choose another id",
        )


def plan_create(
    capabilities: Capabilities, *, requested_format: str, options: t.Mapping[str, t.Any]
) -> CreatePlan:
    """The request body for this version.

    :param options: as the module takes them; None where the operator said nothing
    :raises Refused: for an option that this version or format would ignore
    """
    given = {name: value for name, value in options.items() if value is not None}
    for name, harmless in VERSIONED_OPTIONS.items():
        if name in given and given[name] != harmless and not _known(capabilities, name):
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
    :ivar snapshot: the present one as it was seen last
    """

    reason: str | None
    snapshot: Json | None = None
    replace: bool = False
    join: str | None = None


def assess_existing(
    client: CloudifyClient, snapshot: Json | None, *, replace_failed: bool
) -> Existing:
    """:raises Refused: when a person has to decide"""
    if snapshot is None:
        return Existing("there is no snapshot of this id")
    snapshot_id, status = snapshot["id"], snapshot["status"]
    if status == "uploaded":
        raise Refused(
            f"snapshot {snapshot_id} exists, but was uploaded and not made by this manager",
            hint="Choose another id",
        )
    if status == "created":
        try:
            execution = find_execution(client, snapshot_id, EVERY_STATE)
        except ApiError as exc:
            if exc.code != "maintenance_mode_active":
                raise
            execution = None  # maintenance mode on a version without a bypass
        state = execution["status"] if execution else "terminated"
        if execution and state not in END_STATES:
            return Existing("it is being made right now", snapshot, join=execution["id"])
        if state == "terminated":
            return Existing(None, snapshot)
        # a create that was cancelled on its way can leave a snapshot that says created
        what = f"is created, but its execution is {state}, so it cannot be trusted"
    elif status == "creating":
        execution = find_execution(client, snapshot_id, (*ACTIVE_STATES, *WAITING_STATES))
        if execution:
            return Existing("it is being made right now", snapshot, join=execution["id"])
        again = client.snapshot(snapshot_id)
        if again is None or again["status"] != status:  # it was done between the two looks
            return assess_existing(client, again, replace_failed=replace_failed)
        what = "is stuck in creating: no execution works on it any more"
    else:
        what = f"is {status}"
        if snapshot.get("error"):
            what += f": {last_line(snapshot['error'])}"
    if replace_failed:
        return Existing(f"the present one {what}", snapshot, replace=True)
    raise Refused(
        f"snapshot {snapshot_id} {what}",
        hint="Choose another id, or use replace_failed=true to delete this one first",
    )


def find_execution(
    client: CloudifyClient, snapshot_id: str, statuses: t.Sequence[str]
) -> Json | None:
    """The create execution of a snapshot; its parameters are the only link between the two.

    :returns: the newest, as there may have been an earlier snapshot of this id
    """
    executions = client.executions(statuses=statuses, workflow_id=CREATE_WORKFLOW)
    mine = [e for e in executions if (e.get("parameters") or {}).get("snapshot_id") == snapshot_id]
    return max(mine, key=lambda execution: str(execution.get("created_at")), default=None)


def refuse_if_being_made(client: CloudifyClient, snapshot: Json) -> None:
    """The manager does not delete a snapshot that an execution works on.

    :raises Refused: naming that execution
    """
    if snapshot["status"] != "creating":
        return
    try:
        execution = find_execution(client, snapshot["id"], (*ACTIVE_STATES, *WAITING_STATES))
    except ApiError as exc:
        if exc.code != "maintenance_mode_active":
            raise
        return  # maintenance mode on a version without a bypass; the manager itself decides
    if execution:
        raise Refused(
            f"Cannot delete snapshot {snapshot['id']}, it is being made: "
            f"{describe_executions([execution])}",
            hint="Wait for this execution to end or cancel it, and run this again"
            + _kill([execution]),
            execution_id=execution["id"],
        )


def refuse_if_blocked(client: CloudifyClient, snapshot_id: str, plan: CreatePlan) -> None:
    """What the manager would do with the request, for check mode.

    :raises Refused: naming the executions that are in the way
    """
    if plan.format == "new" or plan.body.get("queue"):
        return
    active = client.active_executions()
    if active:
        raise _blocked(client, snapshot_id, describe_executions(active), active)


def _blocked(
    client: CloudifyClient, snapshot_id: str, by: str, active: t.Sequence[Json], **details: t.Any
) -> Refused:
    hint = "Wait for them to end"
    if client.capabilities().has("create.queue"):
        hint += (
            ", or use queue=true to have the manager make the snapshot after them"
            " (playbook backup: take_snapshot_queue=true)"
        )
    return Refused(
        f"Cannot create snapshot {snapshot_id} while other executions are active: {by}",
        hint=hint + _kill(active),
        **details,
    )


def _kill(executions: t.Sequence[Json]) -> str:
    """Of a request that came while the broker was down, and of one that was refused, an execution
    is left that waits for ever."""
    pending = [item["id"] for item in executions if item.get("status") == "pending"]
    if not pending:
        return ""
    return (
        f". If execution {' or '.join(pending)} stays pending, it never runs, and only the action "
        "kill removes it"
    )


def start_create(client: CloudifyClient, snapshot_id: str, plan: CreatePlan) -> str:
    """PUT it. Returns the execution's id.

    :raises Refused: naming the executions that are in the way
    """
    try:
        return client.create_snapshot(snapshot_id, plan.body)["id"]
    except ApiError as exc:
        if exc.code != "existing_running_execution_error":
            raise
        try:
            active = client.active_executions()
        except RecoveryError:
            active = []
        by = describe_executions(active) or exc.server_message
        raise _blocked(
            client, snapshot_id, by, active, status=exc.status, error_code=exc.code
        ) from exc


# -- waiting -----------------------------------------------------------------------------------


def wait_created(
    client: CloudifyClient,
    snapshot_id: str,
    execution_id: str | None,
    *,
    ticker: Ticker,
) -> Json:
    """Wait for the snapshot AND its execution; the snapshot's own status decides.

    Up to 5.0.5 a failed create ends as a C(terminated) execution; and when the worker dies, the
    snapshot stays C(creating) for ever, which only the execution's end gives away. A manager that
    is away for a while goes on with it afterwards, so an outage is waited out.

    :returns: the snapshot
    :raises SnapshotFailed: when the manager failed to make it
    :raises WaitTimeout: with what was seen last
    """

    def fetch() -> tuple[Json | None, str]:
        execution = execution_status(client, execution_id, retry=False)
        return client.snapshot(snapshot_id, retry=False), execution

    def done(seen: tuple[Json | None, str]) -> bool:
        snapshot, execution = seen
        if snapshot is None:
            raise SnapshotFailed(
                f"snapshot {snapshot_id} has vanished while it was being made",
                hint="Somebody has deleted it; find out who, and run this again",
            )
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

    try:
        snapshot, _execution = wait_for(
            fetch=fetch,
            done=done,
            describe=describe,
            waiting_for=f"snapshot {snapshot_id}",
            ticker=ticker,
            tolerate=is_outage,
        )
    except WaitTimeout as exc:
        if exc.last_seen.endswith("execution pending"):
            exc.hint = _kill([{"id": execution_id, "status": "pending"}])[2:]
        raise
    return t.cast(Json, snapshot)


#: The execution cannot be asked for: maintenance mode on a version without a bypass.
UNREADABLE = "unreadable"


def execution_status(
    client: CloudifyClient, execution_id: str | None, *, retry: bool = True
) -> str:
    """The execution is read before the snapshot: if it has ended, the snapshot is final."""
    if execution_id is None:
        return UNREADABLE
    try:
        return client.execution(execution_id, retry=retry)["status"]
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
    "refuse_if_being_made",
    "refuse_if_blocked",
    "start_create",
    "wait_created",
)
