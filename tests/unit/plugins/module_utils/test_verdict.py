# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a restore is said to have come to, and that bad news never makes it better."""

from __future__ import annotations

import itertools
import typing as t
from dataclasses import replace

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._comparison import (
    Comparison,
    Difference,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._verdict import (
    FAILED,
    PARTIAL,
    RESTORED,
    Evidence,
    decide,
    explain,
)

TRACEBACK = (
    'File "/opt/mgmtworker/.../snapshot.py", line 89, in restore\n  restore_snapshot.restore()\n'
    'File "/opt/mgmtworker/.../snapshots/snapshot_restore.py", line 589, in somewhere\n'
    "  self._metadata = read('metadata.json')  # unsupported: non-empty manager\n"
    "  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
)
NON_RECOVERABLE = TRACEBACK + "cloudify.exceptions.NonRecoverableError: "
RRULE = TRACEBACK + "KeyError: 'rrule'\n"
UNKNOWN = TRACEBACK + "ValueError: never seen before\n"


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (
            NON_RECOVERABLE
            + "Cannot restore a newer manager's snapshot on this manager [99.0.0 > 7.0.5]\n",
            "the snapshot is newer than the manager",
        ),
        (
            NON_RECOVERABLE
            + "Snapshot restoration on a non-empty manager is not permitted. Pass the --force flag "
            "to force the restore and delete existing data from the manager\n",
            "the manager is not empty",
        ),
        (
            NON_RECOVERABLE
            + "The current user is not authorized to restore v4 snapshots. Only the bootstrap "
            "admin is allowed to perform this action\n",
            "only the user that installed the manager may restore",
        ),
        (
            NON_RECOVERABLE
            + "Snapshot networks: `lan` are used by agents, but are missing from the broker "
            "(broker networks: `default`)\n",
            "the manager lacks networks that the snapshot's agents use (Snapshot networks: `lan` are "
            "used by agents, but are missing from the broker (broker networks: `default`))",
        ),
        (
            # before 5.0
            NON_RECOVERABLE
            + "Networks `[u'lan']` do not appear in the provider context, but have live agents "
            "connected to them. Upgrade is not allowed!\n"
            "All the above networks need to be set during bootstrap\n",
            "the manager lacks networks that the snapshot's agents use (Networks `[u'lan']` do not "
            "appear in the provider context, but have live agents connected to them. Upgrade is not "
            "allowed!)",
        ),
        (
            TRACEBACK + "TypeError: argument of type 'NoneType' is not iterable\n",
            "the archive is damaged or has no metadata",
        ),
        (
            TRACEBACK + "zipfile.BadZipFile: File is not a zip file",
            "the archive is damaged or has no metadata",
        ),
        (RRULE, "a schedule without rrule stopped the restore near its end"),
        (
            TRACEBACK + "OSError: [Errno 28] No space left on device",
            "the manager's disk is full",
        ),
        (
            NON_RECOVERABLE + "Restoring snapshot from version 3.4.0 is not supported\n",
            "the snapshot is too old for this manager",
        ),
    ],
)
def test_every_known_cause_is_named_with_what_to_do(error: str, name: str) -> None:
    verdict = decide(Evidence("failed", error))
    assert verdict.outcome == FAILED
    assert verdict.problems == [f"its execution is failed: {name}"]
    assert verdict.hint


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (UNKNOWN, "ValueError: never seen before"),
        ("", "it gives no reason"),
        ("  \n ", "it gives no reason"),
        ("one line", "one line"),
        ("  an indented line\n", "an indented line"),
    ],
)
def test_unknown_cause_is_told_in_its_own_last_line(error: str, told: str) -> None:
    assert explain(error) == (None, told)
    assert decide(Evidence("failed", error)).problems == [f"its execution is failed: {told}"]


# -- comparisons, from the best to the worst -----------------------------------------------------------


def lost(kind: str) -> Difference:
    return Difference("lost", "t", kind, "x")


CHANGED = Difference("changed", "t", "deployments", "d", "site paris became none")
UNREAD = Comparison(unread=["users cannot be listed on this manager: bob"], proving=5, kept=5)
COMPLETE = Comparison(proving=5, kept=5)
EMPTY = Comparison()
SITES = Comparison(changed=[CHANGED], proving=5, kept=5)
SCHEDULES = Comparison(lost=[lost("execution_schedules")], proving=5, kept=4)
MORE = Comparison(lost=[lost("execution_schedules"), lost("secrets")], proving=5, kept=3)
NOTHING = Comparison(lost=[lost("secrets")], proving=5, kept=0)


