# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

from __future__ import annotations

import time
import typing as t

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _progress
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ApiError,
    ConnectionFailed,
    RecoveryError,
    WaitTimeout,
)

T = t.TypeVar("T")


class Ticker:
    """Counts down a time-out on the monotonic clock and sleeps between polls.

    :param timeout: seconds in all
    :param interval: seconds between two polls
    """

    def __init__(
        self,
        *,
        timeout: float,
        interval: float,
        clock: t.Callable[[], float] = time.monotonic,
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._interval = interval
        self._start = clock()
        self.timeout = timeout

    @property
    def elapsed(self) -> float:
        return self._clock() - self._start

    def tell(self, waiting_for: str, seen: str) -> None:
        """Have it said on the controller what is waited for, and how it looks."""
        _progress.tell(
            f"waiting for {waiting_for}", seen=seen, elapsed=self.elapsed, timeout=self.timeout
        )

    def pause(self) -> bool:
        """Sleep until the next poll is due. False when the time is over."""
        left = self.timeout - self.elapsed
        if left <= 0:
            return False
        self._sleep(min(self._interval, left))
        return True


def is_outage(error: RecoveryError) -> bool:
    """Nothing that a manager in good order has said: it tells nothing of what is waited for."""
    return error.passing if isinstance(error, ApiError) else isinstance(error, ConnectionFailed)


def wait_for(
    *,
    fetch: t.Callable[[], T],
    done: t.Callable[[T], bool],
    describe: t.Callable[[T], str],
    waiting_for: str,
    ticker: Ticker,
    hint: str | None = None,
    tolerate: t.Callable[[RecoveryError], bool] = lambda error: False,
) -> T:
    """Poll until C(done) says so; C(fetch) and C(done) may raise to end the wait as a failure.

    :param tolerate: which errors of C(fetch) do not end it, so that it outlives an outage
    :returns: the value that was fetched last
    :raises WaitTimeout: with the last value seen, described
    """
    known = ""
    while True:
        try:
            with _progress.waiting():
                value = fetch()
        except RecoveryError as exc:
            if not tolerate(exc):
                raise
            seen = f"{known}, then " if known else ""
            seen += f"no usable answer ({exc.message})"
        else:
            if done(value):
                return value
            seen = known = describe(value)
        ticker.tell(waiting_for, seen)
        if not ticker.pause():
            raise WaitTimeout(
                f"Gave up waiting for {waiting_for} after {ticker.elapsed:.0f} s; last seen: {seen}",
                last_seen=seen,
                hint=hint or "It may still end well; raise wait_timeout, or look again later",
            )


__all__ = ("Ticker", "is_outage", "wait_for")
