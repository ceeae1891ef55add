# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may lead, and what a replica is given: without processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from standin.cluster.active_standby.changelog import ChangeLog, Position
from standin.cluster.active_standby.election import (
    Claim,
    is_majority,
    leader_among,
    may_vote_for,
    votes_needed,
)
from standin.sqlite_store import SqliteStore


def claim(
    name: str, *, updated: float = 1.0, n: int = 0, timeline: str = "a", **more: bool
) -> Claim:
    defaults = {"leads": True, "majority": True, **more}
    return Claim(
        name=name,
        term=int(more.pop("term", 1)),
        position=Position(timeline, n, updated),
        leads=defaults["leads"],
        majority=defaults["majority"],
    )


@pytest.mark.parametrize(
    ("reachable", "members", "majority", "votes"),
    [
        (1, 1, True, 1),
        (1, 2, False, 1),
        (2, 3, True, 2),
        (1, 3, False, 1),
        (2, 5, False, 2),
        (2, 4, False, 2),
    ],
)
def test_majorities(reachable: int, members: int, majority: bool, votes: int) -> None:
    assert is_majority(reachable, members) is majority
    assert votes_needed(reachable, members) == votes


def test_the_newest_database_leads_before_any_majority() -> None:
    old = claim("old", updated=1.0)
    new = claim("new", updated=2.0, majority=False)
    follower = claim("follower", updated=3.0, leads=False)
    assert leader_among([old, new, follower]) == new
    assert leader_among([old, claim("alone", majority=False)]) == old
    assert leader_among([follower]) is None


def test_votes() -> None:
    voter = claim("voter", n=5, leads=False)

    def granted(candidate: Claim, *, voted: int = 1, sees_leader: bool = False) -> bool:
        return may_vote_for(candidate=candidate, own=voter, voted=voted, sees_leader=sees_leader)

    assert granted(claim("c", n=5, term=2))
    assert not granted(claim("c", n=5, term=1))
    assert not granted(claim("c", n=5, term=2), voted=2)
    assert not granted(claim("c", n=5, term=2), sees_leader=True)
    assert not granted(claim("c", n=4, term=2))
    assert not granted(claim("c", n=9, term=2, timeline="b", updated=0.5))


def open_log(path: Path) -> tuple[SqliteStore, ChangeLog]:
    store = SqliteStore(path)
    return store, ChangeLog(store, path)


def test_a_replica_follows_and_turns_round(tmp_path: Path) -> None:
    leader, log = open_log(tmp_path / "leader")
    replica, copy = open_log(tmp_path / "replica")
    leader.add("secrets", "t", [{"key": "a"}, {"key": "b"}])
    log.begin()
    copy.begin()
    assert copy.apply(log.since("", 0)) is True
    assert copy.position() == log.position()
    leader.update("secrets", "a", value="new")
    leader.delete("secrets", "b")
    leader.add("secrets", "t", {"key": "c"})
    leader.set_meta("security", {"salt": "s"})
    at = copy.position()
    lines = list(log.since(at.timeline, at.n))
    assert len(lines) == 2 + 4
    assert copy.apply(iter(lines)) is False
    assert (
        replica.all("secrets")
        == leader.all("secrets")
        == [{"key": "a", "value": "new"}, {"key": "c"}]
    )
    assert replica.meta("security") == {"salt": "s"}
    assert copy.position() == log.position()
    # the replica leads now, and the old leader wrote nothing more: it goes on where it was
    copy.promote()
    replica.add("secrets", "t", {"key": "d"})
    at = log.position()
    assert log.apply(copy.since(at.timeline, at.n)) is False
    assert leader.all("secrets") == replica.all("secrets")


def test_a_database_that_went_another_way_is_replaced(tmp_path: Path) -> None:
    leader, log = open_log(tmp_path / "leader")
    replica, copy = open_log(tmp_path / "replica")
    log.begin()
    copy.begin()
    copy.apply(log.since("", 0))
    copy.promote()
    leader.add("secrets", "t", {"key": "lost"})
    replica.add("secrets", "t", {"key": "kept"})
    at = log.position()
    assert log.apply(copy.since(at.timeline, at.n)) is True
    assert leader.all("secrets") == [{"key": "kept"}]


def test_what_is_cut_off_changes_nothing(tmp_path: Path) -> None:
    leader, log = open_log(tmp_path / "leader")
    replica, copy = open_log(tmp_path / "replica")
    replica.add("secrets", "t", {"key": "own"})
    leader.add("secrets", "t", [{"key": "a"}, {"key": "b"}])
    log.begin()
    copy.begin()
    lines = list(log.since("", 0))
    with pytest.raises(ConnectionError):
        copy.apply(iter(lines[:-1]))
    assert replica.all("secrets") == [{"key": "own"}]
