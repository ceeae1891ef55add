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

    What other runbooks would undo is gone on with before all else; what was killed or has failed is gone on with, as its runbook itself does.

    :param runs: of C(runs_info), the newest first
    :param acknowledged: id of the newest run that somebody has looked at
    :param block_period: seconds after the end of a run in which no other one is begun by itself
    :param resume_within: seconds in which a run that did not come to its end is gone on with
    :returns: C(runbook), or an empty string; C(given), its variables; C(resumed), the run that is gone on with; C(blocked_by), the run that has
        ended a short while ago, or an empty dict
    """
    if diagnosis["state"] == "healthy":
        return dict(NOTHING)
    ours = [run for run in runs if run["runbook"] in RUNBOOKS]
    unfinished = [run for run in ours if run["holds"]] or [
        run for run in ours[:1] if _broken_off(run, resume_within)
    ]
    if unfinished:
        run = unfinished[0]
        given: Json = {"node": run["about"]} if run["about"] else {}
        if run.get("facts", {}).get("dead"):
            given["cloudify_dead"] = run["facts"]["dead"]
        return {**NOTHING, "runbook": run["runbook"], "given": given, "resumed": run["id"]}
    runbook = diagnosis["runbook"]
    # whoever has looked at a run has seen those before it
    unseen = list(itertools.takewhile(lambda run: run["id"] != acknowledged, ours))
    recent = [run for run in unseen if run["ended"] and run["age"] < block_period]
    return {
        **NOTHING,
        "runbook": runbook,
        "given": dict(diagnosis["given"]) if runbook else {},
        "blocked_by": recent[0] if recent and runbook else {},
    }


def _broken_off(run: Json, resume_within: float) -> bool:
    """A split brain that was only looked at is diagnosed anew."""
    return (
        not run["ended"] and run["age"] < resume_within and run["runbook"] != "resolve_split_brain"
    )


__all__ = ("RUNBOOKS", "choose")
