# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replay the recordings and say what differs: python -m fidelity [--only GLOB] [-v]"""

from __future__ import annotations

import argparse
import concurrent.futures
import fnmatch
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from standin import clock
from standin.testing import StandIn
from standin.warm import warm_standins

from . import recording as recorded
from .session import Outcome, Session
from .sessions import Entry, load_all

NOT_MODELLED = Path(__file__).parent / "not_modelled.json"

#: So much of the recorded exchanges has to pass, whatever the reasons are for the rest.
PERCENT = 95


def run(entry: Entry, wanted: Callable[[str], bool]) -> tuple[Outcome, str]:
    """One session; what it raised is told with what it had replayed until then."""
    with StandIn(**entry.options) as manager:
        session = Session(manager, wanted=wanted)
        try:
            entry.script(session)
        except Exception:
            return session.outcome, traceback.format_exc()
        return session.outcome, ""


#: When the recordings were made.
RECORDED = "2026-11-22T12:00:00Z"


def main() -> int:
    parser = argparse.ArgumentParser(prog="fidelity", description=__doc__)
    parser.add_argument("--only", default="*", help="recordings whose name matches, e.g. 'H0*'")
    parser.add_argument("--session", default="*", help="only these sessions")
    parser.add_argument("--jobs", type=int, default=4, help="sessions side by side")
    parser.add_argument("-v", "--verbose", action="store_true", help="also name what passed")
    options = parser.parse_args()
    not_modelled: dict[str, str] = json.loads(NOT_MODELLED.read_text())
    every = [*recorded.names(), *recorded.transition_names()]
    chosen = {name for name in every if fnmatch.fnmatch(name, options.only)}
    entries = [e for e in load_all() if fnmatch.fnmatch(e.name, options.session)]

    # The archives' schedules end; what was seen of them was seen on that day.
    ahead = clock.parse(RECORDED) - clock.utcnow()
    os.environ[clock.OFFSET] = str(ahead.total_seconds())
    started = time.monotonic()
    total, broken = Outcome(), []
    with warm_standins(), concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = {pool.submit(run, entry, chosen.__contains__): entry for entry in entries}
        for job in concurrent.futures.as_completed(jobs):
            outcome, error = job.result()
            if missed_a_moment(outcome):
                # on a busy machine the watcher can sleep through a state of a second: look again
                outcome, error = run(jobs[job], chosen.__contains__)
            for name, found in outcome.differences.items():
                # A recording that prepares another session has to pass there as well.
                total.differences[name] = total.differences.get(name) or found
            total.requests.update(outcome.requests)
            if error:
                broken.append(f"session {jobs[job].name} ended early\n{error}")

    failed = sorted(name for name in total.failed() if name not in not_modelled)
    skipped = sorted(name for name in chosen if name in not_modelled)
    # With some sessions left out, only what was replayed counts.
    missing = sorted(chosen - total.differences.keys() - not_modelled.keys())
    if options.session != "*":
        missing, skipped = [], []
    passed = sorted(name for name in total.passed() if name not in not_modelled)
    report(total, passed, failed, missing, skipped, not_modelled, broken, verbose=options.verbose)
    seconds = time.monotonic() - started
    count = f"{len(passed)} passed, {len(failed) + len(missing)} failed"
    print(f"{count}, {len(skipped)} not modelled ({seconds:.0f} s)")
    few = ""
    if options.only == options.session == "*":
        few = too_few(set(passed), recorded.names())
    if few:
        print(f"FAILED {few}")
    return 1 if failed or missing or broken or few else 0


def too_few(passed: Collection[str], exchanges: Sequence[str]) -> str:
    """What is wrong when less than PERCENT of the exchanges have passed, else nothing."""
    count = sum(name in passed for name in exchanges)
    if exchanges and count * 100 >= len(exchanges) * PERCENT:
        return ""
    return f"{count} of {len(exchanges)} recorded exchanges pass, which is less than {PERCENT} %"


def missed_a_moment(outcome: Outcome) -> bool:
    """Whether all that failed are courses of workflows, and exchanges made while one ran; the
    others do not depend on the moment."""
    failed = outcome.failed()
    return bool(failed) and all(
        outcome.requests[name] == "transitions" or "_during_" in name for name in failed
    )


def report(
    total: Outcome,
    passed: list[str],
    failed: list[str],
    missing: list[str],
    skipped: list[str],
    not_modelled: dict[str, str],
    broken: list[str],
    *,
    verbose: bool,
) -> None:
    if verbose:
        for name in passed:
            print(f"ok {name}")
    for name in failed:
        print(f"FAILED {name}: {total.requests[name]}")
        for line in total.differences[name]:
            print(f"    {line}")
    for name in missing:
        why = "its session ended before" if broken else "no session replays it"
        print(f"FAILED {name}: {why}")
    for text in broken:
        print(f"BROKEN {text}")
    for name in skipped:
        print(f"not modelled {name}: {not_modelled[name]}")
        if name in total.passed():
            print("    (it passes: take it off the list)")


if __name__ == "__main__":
    sys.exit(main())
