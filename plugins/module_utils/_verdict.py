# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""What a restore came to, and what its errors mean. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._comparison import (
    Comparison,
)

RESTORED, PARTIAL, FAILED = "RESTORED", "PARTIAL", "FAILED"


@dataclass(frozen=True)
class Cause:
    """A known way for a restore's execution to fail.

    :ivar late: by then all content but the schedules was in
    :ivar quoted: what the pattern finds says which ones, and is told beside the name
    """

    pattern: str
    name: str
    hint: str
    late: bool = False
    quoted: bool = False


CAUSES: tuple[Cause, ...] = (
    Cause(
        r"newer manager's snapshot",
        "the snapshot is newer than the manager",
        "Restore it on a manager of its version or a later one",
    ),
    Cause(
        r"non-empty manager",
        "the manager is not empty",
        "Restore onto an empty manager, or say force=true to have its data deleted",
    ),
    Cause(
        r"bootstrap admin",
        "only the user that installed the manager may restore",
        "Log in as that user, normally admin",
    ),
    Cause(
        r"Snapshot networks.*|Networks `.*|networks? .*(missing|not (exist|found)).*",
        "the manager lacks networks that the snapshot's agents use",
        "Add these networks to the manager and its brokers, then restore again",
        quoted=True,
    ),
    Cause(
        r"NoneType|BadZipFile|not a zip file|metadata\.json",
        "the archive is damaged or has no metadata",
        "Upload a sound copy of the snapshot",
    ),
    Cause(
        r"KeyError: '?rrule",
        "a schedule without rrule stopped the restore near its end",
        "All but the schedules is restored; mend=true makes them again from the inventory",
        late=True,
    ),
    Cause(
        r"No space left|ENOSPC",
        "the manager's disk is full",
        "Make room: a restore unpacks the whole archive on the manager's disk",
    ),
    Cause(
        r"unsupported|not supported|older than|minimum",
        "the snapshot is too old for this manager",
        "Restore it on an older version first, and take a snapshot there",
    ),
)


def messages(error: str) -> list[str]:
    """What an execution's error says: a traceback without its places and lines of code."""
    lines = [line.rstrip() for line in error.splitlines() if line.strip()]
    told = [line for line in lines if not re.match(r"\s|File \"|Traceback \(", line)]
    return told or [lines[-1].strip()] if lines else []


def explain(error: str) -> tuple[Cause | None, str]:
    """The known cause behind an execution's error text, and the error in one line."""
    told = messages(error) or ["it gives no reason"]
    for cause in CAUSES:
        found = re.search(cause.pattern, "\n".join(told))
        if found:
            return cause, f"{cause.name} ({found.group()})" if cause.quoted else cause.name
    return None, told[-1]


@dataclass
class Evidence:
    """All that speaks for or against a restore.

    :ivar execution: last status; None where it could never be read to its end
    :ivar flag_stuck: the restore flag stayed long after the execution had ended
    :ivar inactive_services: down now, and not before
    :ivar left_behind: what else could not be undone or looked at, in words
    :ivar row_survived: a restore of a dump that works removes the snapshot's own row
    :ivar comparison: None when there was no inventory to compare with
    :ivar mended: what can be put back from the inventory has been put back
    :ivar compare_error: why the comparison could not be made
    """

    execution: str | None
    error: str = ""
    flag_stuck: bool = False
    flag_path: str | None = None
    flag_at: str = "the manager"
    inactive_services: list[str] = field(default_factory=list)
    left_behind: list[str] = field(default_factory=list)
    row_survived: bool = False
    comparison: Comparison | None = None
    mended: bool = False
    compare_error: str = ""


@dataclass(frozen=True)
class Verdict:
    """C(outcome) is RESTORED, PARTIAL or FAILED; C(problems) says why it is not better."""

    outcome: str
    problems: list[str]
    hint: str | None = None


def decide(evidence: Evidence) -> Verdict:
    """The product says C(terminated) also when it lost things, or restored nothing at all; and
    C(failed) also when all but the schedules is there. So what is there decides."""
    comparison = evidence.comparison
    problems: list[str] = []
    hint = None
    cause, why = explain(evidence.error)
    failed = evidence.execution in ("failed", "cancelled")
    if failed:
        problems.append(f"its execution is {evidence.execution}: {why}")
        hint = cause.hint if cause and not (cause.late and evidence.mended) else None
    elif evidence.execution is None:
        problems.append("its execution could not be followed to the end")
    if evidence.flag_stuck:
        problems.append(
            f"the restore flag is still set; delete {evidence.flag_path} on {evidence.flag_at}"
        )
    if evidence.inactive_services:
        problems.append(f"services are not active: {', '.join(evidence.inactive_services)}")
    problems += evidence.left_behind
    if evidence.row_survived and not failed:
        return Verdict(
            FAILED,
            ["the manager restored nothing: it took the archive for another format", *problems],
            "Its archive lacks what marks it as legacy; use a snapshot in new format",
        )
    if comparison and comparison.nothing_kept:
        return Verdict(FAILED, ["nothing of the expected content is there", *problems], hint)
    if comparison:
        problems += [str(difference) for difference in (*comparison.lost, *comparison.changed)]
        problems += comparison.unread
    elif evidence.compare_error:
        problems.append(f"the content could not be compared: {evidence.compare_error}")
    if failed:
        late = cause is not None and cause.late and not evidence.row_survived
        if not late or not comparison or not only_schedules_lost(comparison):
            return Verdict(FAILED, problems, hint)
        if comparison.complete and len(problems) == 1:
            return Verdict(RESTORED, [])
    return Verdict(PARTIAL if problems else RESTORED, problems, hint)


def only_schedules_lost(comparison: Comparison) -> bool:
    """True when nothing but schedules is missing; changed fields do not count here."""
    return all(difference.kind == "execution_schedules" for difference in comparison.lost)


__all__ = (
    "FAILED",
    "PARTIAL",
    "RESTORED",
    "Evidence",
    "Verdict",
    "decide",
    "explain",
)
