# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""A restore from the first look to the verdict."""

from __future__ import annotations

import contextlib
import json
import typing as t
from dataclasses import dataclass

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import (
    _comparison,
    _content,
    _maintenance,
    _progress,
    _restore,
    _scheduled,
    _verdict,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import (
    DEFAULT_TENANT,
    CloudifyClient,
    Json,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ApiError,
    RecoveryError,
    Refused,
    WaitTimeout,
    telling,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._inventory import take_inventory
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._mend import mend
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._preflight import (
    Preflight,
    look,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._wait import Ticker

NOT_AN_INVENTORY_HINT = "Use what content_info returns as content, or a recovery set's content.json"


class RestoreFailed(RecoveryError):
    """The restore came to PARTIAL or FAILED."""


@dataclass(frozen=True)
class Wishes:
    """What the operator asked for.

    :ivar inventory: the content that has to be there afterwards; None when it is not known
    :ivar maintenance: be in maintenance mode meanwhile
    :ivar maintenance_marker: file that remembers over a kill that it was entered for this
    :ivar accept_partial: a PARTIAL restore is no error
    :ivar settle_timeout: seconds for the manager to come to rest after the execution's end
    """

    snapshot_id: str
    options: Json
    archive_path: str | None
    inventory: Json | None
    mend: bool
    maintenance: bool
    maintenance_marker: str | None
    accept_partial: bool
    password: str | None
    restored_password: str | None
    wait: bool
    wait_timeout: float
    wait_interval: float
    settle_timeout: float


class Restore:
    """One restore on one manager."""

    def __init__(self, client: CloudifyClient, wishes: Wishes) -> None:
        self._client = client
        self._wishes = wishes
        self._passwords = _restore.Passwords(
            client,
            current=wishes.password,
            restored=wishes.restored_password,
            token=bool(client.http.connection.token),
        )
        self._tenant = client.http.connection.tenant
        self._found: Preflight | None = None
        self._marker = _maintenance.Marker(wishes.maintenance_marker)

    def preflight(self, *, check_mode: bool) -> Json:
        """In check mode, a snapshot that is still to be uploaded is no obstacle.

        :raises Refused: when it should not even begin"""
        if self._wishes.maintenance and not self._wishes.wait:
            raise Refused(
                "maintenance=true needs wait=true: nobody would leave maintenance mode again",
                hint="Wait for the restore, or enter maintenance mode by module maintenance_mode",
            )
        if self._wishes.maintenance:
            self._marker.check()
        with _restore.refused_while_restoring(self._client):
            self._found = found = self._look(check_mode=check_mode)
        warnings = list(found.warnings)
        losses: list[str] = []
        if found.snapshots:
            warnings.append(
                "a restore in legacy format removes the manager's other snapshots: "
                f"{in_short(found.snapshots)}"
            )
        connection = self._client.http.connection
        if connection.token and not (connection.username and connection.password):
            warnings.append("a token seldom outlives a restore; give username and password as well")
        if found.archive and found.archive.format == "new" and self._wishes.inventory:
            losses = new_format_warnings(self._wishes.inventory)
        if self._left_over:
            warnings.append(
                "maintenance mode is left over from a restore that did not come to its end; "
                "it will be left after this one"
            )
        if not self._wishes.inventory:
            warnings.append("no inventory is given, so the content cannot be compared afterwards")
        return {
            "preflight": {
                "content_before": found.content,
                "snapshots_before": found.snapshots,
                "running": found.running,
                "maintenance": found.maintenance,
                "inactive_services": found.inactive_services,
                "options": found.body,
                "archive": found.archive.as_dict() if found.archive else None,
                "version": str(self._client.capabilities().version),
                "edition": self._client.capabilities().edition,
            },
            "warnings": warnings,
            "losses": losses,
        }

    def _look(self, *, check_mode: bool) -> Preflight:
        self._client.capabilities()
        # what a restore does to the manager that it is asked of is true of no other
        self._client.http.pin()
        try:
            return look(
                self._client,
                self._wishes.snapshot_id,
                options=self._wishes.options,
                archive_path=self._wishes.archive_path,
                into_maintenance=self._wishes.maintenance,
                may_be_absent=check_mode,
            )
        except Refused as exc:
            exc.message += self._left_on()
            raise

    @property
    def _left_over(self) -> bool:
        """Maintenance mode is on, and it was no person who wanted it."""
        found = t.cast(Preflight, self._found)
        return found.maintenance != _maintenance.DEACTIVATED and self._marker.present

    def _left_on(self) -> str:
        """What whoever gives up after a refusal has to know: nobody else gets at the manager."""
        with contextlib.suppress(RecoveryError):
            if (
                self._marker.present
                and self._client.maintenance()["status"] != _maintenance.DEACTIVATED
            ):
                return (
                    "; maintenance mode is still on from a restore that was killed: leave it with "
                    "module maintenance_mode once none runs"
                )
        return ""

    def run(self) -> Json:
        """After C(preflight).

        :raises RestoreFailed: for any verdict that the operator does not accept
        """
        wishes, found = self._wishes, t.cast(Preflight, self._found)
        left_over = self._left_over
        entered = left_over or (
            wishes.maintenance
            and not found.running
            and found.maintenance == _maintenance.DEACTIVATED
        )
        told: Json = {}
        try:
            with telling(told):
                outcome = self._ask_and_follow(told, enter=entered)
        except (WaitTimeout, _restore.MayHaveBegun) as exc:
            # it goes on, or may do so, and nobody should write meanwhile
            if entered and (told or isinstance(exc, _restore.MayHaveBegun)):
                known = "the next run leaves it" if self._marker.present else "leave it afterwards"
                exc.message += f"; maintenance mode stays on meanwhile, {known}"
            else:
                self._give_up(exc, entered)
            raise
        except Exception as exc:
            self._give_up(exc, entered)
            raise
        if outcome is None:
            return told
        with telling(told):
            stuck = self._leave_maintenance() if entered else ""
            result = self._judge(outcome, stuck)
        if left_over and not stuck:
            result["maintenance"] = "deactivated, it was left over from a restore that was killed"
        return result

    def _ask_and_follow(self, told: Json, *, enter: bool) -> _restore.Outcome | None:
        """Ask for it and follow it; None when nobody wants to wait.

        :param told: gets what is to be told whatever happens from then on
        """
        wishes, found = self._wishes, t.cast(Preflight, self._found)
        ticker = self._ticker(wishes.wait_timeout)
        if enter and not found.running:
            self._marker.put(f"maintenance mode for the restore of {wishes.snapshot_id}")
            _maintenance.switch(self._client, activate=True, ticker=ticker)
        execution_id = found.running or _restore.start(
            self._client,
            wishes.snapshot_id,
            found.body,
            ticker=ticker,
            passwords=self._passwords,
            settle=lambda: self._ticker(wishes.settle_timeout),
        )
        told.update(execution_id=execution_id, changed=True)
        # what is asked from now on is true of all tenants, and this one may be gone
        self._client.http.as_tenant(DEFAULT_TENANT)
        if not wishes.wait:
            return None
        return _restore.RestoreWatch(
            self._client,
            execution_id=execution_id,
            passwords=self._passwords,
            ticker=ticker,
            flag_timeout=wishes.settle_timeout,
            tenant=self._tenant,
        ).follow()

    def _give_up(self, exc: Exception, entered: bool) -> None:
        stuck = self._leave_maintenance() if entered else ""
        if stuck and isinstance(exc, RecoveryError):
            exc.message += f"; {stuck}"

    def _ticker(self, timeout: float) -> Ticker:
        return Ticker(timeout=timeout, interval=self._wishes.wait_interval)

    def _settled(self, action: t.Callable[[], _restore.T]) -> _restore.T:
        return _restore.settled(
            action, passwords=self._passwords, ticker=self._ticker(self._wishes.settle_timeout)
        )

    def _leave_maintenance(self) -> str:
        """Empty when that was done, else what kept it; never an error that hides another one."""
        ticker = self._ticker(self._wishes.settle_timeout)
        try:
            self._settled(lambda: _maintenance.switch(self._client, activate=False, ticker=ticker))
        except RecoveryError as exc:
            return f"maintenance mode could not be left ({exc.message})"
        self._marker.remove()
        return ""

    def _judge(self, outcome: _restore.Outcome, stuck: str) -> Json:
        wishes, found = self._wishes, t.cast(Preflight, self._found)
        result: Json = {
            "execution_id": outcome.execution_id,
            "execution_status": outcome.execution,
            "outages": outcome.outages,
            "maintenance": "activated" if stuck else f"{found.maintenance}, as it was found",
        }
        evidence = _verdict.Evidence(
            execution=outcome.execution,
            error=outcome.error,
            flag_stuck=outcome.flag_stuck,
            flag_path=self._client.capabilities().restore_flag_path,
            flag_at=outcome.flag_at,
            left_behind=[stuck] if stuck else [],
            mended=wishes.mend,
        )
        try:
            evidence.inactive_services = self._wait_for_services(found.inactive_services)
            if outcome.execution == "terminated" and found.archive:
                evidence.row_survived = found.archive.replaces and self._row_is_there()
        except RecoveryError as exc:
            evidence.left_behind.append(f"the manager does not come to rest: {exc.message}")
        if wishes.inventory:
            result.update(self._compare(evidence, wishes.inventory))
        verdict = _verdict.decide(evidence)
        result.update(
            outcome=verdict.outcome,
            problems=verdict.problems,
            password_switched=self._passwords.switched,
        )
        accepted = (_verdict.RESTORED, *([_verdict.PARTIAL] if wishes.accept_partial else []))
        if verdict.outcome not in accepted:
            raise RestoreFailed(
                f"the restore of snapshot {wishes.snapshot_id} is {verdict.outcome}: "
                f"{in_short(verdict.problems)}",
                hint=self._hint(verdict, result.get("not_mended", [])),
                changed=True,
                **result,
            )
        return result

    def _hint(self, verdict: _verdict.Verdict, not_mended: list[str]) -> str | None:
        if verdict.outcome != _verdict.PARTIAL:
            return verdict.hint
        failed = f"Not mended: {in_short(not_mended, most=1)}. " if not_mended else ""
        accept = "accept_partial=true takes such a restore for a success"
        if verdict.hint:
            return f"{failed}{verdict.hint}; {accept}"
        if self._wishes.inventory and not self._wishes.mend:
            return (
                "mend=true puts back sites, placements, labels and schedules from the inventory; "
                f"{accept}"
            )
        return f"{failed}Put right by hand what is named, or do without it: {accept}"

    def _row_is_there(self) -> bool:
        """A snapshot belongs to a tenant, which may be gone by now, and it with it."""

        def look() -> Json | None:
            try:
                return self._client.snapshot(self._wishes.snapshot_id, tenant=self._tenant)
            except ApiError as exc:
                if exc.status != 403:
                    raise
                return None

        return self._settled(look) is not None

    def _wait_for_services(self, before: list[str]) -> list[str]:
        """Services that are down now and were not before; they get time to come up."""
        ticker = self._ticker(self._wishes.settle_timeout)
        while True:
            with _progress.waiting():
                inactive = self._settled(self._client.inactive_services)
            new = [name for name in inactive if name not in before]
            ticker.tell("the manager's services", in_short(new))
            if not new or not ticker.pause():
                return new

    def _compare(self, evidence: _verdict.Evidence, inventory: Json) -> Json:
        """What cannot be looked at in the end takes nothing away from what was seen before."""
        result: Json = {}
        try:
            after, comparison = self._hold_against(inventory)
            evidence.comparison = comparison
            if self._wishes.mend and not comparison.complete and comparison.kept:
                result["losses_before_mending"] = [
                    str(difference) for difference in (*comparison.lost, *comparison.changed)
                ]
                mended = mend(self._client, inventory=inventory, comparison=comparison)
                result.update(mended=mended.done, not_mended=mended.failed)
                after, comparison = self._hold_against(inventory)
                evidence.comparison = comparison
            result["scheduled_executions"] = self._settled(
                lambda: _scheduled.report(self._client, before=inventory, after=after)
            )
        except RecoveryError as exc:
            if evidence.comparison is None:
                evidence.compare_error = exc.message
                return {}
            evidence.left_behind.append(f"not all could be looked at: {exc.message}")
        return {
            **result,
            "besides": [str(each) for each in comparison.gained if each.kind != "executions"],
            "comparison": comparison.as_dict(),
            "counts": _content.counts(after),
            "expected_counts": _content.counts(inventory),
        }

    def _hold_against(self, inventory: Json) -> tuple[Json, _comparison.Comparison]:
        """What is there now, and how it differs."""
        after = self._settled(lambda: take_inventory(self._client))
        return after, _comparison.compare(inventory, after)


def new_format_warnings(inventory: Json) -> list[str]:
    """What a restore in new format is known to do to this content."""
    warnings = []
    breaking = _content.schedules_breaking_new_format(inventory)
    if breaking:
        warnings.append(
            "a restore in new format fails over schedules without rrule and brings back none: "
            f"{in_short(breaking)}; mend=true makes them again from the inventory"
        )
    placed = _content.placed_deployments(inventory)
    if placed:
        warnings.append(
            "new format does not keep which site a deployment has: "
            f"{in_short(placed)}; mend=true sets them again from the inventory"
        )
    return warnings


def in_short(texts: t.Sequence[str], *, most: int = 5) -> str:
    """A few of many, for one line."""
    more = f", and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def load_inventory(value: Json | None, path: str | None) -> Json | None:
    """The expected content, given directly or in a file.

    :raises Refused: when it is not an inventory
    """
    source = "content"
    if path:
        source = path
        try:
            with open(path, encoding="utf-8") as inventory:
                value = json.load(inventory)
        except OSError as exc:
            raise Refused(
                f"Cannot read the inventory {path}: {exc.strerror}",
                hint="Check the path; it is one of the host that the module runs on",
            ) from None
        except ValueError as exc:
            raise Refused(
                f"the inventory {path} is not JSON: {exc}", hint=NOT_AN_INVENTORY_HINT
            ) from None
    if value is None and path is None:
        return None
    if not _content.is_inventory(value):
        raise Refused(f"{source} is not a content inventory", hint=NOT_AN_INVENTORY_HINT)
    return value


__all__ = (
    "Restore",
    "RestoreFailed",
    "Wishes",
    "in_short",
    "load_inventory",
    "new_format_warnings",
)
