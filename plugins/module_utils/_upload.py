# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Bring an archive onto a manager, and nothing that could not be restored or would replace another."""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import (
    _archive,
    _remote,
    _transfer,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._changing import changing
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import (
    CloudifyClient,
    Json,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ApiError,
    ArchiveError,
    ConnectionFailed,
    RecoveryError,
    Refused,
    TransferError,
    Unavailable,
    telling,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._preflight import check_usable
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._snapshots import check_id
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._urls import bare
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._wait import (
    Ticker,
    is_outage,
    wait_for,
)

#: A torn upload leaves nothing on the manager, so it is sent again from the start.
TRIES = 3
VISIBLE_INTERVAL = 0.5

OTHER_ID_HINT = "Choose another id, or delete this one first (module snapshot)"
WHICH_HINT = "Look which of the two is the right one"


@dataclass(frozen=True)
class Source:
    """Where the archive comes from: a file here, or a URL that the manager fetches."""

    path: str | None
    url: str | None
    sha256: str | None = None


def upload(
    client: CloudifyClient,
    snapshot_id: str,
    source: Source,
    *,
    force: bool,
    check_mode: bool,
    idle_timeout: float,
    wait_timeout: float,
) -> Json:
    """The result of the module, without the host.

    :raises ArchiveError: for an archive that is damaged or no snapshot
    :raises Refused: for one that this manager could not restore, and for an id that is taken
    """
    check_id(snapshot_id)
    result: Json = {}
    if source.path:
        description = _archive.describe_file(source.path)
        result.update(archive=description.as_dict(), size=os.path.getsize(source.path))
        result.update(_judge(client, description, force=force))
    existing = client.snapshot(snapshot_id)
    if source.path and (existing or check_mode):
        result["sha256"] = _archive.check_file(source.path)[1]
        try:
            _check_sha256(source, result["sha256"])
        except ArchiveError as exc:
            raise _archive.named(source.path, exc) from None
    if existing:
        check_usable(existing)
        if source.path:
            _check_same(client, existing, source.path, idle_timeout=idle_timeout)
        else:
            result.update(_check_expected(client, existing, source, idle_timeout=idle_timeout))
        return {**result, "snapshot": existing}
    result.update(
        changed=True,
        reason="there is no snapshot of this id",
        diff={"before": {"status": "absent"}, "after": {"status": "uploaded"}},
    )
    if check_mode:
        return result
    facts: Json = {}
    with telling(facts):
        with changing(facts):
            if source.path:
                result["sha256"] = _send(
                    client,
                    snapshot_id,
                    source,
                    idle_timeout=idle_timeout,
                    wait_timeout=wait_timeout,
                )
            else:
                _have_fetched(
                    client, snapshot_id, t.cast(str, source.url), idle_timeout=idle_timeout
                )
        result["snapshot"] = _confirm(
            client, snapshot_id, size=result.get("size"), wait_timeout=wait_timeout
        )
        if source.url:
            result.update(
                _examine(client, snapshot_id, source, force=force, idle_timeout=idle_timeout)
            )
    return result


def _judge(client: CloudifyClient, description: _archive.Description, *, force: bool) -> Json:
    problems = _archive.problems_on(description, client.capabilities())
    if problems and not force:
        raise Refused(
            f"this manager could not restore the archive: {'; '.join(problems)}",
            hint="Choose another archive, or say force=true to upload it all the same",
            problems=problems,
        )
    return {"problems": problems} if force else {}


def _check_same(client: CloudifyClient, existing: Json, path: str, *, idle_timeout: float) -> None:
    """:raises Refused: unless the snapshot that is there is the one to be uploaded"""
    snapshot_id = existing["id"]
    if not _remote.same_archive(
        client.http,
        path=client.archive_path(snapshot_id),
        local=path,
        doing=f"compare snapshot {snapshot_id}",
        idle_timeout=idle_timeout,
    ):
        raise _another(snapshot_id)


def _check_expected(
    client: CloudifyClient, existing: Json, source: Source, *, idle_timeout: float
) -> Json:
    """What is known of the snapshot that is there.

    :raises Refused: unless it is the one that is expected
    """
    snapshot_id = existing["id"]
    if not source.sha256:
        raise Refused(
            f"snapshot {snapshot_id} exists, and cannot be compared with what is behind a URL",
            hint="Say which archive is wanted by its sha256",
        )
    try:
        _description, facts = _read_whole(client, snapshot_id, idle_timeout=idle_timeout)
    except ArchiveError as exc:
        raise ArchiveError(
            f"snapshot {snapshot_id} exists and is damaged: {exc.message}", hint=OTHER_ID_HINT
        ) from None
    if facts["sha256"] != source.sha256:
        raise _another(snapshot_id)
    return facts


def _another(snapshot_id: str) -> Refused:
    return Refused(
        f"snapshot {snapshot_id} exists with other content; it is never overwritten",
        hint=OTHER_ID_HINT,
    )


def _check_sha256(source: Source, sha256: str) -> None:
    if source.sha256 not in (None, sha256):
        raise ArchiveError(
            f"it has the sha256 {sha256}, which is not the one expected",
            hint=WHICH_HINT,
        )


def _send(
    client: CloudifyClient,
    snapshot_id: str,
    source: Source,
    *,
    idle_timeout: float,
    wait_timeout: float,
) -> str:
    """Send the file, and test it while it goes. Returns its sha256."""
    path = t.cast(str, source.path)
    doing = f"upload snapshot {snapshot_id}"
    body = _transfer.FileBody(
        path, approve=lambda sha256: _check_sha256(source, sha256), doing=doing
    )
    for attempt in range(1, TRIES + 1):
        try:
            answer = _transfer.upload_file(
                client.http,
                path=client.archive_path(snapshot_id),
                body=body,
                doing=doing,
                idle_timeout=idle_timeout,
            )
        except ArchiveError as exc:
            raise _archive.named(path, exc) from None
        except TransferError as exc:
            # whatever broke, the manager may have it
            patience = wait_timeout if _may_be_stored_still(body, exc) else 0
            with telling({"changed": True}):
                if _arrives(client, snapshot_id, patience=patience):
                    break
            if attempt == TRIES:
                raise
        else:
            _check_answer(answer, snapshot_id)
            break
    return body.sha256


def _may_be_stored_still(body: _transfer.FileBody, lost: TransferError) -> bool:
    """The manager has got all of it, and has only not said so in time."""
    silent = getattr(lost.__cause__, "hangs", False)
    return body.whole and (silent or getattr(lost.__cause__, "status", None) == 504)


def _arrives(client: CloudifyClient, snapshot_id: str, *, patience: float) -> bool:
    ticker = Ticker(timeout=patience, interval=VISIBLE_INTERVAL)
    while client.snapshot(snapshot_id) is None:
        ticker.tell(f"the manager to store snapshot {snapshot_id}", "snapshot absent")
        if not ticker.pause():
            return False
    return True


def _have_fetched(
    client: CloudifyClient, snapshot_id: str, url: str, *, idle_timeout: float
) -> None:
    try:
        answer = client.http.json(
            "PUT",
            client.archive_path(snapshot_id),
            doing=f"have the manager fetch snapshot {snapshot_id}",
            params={"snapshot_archive_url": url},
            timeout=idle_timeout,
        )
    except ApiError as exc:
        exc.message = exc.message.replace(url, bare(url))
        if exc.code == "bad_parameters_error":
            exc.hint = "It is the manager that has to reach it; src sends a file from here"
        raise
    _check_answer(answer, snapshot_id)


def _check_answer(answer: t.Any, snapshot_id: str) -> None:
    """From 7.0.3 on an answer full of nulls is how an overwritten snapshot shows."""
    if not isinstance(answer, dict) or answer.get("id") != snapshot_id:
        raise TransferError(
            f"Cannot upload snapshot {snapshot_id}: one of this id appeared meanwhile, "
            "and the manager has replaced it",
            hint="Two runs have used the same id; look at both archives",
            changed=True,
        )


def _confirm(
    client: CloudifyClient, snapshot_id: str, *, size: int | None, wait_timeout: float
) -> Json:
    """The snapshot once the manager lists it and hands it out in full length."""

    def fetch() -> tuple[Json | None, int]:
        snapshot = client.snapshot(snapshot_id, retry=False)
        if snapshot is None or snapshot["status"] != "uploaded":
            return snapshot, -1
        try:
            return (
                snapshot,
                _remote.archive_headers(
                    client.http,
                    path=client.archive_path(snapshot_id),
                    doing=f"confirm the upload of snapshot {snapshot_id}",
                )[0],
            )
        except (ConnectionFailed, Unavailable, ApiError):
            return snapshot, -1

    def done(seen: tuple[Json | None, int]) -> bool:
        snapshot, shown = seen
        if shown >= 0 and size is not None and shown != size:
            raise TransferError(
                f"Cannot upload snapshot {snapshot_id}: the manager has {shown} bytes of {size}",
                hint="Delete it there (module snapshot) and upload it again",
            )
        return snapshot is not None and shown >= 0

    seen = wait_for(
        fetch=fetch,
        done=done,
        describe=lambda pair: f"snapshot {(pair[0] or {}).get('status', 'absent')}",
        waiting_for=f"the manager to show snapshot {snapshot_id}",
        ticker=Ticker(timeout=wait_timeout, interval=VISIBLE_INTERVAL),
        tolerate=is_outage,
    )
    return t.cast(Json, seen[0])


def _examine(
    client: CloudifyClient,
    snapshot_id: str,
    source: Source,
    *,
    force: bool,
    idle_timeout: float,
) -> Json:
    """Test what the manager fetched by itself; what is no sound snapshot does not stay."""
    try:
        description, facts = _read_whole(client, snapshot_id, idle_timeout=idle_timeout)
        facts.update(_judge(client, description, force=force))
        if source.sha256 not in (None, facts["sha256"]):
            raise ArchiveError("its sha256 is not the one expected", hint=WHICH_HINT)
    except (ArchiveError, Refused) as exc:
        try:
            client.delete_snapshot(snapshot_id)
            fate = "was deleted again"
        except RecoveryError as problem:
            fate = f"is unusable and could not be deleted again ({problem.message})"
        raise type(exc)(
            f"what the manager fetched from {bare(source.url or '')} {fate}: {exc.message}",
            hint=exc.hint or _archive.NOT_A_SNAPSHOT_HINT,
            **exc.details,
        ) from None
    except RecoveryError as exc:
        exc.message += "; what the manager fetched is still there, untested"
        exc.hint = "Delete it (module snapshot) and run this again"
        raise
    return facts


def _read_whole(
    client: CloudifyClient, snapshot_id: str, *, idle_timeout: float
) -> tuple[_archive.Description, Json]:
    """Test every byte of a snapshot that is on the manager.

    :raises ArchiveError: when it is damaged
    """
    description, sha256, size = _remote.check_remote(
        client.http,
        path=client.archive_path(snapshot_id),
        doing=f"verify snapshot {snapshot_id}",
        idle_timeout=idle_timeout,
    )
    return description, {"archive": description.as_dict(), "sha256": sha256, "size": size}


__all__ = ("Source", "upload")
