# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A restore is followed through all that it does to the manager, to its end and no further."""

from __future__ import annotations

import typing as t

import pytest
import responses

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ApiError,
    WaitTimeout,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._restore import (
    ABSENT_FOR,
    PASSWORD_INTERVAL,
    LoginLost,
    Outcome,
    Passwords,
    RestoreWatch,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._versions import RESTORE_GRACE
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._wait import Ticker
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.module_utils.recorded_restores import (
    RECORDED,
    Course,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.module_utils.restoring_manager import (
    EXECUTION,
    IN_MAINTENANCE,
    PAGE_404,
    SILENCE,
    Manager,
)

SETTLE = 40.0
TYPE_ERROR = "File ...\nTypeError: argument of type 'NoneType' is not iterable\n"


TENANT = "default_tenant"


class Followed(t.NamedTuple):
    manager: Manager
    passwords: Passwords
    follow: t.Callable[[], Outcome]


Follow = t.Callable[..., Followed]


@pytest.fixture
def watch(clock: t.Any) -> t.Iterator[Follow]:
    """A watch over a manager that goes through a course; time is the clock's."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:

        def make(
            course: Course, *, restored: str | None = None, timeout: float = 7200.0, **more: t.Any
        ) -> Followed:
            manager = Manager(course=course, clock=clock, **more)
            manager.answer_through(mock)
            client = manager.client()
            passwords = Passwords(client, current="old", restored=restored)
            followed = RestoreWatch(
                client,
                execution_id=EXECUTION,
                passwords=passwords,
                ticker=Ticker(timeout=timeout, interval=0.5),
                flag_timeout=SETTLE,
                tenant=TENANT,
            )
            return Followed(manager, passwords, followed.follow)

        yield make


STUCK = [name for name, course in RECORDED.items() if course[-1][2] is True]
ENDED = [name for name in RECORDED if name not in STUCK]


@pytest.mark.parametrize("name", ENDED)
def test_recorded_restore_is_over_when_execution_and_flag_say_so(name: str, watch: Follow) -> None:
    course = RECORDED[name]
    seen = watch(course)
    outcome = seen.follow()
    assert (outcome.execution_id, outcome.execution) == (EXECUTION, course[-1][1])
    assert not outcome.flag_stuck
    assert course[-1][0] <= seen.manager.elapsed <= course[-1][0] + 1


@pytest.mark.parametrize("name", STUCK)
def test_flag_that_a_damaged_archive_leaves_is_waited_for_and_told(
    name: str, watch: Follow
) -> None:
    seen = watch(RECORDED[name], error=TYPE_ERROR)
    outcome = seen.follow()
    assert outcome == Outcome(EXECUTION, "failed", TYPE_ERROR, flag_stuck=True, outages=0)
    assert SETTLE <= seen.manager.elapsed <= SETTLE + 3


@pytest.mark.parametrize(
    ("name", "outages"),
    [
        ("R08_legacy_restore", 2),
        ("R10_legacy_scheduled_restore", 2),
        # from the first 502 to the end there is no answer but 502 and 401
        ("R13_otherkey_legacy_restore", 1),
        ("R07_new_restore", 0),
    ],
)
def test_windows_without_an_answer_are_counted(name: str, outages: int, watch: Follow) -> None:
    assert watch(RECORDED[name]).follow().outages == outages


def test_correct_credentials_that_are_refused_for_a_while_stay_the_same(watch: Follow) -> None:
    seen = watch(RECORDED["R13_otherkey_legacy_restore"])
    assert seen.follow().execution == "terminated"
    assert {password for _when, password in seen.manager.logins} == {"old"}
    assert not seen.passwords.switched


@pytest.mark.parametrize("trouble", [401, 404, PAGE_404, 500, 502, 503, SILENCE])
def test_trouble_in_the_middle_is_waited_out(trouble: int, watch: Follow) -> None:
    course: Course = (
        (0, "started", True),
        (5, trouble, True),
        (17, "started", True),
        (20, "terminated", False),
    )
    assert watch(course).follow().execution == "terminated"


def test_answer_that_no_restore_explains_ends_the_watch(watch: Follow) -> None:
    with pytest.raises(ApiError, match="HTTP 400"):
        watch(((0, "started", True), (5, 400, True))).follow()


def test_flag_that_is_never_seen_set_does_not_matter(watch: Follow) -> None:
    seen = watch(((0, "pending", False), (0.7, "failed", False)), error="no")
    assert seen.follow() == Outcome(EXECUTION, "failed", "no", flag_stuck=False, outages=0)
    assert seen.manager.elapsed <= 1.5


def test_flag_that_is_not_set_yet_is_no_end(watch: Follow) -> None:
    course: Course = ((0, "pending", False), (30, "started", True), (60, "terminated", False))
    seen = watch(course)
    seen.follow()
    assert seen.manager.elapsed >= 60


def test_without_a_flag_the_execution_decides(watch: Follow) -> None:
    seen = watch(((0, "started", True), (10, "failed", True)), version="4.5.5", error="no")
    assert seen.follow().execution == "failed"
    assert "flag" not in seen.manager.asked
    assert seen.manager.elapsed <= 11


@pytest.mark.parametrize(("version", "grace"), [("4.5.5", RESTORE_GRACE), ("5.0.5", 0)])
def test_without_a_flag_the_manager_has_to_be_at_rest_after_the_end(
    version: str, grace: float, watch: Follow
) -> None:
    seen = watch(((0, "started", False), (10, "terminated", False)), version=version)
    assert seen.follow().execution == "terminated"
    assert 10 + grace <= seen.manager.elapsed <= 11 + grace


def test_without_a_flag_what_comes_after_the_end_is_waited_out(watch: Follow) -> None:
    """A shell of the product's restarts the service then, and the password becomes the snapshot's."""
    course: Course = (
        (0, "started", False),
        (10, "terminated", False),
        (15, 502, False),
        (24, "terminated", False),
    )
    passwords = ((0, "old"), (20, "new"))
    seen = watch(course, version="4.5.5", restored="new", passwords=passwords)
    assert seen.follow() == Outcome(EXECUTION, "terminated", "", flag_stuck=False, outages=1)
    assert seen.passwords.switched
    assert 24 + RESTORE_GRACE <= seen.manager.elapsed <= 26 + RESTORE_GRACE


def test_execution_that_is_absent_while_the_flag_is_set_may_come_back(watch: Follow) -> None:
    course: Course = ((0, "started", True), (5, 404, True), (300, "terminated", False))
    assert watch(course).follow().execution == "terminated"


@pytest.mark.parametrize("version", ["4.5.5", "7.0.5"])
def test_execution_that_stays_absent_counts_as_lost(version: str, watch: Follow) -> None:
    seen = watch(((0, "started", False), (5, 404, False)), version=version)
    assert seen.follow() == Outcome(EXECUTION, None, "", flag_stuck=False, outages=0)
    assert 5 + ABSENT_FOR <= seen.manager.elapsed <= 5 + ABSENT_FOR + 2


def test_page_of_nginx_says_nothing_of_the_execution(watch: Follow) -> None:
    late = 2 * ABSENT_FOR
    course: Course = ((0, "started", False), (5, PAGE_404, False), (late, "terminated", False))
    assert watch(course).follow().execution == "terminated"


def test_absence_is_counted_anew_after_the_execution_was_there(watch: Follow) -> None:
    gap = ABSENT_FOR - 5
    course: Course = (
        (0, 404, False),
        (gap, "started", False),
        (gap + 2, 404, False),
        (2 * gap, "terminated", False),
    )
    assert watch(course).follow().execution == "terminated"


def test_in_maintenance_without_bypass_the_flag_decides(watch: Follow) -> None:
    course: Course = (
        (0, IN_MAINTENANCE, False),
        (2, IN_MAINTENANCE, True),
        (40, IN_MAINTENANCE, False),
    )
    seen = watch(course, version="5.0.5")
    assert seen.follow().execution is None
    assert 40 <= seen.manager.elapsed <= 41


# -- the second password ---------------------------------------------------------------------------


LEGACY: Course = (
    (0, "started", True),
    (3, 502, 502),
    (17, "started", True),
    (36, "terminated", True),
    (41, "terminated", False),
)


def test_password_of_the_snapshot_is_turned_to_when_the_old_one_is_refused(watch: Follow) -> None:
    seen = watch(LEGACY, restored="new", passwords=((0, "old"), (17, "new")))
    assert seen.follow().execution == "terminated"
    assert seen.passwords.switched
    assert seen.manager.elapsed <= 42
    refused = [when for when, password in seen.manager.logins if when >= 17 and password == "old"]
    assert len(refused) == 1


def test_password_is_turned_to_in_maintenance_mode_too(watch: Follow) -> None:
    """Where the bypass makes a 500 of the refusal."""
    times = ((0, "old"), (17, "new"))
    seen = watch(LEGACY, restored="new", passwords=times, in_maintenance=True)
    assert seen.follow().execution == "terminated"
    assert seen.passwords.switched
    assert seen.manager.elapsed <= 42


def test_error_of_the_service_is_no_refusal(watch: Follow) -> None:
    course: Course = ((0, "started", True), (5, 500, True), (17, "terminated", False))
    seen = watch(course, restored="new", in_maintenance=True)
    assert seen.follow().execution == "terminated"
    assert {password for _when, password in seen.manager.logins} == {"old"}


def test_passwords_are_not_tried_in_turn_faster_than_every_three_seconds(watch: Follow) -> None:
    seen = watch(LEGACY, restored="new", passwords=((0, "old"), (17, "neither"), (30, "new")))
    assert seen.follow().execution == "terminated"
    logins = seen.manager.logins
    turns = [now for (dummy, before), (now, after) in zip(logins, logins[1:]) if before != after]
    assert len(turns) >= 3
    assert all(later - turn >= PASSWORD_INTERVAL for turn, later in zip(turns, turns[1:]))


def test_second_password_equal_to_the_first_is_no_second_one(watch: Follow) -> None:
    seen = watch(RECORDED["R13_otherkey_legacy_restore"], restored="old")
    assert seen.follow().execution == "terminated"
    assert not seen.passwords.switched


@pytest.mark.parametrize("restored", [None, "other"])
def test_login_that_stays_refused_after_the_end_is_given_up(
    restored: str | None, watch: Follow
) -> None:
    seen = watch(LEGACY, restored=restored, passwords=((0, "old"), (17, "unknown")))
    with pytest.raises(LoginLost) as caught:
        seen.follow()
    assert 17 + SETTLE <= seen.manager.elapsed <= 17 + SETTLE + 2
    assert "restored_password" in str(caught.value)


def test_login_that_stays_refused_before_the_end_is_not_given_up(watch: Follow) -> None:
    late = 3 * SETTLE
    course: Course = ((0, "started", True), (late, "terminated", False))
    seen = watch(course, passwords=((0, "old"), (5, "broken"), (late - 5, "old")))
    assert seen.follow().execution == "terminated"


def test_refusals_are_counted_anew_after_a_login(watch: Follow) -> None:
    late = 2 * SETTLE
    course: Course = ((0, "started", False), (late + 5, "terminated", False))
    times = ((0, "old"), (3, "broken"), (6, "old"), (late, "broken"), (late + 3, "old"))
    assert watch(course, version="4.5.5", passwords=times).follow().execution == "terminated"


def test_login_that_stays_refused_where_no_flag_tells_is_given_up(watch: Follow) -> None:
    seen = watch(LEGACY, version="4.5.5", passwords=((0, "old"), (17, "unknown")))
    with pytest.raises(LoginLost):
        seen.follow()
    assert seen.manager.elapsed <= 17 + SETTLE + 2


# -- giving up ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("course", "last_seen"),
    [
        (((0, "started", True),), "execution started, restore flag set"),
        (((0, "started", False),), "execution started, restore flag clear"),
        (((0, 404, True),), "execution absent, restore flag set"),
        (((0, "started", True), (5, 502, 502)), "no usable answer (Cannot look up execution e1: "),
        (((0, "started", True), (5, 401, True)), "the manager has refused the login for "),
    ],
    ids=["running", "flag-clear", "absent", "502", "401"],
)
def test_time_out_says_what_was_seen_last(course: Course, last_seen: str, watch: Follow) -> None:
    with pytest.raises(WaitTimeout) as caught:
        watch(course, timeout=50).follow()
    assert caught.value.last_seen.startswith(last_seen)
    assert str(caught.value).startswith("Gave up waiting for the restore after 50 s; last seen: ")
    assert caught.value.hint == (
        "It goes on without this module; look at execution e1. If the manager went down meanwhile "
        "it never ends, and only the action kill removes it"
    )
