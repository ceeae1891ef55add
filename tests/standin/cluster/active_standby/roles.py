# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Leader or replica: looking at the others, standing for election, giving way."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from standin.cluster.active_standby import election, health
from standin.cluster.active_standby.election import Claim
from standin.cluster.active_standby.memory import Json
from standin.cluster.active_standby.peer import FAILURES
from standin.cluster.active_standby.wire import Gone

if TYPE_CHECKING:
    from standin.cluster.active_standby.member import StandbyMember

HAND_OVER_SECONDS = 30.0


class Roles:
    def __init__(self, member: StandbyMember) -> None:
        self._member = member
        self._since = time.monotonic()
        self._leaderless: float | None = None
        self._patience = 0.0
        self._unwell: float | None = None

    def begin(self) -> None:
        self._since = time.monotonic()
        self._leaderless = None

    def watch(self) -> None:
        while not self._member.ending:
            time.sleep(self._member.heartbeat / 2)
            if not self._member.clustered:
                continue
            try:
                if self._member.leads:
                    self._as_leader()
                else:
                    self._as_replica()
            except Exception as error:  # the member must not stop looking because of one bad moment
                self._member.memory.log(f"{type(error).__name__}: {error}")

    def _as_leader(self) -> None:
        with self._member.lock:
            if not self._member.leads:
                return
            alive = self._member.alive()
            own = self._member.own_claim()
            rival = election.leader_among(p.claim for p in alive)
            if rival and rival.rank > own.rank:
                self._member.memory.log(
                    f"{rival.name} has the newest database and is the active node"
                )
                self.step_down(rival.name)
                return
            highest = max((p.claim.term for p in alive), default=0)
            if highest > own.term or (rival and highest == own.term):
                self._member.memory.change(term=highest + 1)
            minority = not own.majority
            if minority != self._member.minority:
                self._member.minority = minority
                words = "Active minority mode" if minority else "The majority is back"
                self._member.memory.log(words)
        self._hand_over_if_unwell()

    def _hand_over_if_unwell(self) -> None:
        """A leader whose checks fail for long lets the next one lead."""
        if all(health.own_checks(self._member).values()) or self._member.minority:
            self._unwell = None
            return
        now = time.monotonic()
        self._unwell = self._unwell or now
        if now - self._unwell < self._member.failure or self._member.handing_over:
            return
        able = [
            p
            for p in self._member.alive()
            if p.report.get("synced") and p.report["checks"] and all(p.report["checks"].values())
        ]
        if able:
            best = max(able, key=lambda p: (p.claim.position.n, p.name))
            self._member.memory.log(
                f"Health checks fail here; {best.name} is to be the active node"
            )
            self.hand_over(best.name)

    def _as_replica(self) -> None:
        with self._member.lock:
            if self._member.leads:
                return
            alive = self._member.alive()
            best = election.leader_among(p.claim for p in alive)
            if best:
                self._accept(best)
                return
            self._member.leader = None
            now = time.monotonic()
            if self._leaderless is None:
                self._leaderless = now
                self._patience = self._member.heartbeat * (1 + random.random())
            due = self._leaderless + self._patience
            if not self._member.has_majority():
                # peers may be about to start, or to be heard again
                due = max(due, self._since + self._member.failure) + self._member.failure / 4
            # a start that was killed before its end has a cluster of one
            if now < due or not (self._member.synced or len(self._member.memory.nodes) == 1):
                return
            self._leaderless = now
            self._patience = self._member.heartbeat * (1 + 2 * random.random())
        self._stand()

    def _accept(self, best: Claim) -> None:
        self._leaderless = None
        if self._member.leader != best.name:
            self._member.memory.log(f"Following {best.name}")
        self._member.leader = best.name
        report = self._member.peers[best.name].report
        changes: Json = {}
        if best.term > self._member.memory["term"]:
            changes["term"] = best.term
        for name in ("nodes", "removed"):
            if report.get(name) is not None and report[name] != self._member.memory[name]:
                changes[name] = report[name]
        if self._member.memory.name not in (
            report.get("nodes") or {self._member.memory.name: None}
        ):
            # being removed is told in so many words
            changes.pop("nodes", None)
        if changes:
            self._member.memory.change(**changes)
            self._member.meet()

    def _stand(self) -> None:
        """Ask for votes; with enough of them, lead."""
        with self._member.lock:
            alive = self._member.alive()
            voted = [int(p.report.get("voted", 0)) for p in alive]
            term = max([self._member.memory["term"], self._member.memory["voted"], *voted]) + 1
            self._member.memory.change(voted=term)
            own = self._member.own_claim()
            needed = election.votes_needed(len(alive) + 1, len(self._member.memory.nodes))
            request = {**self._member.report(), "term": term}
        votes = 1
        if alive:
            with ThreadPoolExecutor(len(alive)) as pool:
                votes += sum(pool.map(lambda p: self._ask_vote(p.name, request), alive))
        with self._member.lock:
            if votes >= needed and not self._member.leads and self._member.memory["voted"] == term:
                others = election.leader_among(p.claim for p in self._member.alive())
                if others is None and self._member.position() == own.position:
                    self.promote(term)

    def _ask_vote(self, name: str, request: Json) -> bool:
        try:
            link = self._member.connect(name)
            try:
                return bool(link.ask("POST", "/vote", request)["granted"])
            finally:
                link.close()
        except Gone:
            self._member.told_gone()
        except FAILURES:
            pass
        return False

    def vote(self, request: Json) -> bool:
        with self._member.lock:
            candidate = Claim.of(request)
            sees = any(p.claim.leads for p in self._member.alive() if p.name != candidate.name)
            granted = election.may_vote_for(
                candidate=candidate,
                own=self._member.own_claim(),
                voted=self._member.memory["voted"],
                sees_leader=sees,
            )
            if granted:
                self._member.memory.change(voted=candidate.term)
                self._leaderless = time.monotonic()
            return granted

    def promote(self, term: int) -> None:
        with self._member.lock:
            self._member.log.promote()
            self._member.leads, self._member.leader = True, None
            self._member.handing_over = False
            self._member.minority = not self._member.has_majority()
            self._member.acknowledged.clear()
            mode = " in active minority mode" if self._member.minority else ""
            self._member.memory.log(f"{self._member.memory.name} is the active node{mode}")
            self._member.memory.change(term=max(term, self._member.memory["term"]), synced=True)
            self._member.changed.notify_all()
        self._member.manager.worker.wake()

    def step_down(self, leader: str | None) -> None:
        with self._member.lock:
            self._member.leads, self._member.minority, self._member.leader = False, False, leader
            self._leaderless = None
            self._member.manager.worker.kill_all()
            self._member.manager.store.clear_queue()

    def hand_over(self, target: str) -> None:
        """Let another lead, once it has everything; what is under way here ends."""
        with self._member.lock:
            if self._member.handing_over or not self._member.leads:
                return
            self._member.handing_over = True
        threading.Thread(target=self._hand_over, args=(target,), daemon=True).start()

    def _hand_over(self, target: str) -> None:
        try:
            self._member.manager.worker.kill_all()
            end = time.monotonic() + HAND_OVER_SECONDS
            with self._member.lock:
                while self._member.acknowledged.get(target, -1) < self._member.position().n:
                    if time.monotonic() > end:
                        raise ConnectionError(f"{target} did not catch up")
                    self._member.changed.wait(timeout=0.1)
                term = self._member.memory["term"] + 1
            link = self._member.connect(target, seconds=HAND_OVER_SECONDS)
            self._member.heard(link.ask("POST", "/promote", {"term": term}))
            link.close()
            self.step_down(target)
        except FAILURES as error:
            self._member.memory.log(f"{target} could not be made the active node: {error}")
        finally:
            self._member.handing_over = False


__all__ = ["Roles"]
