# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _progress
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ApiError,
    ConnectionFailed,
    RecoveryError,
    WaitTimeout,
    api_error_class,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._wait import (
    Ticker,
    is_outage,
    wait_for,
)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[t.Any]:
    """What would be said on the controller."""
    found: list[t.Any] = []
    monkeypatch.setattr(
        _progress, "tell", lambda doing, **how_far: found.append((doing, *how_far.values()))
    )
    return found


class Job:
    """Ends at its n-th look."""

    def __init__(self, *, ends_at: int) -> None:
        self.looks = 0
        self.ends_at = ends_at

    def fetch(self) -> int:
        self.looks += 1
        return self.looks

    def done(self, look: int) -> bool:
        return look >= self.ends_at


def wait(job: Job, clock: t.Any, **more: t.Any) -> int:
    ticker = Ticker(timeout=more.pop("timeout", 1.2), interval=0.5, clock=clock, sleep=clock.sleep)
    return wait_for(
        fetch=more.pop("fetch", job.fetch),
        done=job.done,
        describe=lambda look: f"look {look}",
        waiting_for="the job",
        ticker=ticker,
        **more,
    )


def test_what_is_done_already_takes_one_look_and_no_pause(clock: t.Any) -> None:
    assert wait(Job(ends_at=1), clock) == 1
    assert clock.slept == []


def test_it_pauses_for_the_interval_between_two_looks(clock: t.Any) -> None:
    assert wait(Job(ends_at=3), clock) == 3
    assert clock.slept == [0.5, 0.5]


def test_the_last_look_is_at_the_very_end_of_the_time_out(clock: t.Any) -> None:
    assert wait(Job(ends_at=4), clock) == 4
    assert clock.slept == pytest.approx([0.5, 0.5, 0.2])


def test_a_time_out_says_what_was_seen_last_and_for_how_long(clock: t.Any) -> None:
    with pytest.raises(WaitTimeout) as caught:
        wait(Job(ends_at=999), clock, timeout=60)
    assert caught.value.last_seen == "look 121"
    assert caught.value.details == {"last_seen": "look 121"}
    assert str(caught.value) == (
        "Gave up waiting for the job after 60 s; last seen: look 121. "
        "It may still end well; raise wait_timeout, or look again later."
    )


def test_the_hint_of_a_time_out_can_be_chosen(clock: t.Any) -> None:
    with pytest.raises(WaitTimeout, match=r"look 4\. Cancel it\.$"):
        wait(Job(ends_at=99), clock, hint="Cancel it")


def test_the_time_of_slow_looks_counts(clock: t.Any) -> None:
    job = Job(ends_at=99)

    def slow() -> int:
        clock.now += 10
        return job.fetch()

    with pytest.raises(WaitTimeout):
        wait(job, clock, fetch=slow, timeout=25)
    assert job.looks == 3


def test_a_look_that_raises_ends_the_wait(clock: t.Any) -> None:
    def fail() -> int:
        raise RecoveryError("it broke")

    with pytest.raises(RecoveryError, match="it broke"):
        wait(Job(ends_at=9), clock, fetch=fail)
    assert clock.slept == []


def test_progress_is_told_at_each_look_that_is_not_the_last(
    clock: t.Any, told: list[t.Any]
) -> None:
    wait(Job(ends_at=3), clock, timeout=9)
    assert told == [
        ("waiting for the job", "look 1", 0.0, 9),
        ("waiting for the job", "look 2", 0.5, 9),
    ]


def test_the_clock_of_a_ticker_starts_with_it(clock: t.Any) -> None:
    ticker = Ticker(timeout=5, interval=1, clock=clock, sleep=clock.sleep)
    clock.now += 4.5
    assert ticker.elapsed == 4.5
    assert ticker.pause()
    assert clock.slept == [0.5]
    assert not ticker.pause()


def test_an_outage_that_is_tolerated_does_not_end_the_wait(clock: t.Any, told: list[t.Any]) -> None:
    job = Job(ends_at=4)

    def fetch() -> int:
        if job.fetch() in (1, 3):
            raise RecoveryError("it is away")
        return job.looks

    assert wait(job, clock, fetch=fetch, timeout=9, tolerate=bool) == 4
    assert [seen for _doing, seen, _elapsed, _timeout in told] == [
        "no usable answer (it is away)",
        "look 2",
        "look 2, then no usable answer (it is away)",
    ]


def api_error(status: int, code: str | None) -> ApiError:
    cls = api_error_class(status=status, is_json=code is not None)
    return cls(
        doing="look",
        method="GET",
        url="https://m/x",
        status=status,
        reason="",
        code=code,
        server_message="",
        from_manager=code is not None,
    )


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        (ConnectionFailed("gone"), True),
        (api_error(502, None), True),
        (api_error(503, "in_snapshot_restore_error"), True),
        (api_error(500, "internal_server_error"), True),
        (api_error(200, None), True),
        (api_error(404, None), True),
        (api_error(404, "not_found_error"), False),
        (api_error(401, "unauthorized_error"), False),
        (api_error(409, "conflict_error"), False),
        (RecoveryError("something else"), False),
    ],
)
def test_what_a_manager_in_good_order_says_is_no_outage(error: RecoveryError, outage: bool) -> None:
    assert is_outage(error) is outage
