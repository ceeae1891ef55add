# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Following the leader: its changes, its archives; and waiting until a follower has what was written."""

from __future__ import annotations

import contextlib
import functools
import json
import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from standin.cluster.active_standby.peer import FAILURES
from standin.cluster.active_standby.wire import Gone, Link

if TYPE_CHECKING:
    from standin.cluster.active_standby.member import StandbyMember

# between two pieces of a long answer: a peer without power says nothing at all
PULL_SECONDS = 5.0
# longer than this no write waits for a standby
SETTLE_SECONDS = 5.0


class Replica:
    def __init__(self, member: StandbyMember) -> None:
        self._member = member

    def follow(self) -> None:
        link: Link | None = None
        followed: tuple[str, str] | None = None
        while not self._member.ending:
            leader = self._member.leader
            if not self._member.clustered or self._member.leads or leader is None:
                self._member.following = False
                time.sleep(self._member.heartbeat / 4)
                continue
            try:
                # installed anew meanwhile, it is another node
                now = (leader, self._member.memory["node_id"])
                if link is None or followed != now:
                    if link:
                        link.close()
                    link, followed = self._member.connect(leader, seconds=PULL_SECONDS), now
                if self._member.is_cut(leader):
                    raise ConnectionError
                self.pull(link)
                self._member.following, self._member.trouble = True, ""
            except Gone:
                self._member.told_gone()
            except FAILURES as error:
                self._member.following = False
                self._member.trouble = f"{type(error).__name__}: {error}"
                if link:
                    link.close()
                link = None
                time.sleep(self._member.heartbeat / 4)
        if link:
            link.close()

    def pull(self, link: Link) -> None:
        """One round: wait for changes, and take them."""
        at = self._member.position()
        query = urlencode(
            {
                "timeline": at.timeline,
                "n": at.n,
                "wait": self._member.heartbeat,
                "fresh": not self._member.synced,
            }
        )
        spool = self._member.folder / "changes"
        link.fetch(f"/changes?{query}", spool)
        with self._member.lock, spool.open("rb") as stream:
            if self._member.leads or not self._member.clustered:
                return
            whole = self._member.log.apply(json.loads(line) for line in stream)
            if whole:
                self._member.memory.log("The database is a copy of the active node's")
            if not self._member.synced:
                self._member.memory.change(synced=True)

    def spread(self) -> None:
        """Archives, beside everything else: a large one takes its time."""
        while not self._member.ending:
            time.sleep(self._member.heartbeat)
            if not self._member.clustered:
                continue
            try:
                if self._member.leads:
                    self._member.archives.fill(
                        [
                            functools.partial(self._member.connect, p.name)
                            for p in self._member.alive()
                        ]
                    )
                elif self._member.leader and self._member.synced:
                    with contextlib.closing(
                        self._member.connect(self._member.leader, seconds=PULL_SECONDS)
                    ) as link:
                        self._member.archives.follow(link)
            except FAILURES:
                # the next round finds out why, or the heartbeats do
                continue

    def settle(self) -> None:
        """After a write on the leader: one replica has it, too, unless there is none to have it."""
        if not self._member.leads:
            return
        with self._member.lock:
            wanted = self._member.position().n
            end = time.monotonic() + min(self._member.failure, SETTLE_SECONDS)
            self._member.changed.notify_all()
            while time.monotonic() < end and self._member.leads:
                able = [p.name for p in self._member.alive() if p.report.get("synced")]
                if not able or any(self._member.acknowledged.get(n, -1) >= wanted for n in able):
                    return
                self._member.changed.wait(timeout=0.1)


__all__ = ["Replica"]
