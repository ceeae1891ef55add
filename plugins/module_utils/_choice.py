# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Which runbook a diagnosis asks for, after what was run on the cluster before. Pure."""

from __future__ import annotations

import itertools
import typing as t

Json = dict[str, t.Any]

RUNBOOKS = ("rebuild_cluster", "replace_node", "recover_active", "resolve_split_brain")
#: However long ago it was frozen, it is still what others would undo.
ALWAYS = "resolve_split_brain"
NOTHING: Json = {"runbook": "", "given": {}, "resumed": "", "blocked_by": {}}


def choose(
    diagnosis: Json,
    runs: t.Sequence[Json],
    *,
    acknowledged: str = "",
    block_period: float = 3600.0,
    resume_within: float = 86400.0,
) -> Json:
    """The runbook to run, and whether that may be now.

    A run is gone on with where it holds: it has begun what only itself brings to an end. Of those, a frozen split brain comes before all else, and the
    others within C(resume_within) of their last attempt. Any other is gone on with where the diagnosis of now asks for the same.

    What has been tried a short while ago waits for somebody who has looked at why. That is every attempt but the one that is gone on with for the first
    time, and has no end: it was killed, or has failed where nothing could note it, and a second such attempt counts in either case.

    :param runs: of C(runs_info), the newest first
    :param acknowledged: id of the newest run that somebody has looked at
    :param block_period: seconds after an attempt in which no other one is begun by itself
    :param resume_within: seconds in which a run that did not come to its end is gone on with
    :returns: C(runbook), or an empty string; C(given), its variables; C(resumed), the run that is gone on with; C(blocked_by), the run that was tried a
        short while ago, or an empty dict
    """
    if diagnosis["state"] == "healthy":
        return dict(NOTHING)
    ours = [run for run in runs if run["runbook"] in RUNBOOKS]
    # whoever has looked at a run has seen those before it
    unseen = list(itertools.takewhile(lambda run: run["id"] != acknowledged, ours))
    recent = [run for run in unseen if run["age"] < block_period]
    for run in sorted(ours, key=lambda run: bool(run["runbook"] != ALWAYS)):
        if run["holds"] and (run["runbook"] == ALWAYS or run["age"] < resume_within):
            tried = [each for each in recent if each is run and _has_failed(run)]
            return _go_on(run, _own(run), tried)
    runbook = diagnosis["runbook"]
    given = dict(diagnosis["given"]) if runbook else {}
    if ours and _is_the_same(ours[0], runbook, given) and ours[0]["age"] < resume_within:
        run = ours[0]
        tried = [each for each in recent if each is not run or _has_failed(run)]
        return _go_on(run, {**_own(run), **given}, tried)
    return {
        **NOTHING,
        "runbook": runbook,
        "given": given,
        "blocked_by": recent[0] if recent and runbook else {},
    }


def _go_on(run: Json, given: Json, tried: list[Json]) -> Json:
    blocked_by = tried[0] if tried else {}
    return {
        "runbook": run["runbook"],
        "given": given,
        "resumed": run["id"],
        "blocked_by": blocked_by,
    }


def _own(run: Json) -> Json:
    """The variables that it was given."""
    kept = run.get("facts") or {}
    found = {
        "node": run["about"] or kept.get("node"),
        "cloudify_action": kept.get("action"),
        "cloudify_dead": kept.get("dead"),
    }
    return {name: value for name, value in found.items() if value}


def _has_failed(run: Json) -> bool:
    """Its last attempt; one that waits for a person has not."""
    if run["ended"]:
        return bool(run["outcome"] != "waiting")
    return bool(run.get("attempts", 1) > 1)


def _is_the_same(run: Json, runbook: str, given: Json) -> bool:
    """It has no end, and is what the diagnosis of now asks for."""
    same_node = _own(run).get("node", "") == given.get("node", "")
    return not run["ended"] and run["runbook"] == runbook and same_node


__all__ = ("RUNBOOKS", "choose")