@pytest.mark.parametrize(
    ("evidence", "outcome"),
    [
        (Evidence("terminated", comparison=COMPLETE), RESTORED),
        (Evidence("terminated", comparison=EMPTY), RESTORED),
        (Evidence("terminated"), RESTORED),
        (Evidence("terminated", comparison=SITES), PARTIAL),
        (Evidence("terminated", comparison=SCHEDULES), PARTIAL),
        (Evidence("terminated", comparison=NOTHING), FAILED),
        (Evidence("terminated", comparison=COMPLETE, row_survived=True), FAILED),
        (Evidence("terminated", row_survived=True), FAILED),
        (Evidence("terminated", compare_error="HTTP 500"), PARTIAL),
        (Evidence("terminated", comparison=COMPLETE, flag_stuck=True), PARTIAL),
        (Evidence("terminated", comparison=COMPLETE, inactive_services=["nginx"]), PARTIAL),
        (Evidence("terminated", comparison=COMPLETE, left_behind=["maintenance"]), PARTIAL),
        (Evidence("terminated", comparison=UNREAD), PARTIAL),
        (Evidence("failed", RRULE, comparison=UNREAD), PARTIAL),
        (Evidence(None, comparison=COMPLETE), PARTIAL),
        (Evidence(None), PARTIAL),
        (Evidence("failed", RRULE, comparison=COMPLETE), RESTORED),
        (Evidence("failed", RRULE, comparison=COMPLETE, flag_stuck=True), PARTIAL),
        (Evidence("failed", RRULE, comparison=SCHEDULES), PARTIAL),
        (Evidence("failed", RRULE, comparison=SITES), PARTIAL),
        (Evidence("failed", RRULE, comparison=MORE), FAILED),
        (Evidence("failed", RRULE, comparison=NOTHING), FAILED),
        (Evidence("failed", RRULE), FAILED),
        (Evidence("failed", RRULE, compare_error="HTTP 500"), FAILED),
        (Evidence("failed", UNKNOWN, comparison=COMPLETE), FAILED),
        (Evidence("failed", comparison=COMPLETE), FAILED),
        (Evidence("cancelled", comparison=COMPLETE), FAILED),
    ],
)
def test_outcome(evidence: Evidence, outcome: str) -> None:
    verdict = decide(evidence)
    assert verdict.outcome == outcome
    assert bool(verdict.problems) == (outcome != RESTORED)


def test_losses_are_problems_each_by_name() -> None:
    comparison = Comparison(
        lost=[lost("secrets")], changed=[CHANGED], gained=[lost("plugins")], proving=5, kept=4
    )
    assert decide(Evidence("terminated", comparison=comparison)).problems == [
        "lost: secrets x of tenant t",
        "changed: deployments d of tenant t (site paris became none)",
    ]


# -- every combination -----------------------------------------------------------------------------------

RANK = {FAILED: 0, PARTIAL: 1, RESTORED: 2}

#: For each field its values, each followed by those that are worse news.
EXECUTIONS = (("terminated", ""), ("failed", RRULE), ("failed", UNKNOWN), ("cancelled", ""))
COMPARED: tuple[tuple[t.Any, str], ...] = (
    (COMPLETE, ""),
    (UNREAD, ""),
    (SITES, ""),
    (SCHEDULES, ""),
    (MORE, ""),
    (NOTHING, ""),
)
UNCOMPARED: tuple[tuple[t.Any, str], ...] = ((None, ""), (None, "HTTP 500"))


def all_evidence() -> t.Iterator[Evidence]:
    for execution, compared, flag, inactive, left, row in itertools.product(
        (*EXECUTIONS, (None, "")),
        (*COMPARED, *UNCOMPARED),
        (False, True),
        ([], ["nginx"]),
        ([], ["maintenance"]),
        (False, True),
    ):
        yield Evidence(
            execution=execution[0],
            error=execution[1],
            comparison=compared[0],
            compare_error=compared[1],
            flag_stuck=flag,
            inactive_services=inactive,
            left_behind=left,
            row_survived=row,
        )


def worse(evidence: Evidence) -> t.Iterator[Evidence]:
    """The same with one more piece of bad news, in all ways that there are."""
    yield replace(evidence, flag_stuck=True)
    yield replace(evidence, inactive_services=["nginx"])
    yield replace(evidence, left_behind=["maintenance"])
    yield replace(evidence, row_survived=True)
    if evidence.execution == "terminated":
        yield replace(evidence, execution=None)
    now = (evidence.execution, evidence.error)
    if now in EXECUTIONS:
        for execution, error in EXECUTIONS[EXECUTIONS.index(now) + 1 :]:
            yield replace(evidence, execution=execution, error=error)
    for chain in (COMPARED, UNCOMPARED):
        seen = (evidence.comparison, evidence.compare_error)
        if seen in chain:
            for comparison, error in chain[chain.index(seen) + 1 :]:
                yield replace(evidence, comparison=comparison, compare_error=error)


def test_bad_news_never_makes_a_verdict_better() -> None:
    looked_at = 0
    for evidence in all_evidence():
        rank = RANK[decide(evidence).outcome]
        for more in worse(evidence):
            looked_at += 1
            assert RANK[decide(more).outcome] <= rank, (evidence, more)
    assert looked_at > 2000


def test_restored_means_that_nothing_speaks_against_it() -> None:
    for evidence in all_evidence():
        verdict = decide(evidence)
        assert bool(verdict.problems) == (verdict.outcome != RESTORED)
        if verdict.outcome == RESTORED:
            assert not evidence.flag_stuck
            assert not evidence.inactive_services and not evidence.left_behind
            assert not evidence.compare_error
            assert evidence.comparison is None or evidence.comparison.complete
            assert evidence.comparison is None or not evidence.comparison.unread
            assert evidence.execution == "terminated" or evidence.error == RRULE
