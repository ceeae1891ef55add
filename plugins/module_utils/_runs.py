# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Runs of runbooks: one at a time on a cluster, each with a journal in the store.

STORE/CLUSTER/.runs/ID/ is a run, with journal.jsonl and what its steps put beside it.
STORE/CLUSTER/.lock names the run that has the cluster now, and the controller that it runs on.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import itertools
import json
import os
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._disk import sync_folder
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    RecoveryError,
    Refused,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._sets import (
    ClusterStore,
    check_name,
    write_json,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._times import utc_now

Json = dict[str, t.Any]

RUNS, LOCK, JOURNAL, REPORT = ".runs", ".lock", "journal.jsonl", "report.json"
GUARD = ".guard"
OK = "ok"
#: It has stopped for a person to decide, who may take longer than any dead run is remembered.
WAITING = "waiting"
#: A person has decided that it will not be gone on with.
GIVEN_UP = "given up"
#: It was refused before it had touched anything.
REFUSED = "refused"
#: Runbook -> the step from which only itself brings to an end what it has begun, however old that is.
HOLDS_FROM = {
    "resolve_split_brain": "freeze all sides",
    "rebuild_cluster": "tear down",
    "replace_node": "remove",
}
#: Any other runbook would undo, or destroy, what these have begun.
ALONE = ("resolve_split_brain",)
#: These change nothing on the nodes.
HARMLESS = ("backup",)
#: A runbook, and its steps between which the managers are empty.
EMPTIED = ("rebuild_cluster", "tear down", "restore")
#: What must not be run meanwhile, and why.
OF_THE_EMPTY = {
    "backup": "a backup now would be the newest set, and have nothing in it",
    "restore": "what is restored now would be restored over when that is gone on with",
}


class Busy(RecoveryError):
    """Another run has the cluster. C(details["holder"]) is what its lock says, and C(details["take_over"]) what voids it."""


@dataclass(frozen=True)
class Run:
    """One execution of a runbook, which may have been killed and taken up again.

    :ivar resumed: it was begun earlier, and did not come to a good end
    :ivar old: nobody would go on with it any more, if it did not hold
    """

    id: str
    path: str
    resumed: bool
    old: bool


class ClusterRuns:
    """The runs of one cluster.

    :param secrets: words that must not be written anywhere
    :raises Refused: when the cluster's name is no plain file name
    """

    def __init__(self, *, store: str, cluster: str, secrets: t.Sequence[str] = ()) -> None:
        self.cluster = cluster
        self._folder = ClusterStore(store=store, cluster=cluster).folder
        self._runs = os.path.join(self._folder, RUNS)
        self._lock = os.path.join(self._folder, LOCK)
        self._secrets = sorted({s for s in secrets if s}, key=len, reverse=True)

    # -- one at a time -----------------------------------------------------------------------------

    def holder(self) -> Json | None:
        """What the lock says: C(run), C(attempt), C(runbook), C(since), C(controller). None when it is free."""
        try:
            with open(self._lock, encoding="utf-8") as file:
                value = json.load(file)
        except FileNotFoundError:
            return None
        except ValueError:
            value = None
        return value if isinstance(value, dict) else {"run": "unreadable"}

    def begin(
        self,
        *,
        runbook: str,
        run_id: str,
        controller: Json,
        take_over: str | None,
        resume: t.Callable[[Json], bool],
        about: str = "",
        give_up: str | None = None,
    ) -> Run:
        """Take the cluster for a run, or for the one before it that did not come to a good end.

        :param take_over: a run that is known to be dead, whose lock is void, as C(Busy) names it
        :param resume: says by an earlier run's first entry whether it is to be taken up again
        :param about: what it is run for, such as a node: a run for another one is another run
        :param give_up: id of a run that did not come to its end, and will not be gone on with
        :raises Busy: while another run has the cluster
        :raises Refused: while another runbook's run holds it
        """
        check_name("id", run_id)
        os.makedirs(self._runs, mode=0o700, exist_ok=True)
        with self._guarded():
            self.check_free(take_over=take_over, runbook=runbook, give_up=give_up)
            if give_up:
                self._give_up(give_up)
            before = self.holder() or {}
            earlier = self._unfinished(runbook, about, resume=resume)
            run = self._run(earlier, run_id, resume)
            write_json(
                self._lock,
                {
                    "run": run.id,
                    "attempt": self._attempts(run.id, before) + 1,
                    "runbook": runbook,
                    "since": utc_now(),
                    "controller": controller,
                },
            )
        sync_folder(self._folder)
        os.makedirs(run.path, mode=0o700, exist_ok=True)
        sync_folder(self._runs)
        self.note(run.id, state="resumed" if earlier else "begun", runbook=runbook, about=about)
        return run

    def plan(
        self,
        *,
        runbook: str,
        run_id: str,
        take_over: str | None,
        resume: t.Callable[[Json], bool],
        about: str = "",
        give_up: str | None = None,
    ) -> Run:
        """What C(begin) would return, or raise. Nothing is written."""
        check_name("id", run_id)
        self.check_free(take_over=take_over, runbook=runbook, give_up=give_up)
        if give_up:
            self._may_be_given_up(give_up)
        earlier = self._unfinished(runbook, about, resume=resume, give_up=give_up)
        return self._run(earlier, run_id, resume)

    def _run(self, earlier: str | None, run_id: str, resume: t.Callable[[Json], bool]) -> Run:
        taken = earlier or self._unused(run_id)
        old = earlier is not None and not resume(self.journal(taken)[0])
        return Run(id=taken, path=self.path(taken), resumed=earlier is not None, old=old)

    def path(self, run_id: str) -> str:
        check_name("id", run_id)
        return os.path.join(self._runs, run_id)

    def check_free(
        self, *, take_over: str | None, runbook: str, give_up: str | None = None
    ) -> None:
        """:raises Busy: while a run has the cluster, unless it is the one to be taken over
        :raises Refused: while another runbook's run holds it, unless it is the one to be given up
        """
        holder = self.holder()
        if holder and attempt_of(holder) != take_over:
            raise self._busy(holder)
        emptied = self._emptied_by(give_up) if runbook in OF_THE_EMPTY else None
        if emptied:
            raise Refused(
                f"run {emptied} has torn cluster {self.cluster} down and not restored it yet: "
                f"{OF_THE_EMPTY[runbook]}",
                hint=f"Go on with playbook {EMPTIED[0]}, which restores its set over whatever is there. "
                f"If that will never be, say so: -e cloudify_give_up={emptied}",
            )
        for held, by in self._alone().items():
            if by != runbook and runbook not in HARMLESS and held != give_up:
                raise Refused(
                    f"run {held} has begun to {HOLDS_FROM[by]} of cluster {self.cluster} and has not "
                    f"come to its end: {runbook} would undo that",
                    hint=f"Go on with playbook {by}. If that will never be, unfreeze first (playbook {by}, "
                    f"-e cloudify_action=unfreeze), and where that cannot be, say so: -e cloudify_give_up={held}",
                )

    def _alone(self) -> dict[str, str]:
        """The runs beside which no other runbook may be run: id -> runbook."""
        return {
            run["id"]: run["runbook"]
            for run in self.listed()
            if run["holds"] and run["runbook"] in ALONE
        }

    def _emptied_by(self, give_up: str | None) -> str | None:
        """The newest run that has torn the cluster down, if nobody has filled the managers again since."""
        runbook, emptied, filled = EMPTIED
        for run in self.listed():
            if run["runbook"] != runbook:
                continue
            if run["outcome"] == OK or filled in self.done(run["id"]):
                return None
            given_up = run["outcome"] == GIVEN_UP or run["id"] == give_up
            if not given_up and emptied in _begun(self.journal(run["id"])):
                return str(run["id"])
        return None

    def _give_up(self, run_id: str) -> None:
        """:raises Refused: when there is no such run, or it came to a good end"""
        if self._may_be_given_up(run_id):
            self.note(run_id, state="ended", outcome=GIVEN_UP)

    def _may_be_given_up(self, run_id: str) -> bool:
        """False where it was given up before."""
        outcome = next((run["outcome"] for run in self.listed() if run["id"] == run_id), OK)
        if outcome == OK:
            raise Refused(
                f"the cluster {self.cluster} has no run {run_id} that did not come to its end",
                hint=f"See {self._runs} for the runs that there are",
            )
        return outcome != GIVEN_UP

    def _unused(self, run_id: str) -> str:
        """Two runs that begin within a second are two."""
        names = itertools.chain([run_id], (f"{run_id}-{n}" for n in itertools.count(2)))
        return next(name for name in names if not os.path.exists(self.path(name)))

    def _attempts(self, run_id: str, before: Json) -> int:
        """How often it was begun; one that was killed at once is only in its lock."""
        noted = len(_attempts(self.journal(run_id)))
        return max(noted, int(before.get("attempt", 1)) if before.get("run") == run_id else 0)

    def _busy(self, holder: Json) -> Busy:
        return Busy(
            f"run {holder.get('run')} has the cluster {self.cluster} since "
            f"{holder.get('since')}, from {(holder.get('controller') or {}).get('host')}",
            hint="Wait for its end. If it is dead for certain, say so: "
            f"-e cloudify_take_over={attempt_of(holder)}",
            holder=holder,
            take_over=attempt_of(holder),
        )

    @contextlib.contextmanager
    def _guarded(self) -> t.Iterator[None]:
        """Between looking at the lock and writing it, nobody else does."""
        with open(os.path.join(self._runs, GUARD), "w", encoding="utf-8") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            yield

    def release(self, run_id: str) -> None:
        """Only by the run that has it."""
        with self._guarded():
            if (self.holder() or {}).get("run") == run_id:
                os.unlink(self._lock)
                sync_folder(self._folder)

    # -- the journal -------------------------------------------------------------------------------

    def note(self, run_id: str, **entry: t.Any) -> None:
        """Add an entry, flushed to the disk."""
        line = json.dumps({"at": utc_now(), **self._redacted(entry)}) + "\n"
        path = os.path.join(self._runs, run_id, JOURNAL)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, line.encode("utf-8"))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def journal(self, run_id: str) -> list[Json]:
        """All entries; a last line that was torn by a kill is left out."""
        entries = []
        try:
            with open(os.path.join(self._runs, run_id, JOURNAL), encoding="utf-8") as file:
                for line in file:
                    try:
                        entries.append(json.loads(line))
                    except ValueError:
                        continue
        except OSError:
            pass
        return entries

    def end(self, run_id: str, *, outcome: str, report: Json) -> None:
        """The last entry and the report; the cluster is free again."""
        if not os.path.isdir(os.path.join(self._runs, run_id)):
            raise Refused(f"the cluster {self.cluster} has no run {run_id}")
        write_json(os.path.join(self._runs, run_id, REPORT), self._redacted(report))
        self.note(run_id, state="ended", outcome=outcome)
        self.release(run_id)

    def done(self, run_id: str) -> list[str]:
        """The steps that this run has finished on all hosts, in whichever attempt."""
        return [e["step"] for e in self.journal(run_id) if e.get("state") == "done"]

    def begun(self, run_id: str) -> list[str]:
        """The steps that this run has begun on any host, in whichever attempt."""
        return sorted(_begun(self.journal(run_id)))

    def facts(self, run_id: str) -> Json:
        """What its attempts have kept for those after them."""
        return _facts(self.journal(run_id))

    def listed(self) -> list[Json]:
        """The newest first: C(id), C(runbook), C(about), C(begun), C(attempts), C(attempted), when the last of them was begun, C(ended) and
        C(outcome) of that one, each None that is not known, C(holds): whether it has begun what only itself brings to an end, and C(facts).
        Where the cluster was rebuilt since, no more is to be brought to an end.
        """
        try:
            names = sorted(os.listdir(self._runs))
        except FileNotFoundError:
            return []
        found: list[Json] = []
        for name in names:
            journal = self.journal(name)
            if not journal:
                continue
            last = journal[_last_attempt(journal) :]
            ends = [e for e in last if e.get("state") == "ended"]
            found.append(
                {
                    "id": name,
                    "runbook": journal[0].get("runbook"),
                    "about": journal[0].get("about", ""),
                    "begun": journal[0].get("at"),
                    "attempts": len(_attempts(journal)),
                    "attempted": last[0].get("at"),
                    "ended": ends[-1]["at"] if ends else None,
                    "outcome": ends[-1].get("outcome") if ends else None,
                    "holds": _holds(journal),
                    "facts": _facts(journal),
                }
            )
        found.sort(key=lambda run: (str(run["begun"]), run["id"]), reverse=True)
        rebuilt = _rebuilt(found)
        after: set[tuple[str, str]] = set()
        for run in found:
            # what an older one has begun, the newer one has found
            of = (str(run["runbook"]), str(run["about"]))
            run["holds"] = run["holds"] and of not in after and str(run["attempted"]) >= rebuilt
            if run["holds"] or run["outcome"] == OK:
                after.add(of)
        return found

    def saved_before(self, run_id: str, *, runbook: str, about: str) -> list[str]:
        """Where runs for the same before this one have kept what is nowhere else, the newest first: those that have begun what they
        never brought to an end, whether they were given up or not."""
        return [
            self.path(name)
            for name, journal in self._open(runbook, about)
            if name < run_id and HOLDS_FROM.get(runbook) in _begun(journal)
        ]

    def _open(self, runbook: str, about: str) -> list[tuple[str, list[Json]]]:
        """The runs of this runbook for the same since the last that came to a good end, or since the cluster was rebuilt, the newest
        first."""
        found: list[tuple[str, list[Json]]] = []
        listed = self.listed()
        rebuilt = _rebuilt(listed)
        mine = [run for run in listed if (run["runbook"], run["about"]) == (runbook, about)]
        for run in sorted(mine, key=lambda run: str(run["id"]), reverse=True):
            journal = self.journal(run["id"])
            if OK in _outcomes(journal):
                break
            if journal and str(run["attempted"]) >= rebuilt:
                found.append((run["id"], journal))
        return found

    def _unfinished(
        self,
        runbook: str,
        about: str,
        *,
        resume: t.Callable[[Json], bool],
        give_up: str | None = None,
    ) -> str | None:
        """The newest run of this runbook for the same that holds; else the newest, if it was killed or failed.

        :param give_up: as if that was noted
        """
        found = self._open(runbook, about)
        for name, journal in found:
            if _holds(journal) and name != give_up:
                return name
        for name, journal in found:
            if GIVEN_UP in _outcomes(journal) or name == give_up:
                return None
            if not _came_to_nothing(journal):
                return name if resume(journal[0]) else None
        return None

    def _redacted(self, value: t.Any) -> t.Any:
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret, "********")
            return value
        if isinstance(value, dict):
            return {key: self._redacted(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._redacted(item) for item in value]
        return value


def attempt_of(holder: Json) -> str:
    """The run that a lock names, and its attempt if it is not the first: what was said of an earlier one does not void the lock of a later."""
    attempt = holder.get("attempt", 1)
    return f"{holder.get('run')}" if attempt == 1 else f"{holder.get('run')}:{attempt}"


def _facts(journal: t.Sequence[Json]) -> Json:
    found: Json = {}
    for entry in journal:
        if entry.get("state") == "kept":
            found.update(entry.get("facts") or {})
    return found


def _begun(journal: t.Sequence[Json]) -> set[t.Any]:
    """The steps that were begun, in whichever attempt."""
    return {e.get("step") for e in journal if e.get("state") == "step"}


def _outcomes(journal: t.Sequence[Json]) -> set[t.Any]:
    return {e.get("outcome") for e in journal if e.get("state") == "ended"}


def _holds(journal: t.Sequence[Json]) -> bool:
    outcomes = _outcomes(journal)
    held = HOLDS_FROM.get(str(journal[0].get("runbook"))) in _begun(journal)
    return (held or WAITING in outcomes) and not outcomes & {OK, GIVEN_UP}


def _rebuilt(runs: t.Sequence[Json]) -> str:
    """When the whole cluster was last rebuilt: there is nothing left of what others have begun before. Empty where it never was."""
    ended = [r["ended"] for r in runs if r["runbook"] == EMPTIED[0] and r["outcome"] == OK]
    return str(max(ended, default=""))


def _came_to_nothing(journal: t.Sequence[Json]) -> bool:
    return REFUSED in _outcomes(journal) and not _begun(journal)


def _attempts(journal: t.Sequence[Json]) -> list[int]:
    """Where each of them begins."""
    return [n for n, e in enumerate(journal) if e.get("state") in ("begun", "resumed")]


def _last_attempt(journal: t.Sequence[Json]) -> int:
    return max(_attempts(journal), default=0)


def seconds_of(text: str) -> float:
    """A time as the journal writes it, as seconds since the epoch."""
    moment = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    return moment.replace(tzinfo=datetime.timezone.utc).timestamp()


def steps_of(journal: t.Sequence[Json]) -> list[Json]:
    """Name and duration of each step, the last attempt of the run only."""
    last = journal[_last_attempt(journal) :]
    entries = [e for e in last if e.get("state") in ("step", "ended")]
    return [
        {
            "step": entry.get("step"),
            "seconds": round(seconds_of(after["at"]) - seconds_of(entry["at"]), 1),
        }
        for entry, after in zip(entries, entries[1:])
        if entry.get("state") == "step"
    ]


def check_runbook(name: str) -> None:
    """:raises Refused: unless it is a name such as playbooks have"""
    if not re.fullmatch(r"[a-z][a-z_]{0,63}", name):
        raise Refused(f"runbook {name!r} is no name of a playbook")


__all__ = ("OK", "WAITING", "Busy", "ClusterRuns", "Run", "check_runbook", "seconds_of", "steps_of")
