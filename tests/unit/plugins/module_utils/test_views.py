# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many managers at once, with one deadline."""

from __future__ import annotations

import threading
import typing as t

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import _views
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ApiError,
    RecoveryError,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._versions import (
    Capabilities,
    Version,
)

VIEW = {"answers": True, "error": "", "hangs": False}


def ask(
    monkeypatch: pytest.MonkeyPatch, deadline: float, **clients: t.Callable[[], t.Any]
) -> dict[str, t.Any]:
    monkeypatch.setattr(_views, "view_of", lambda client, until: client())
    return _views.ask_all(t.cast(t.Any, clients), deadline=deadline)


def test_all_are_asked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other, nobody would ever come through."""
    together = threading.Barrier(3, timeout=30)

    def answer() -> dict[str, t.Any]:
        together.wait()
        return VIEW

    found = ask(monkeypatch, 30, a=answer, b=answer, c=answer)
    assert found == {"a": VIEW, "b": VIEW, "c": VIEW}


def test_who_is_late_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    answered = threading.Event()

    def late() -> dict[str, t.Any]:
        over.wait(30)
        return VIEW

    def quick() -> dict[str, t.Any]:
        answered.set()
        return VIEW

    found = ask(monkeypatch, 0.2, late=late, quick=quick)
    over.set()
    assert answered.is_set() and found["quick"] == VIEW
    assert found["late"] == {"answers": False, "error": "no answer within 0.2 s", "hangs": True}


def test_a_defect_is_told_as_that_manager_s_view(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> dict[str, t.Any]:
        raise KeyError("items")

    found = ask(monkeypatch, 30, broken=broken, well=lambda: VIEW)
    assert found["well"] == VIEW
    assert found["broken"] == {"answers": False, "error": "KeyError: 'items'", "hangs": False}


def test_nobody_to_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(monkeypatch, 30) == {}


class Client:
    """Answers one path, and then the time is up."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.asked: list[tuple[str, float]] = []
        monkeypatch.setattr(_views.time, "monotonic", lambda: self.now)

    def read(self, path: str, *, timeout: float, retry: bool, **_more: t.Any) -> t.Any:
        assert not retry
        self.asked.append((path, timeout))
        self.now += 6
        if path == "/version":
            return {"version": "7.0.5"}
        raise RecoveryError("down")

    def knows(self, answer: t.Any) -> None:
        self.version = answer["version"]

    def capabilities(self) -> t.Any:
        class Capabilities:
            def has(self, _what: str) -> bool:
                return False

        return Capabilities()


def test_what_there_is_no_time_for_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(monkeypatch)
    view = _views.view_of(t.cast(t.Any, client), until=10.0)
    assert client.asked == [("/version", 10.0), ("/status", 4.0)]
    assert view["answers"] and view["version"] == "7.0.5" and view["status_code"] == 0
    assert "no time was left to ask for /cluster-status" in view["errors"]["cluster_status"]


def test_what_there_was_no_time_for_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(monkeypatch)
    view = _views.view_of(t.cast(t.Any, client), until=0.0)
    assert client.asked == []
    assert view == {
        "answers": False,
        "error": "no time was left to ask for /version.",
        "hangs": False,
        "absent": False,
        "denied": False,
    }


def test_of_a_node_is_told_what_other_plugins_need() -> None:
    patroni = {"status": "Active", "extra_info": {"patroni_status": {"role": "master"}}}
    node = {"status": "OK", "public_ip": "203.0.113.1", "services": {"x": {}, "Patroni": patroni}}
    answer = {"status": "OK", "services": {"db": {"status": "OK", "nodes": {"d1": node, "d2": {}}}}}
    assert _views._roll_up(answer)["tiers"]["db"]["nodes"] == {
        "d1": {"status": "OK", "failures": [], "public_ip": "203.0.113.1", "role": "master"},
        "d2": {"status": None, "failures": []},
    }


class Answers:
    """A manager that answers each path with what it is given, and the others with nothing of use."""

    def __init__(self, **answers: t.Any) -> None:
        self.answers = {"/version": {"version": "7.0.5", "edition": "premium"}, **answers}

    def read(self, path: str, **_more: t.Any) -> t.Any:
        told = self.answers.get(path, {"status": "OK", "services": {}, "items": []})
        if isinstance(told, Exception):
            raise told
        return told

    def knows(self, answer: t.Any) -> None:
        self.version = Version.parse(answer["version"])

    def capabilities(self) -> Capabilities:
        return Capabilities(self.version, "premium")


def view(**answers: t.Any) -> t.Any:
    client = Answers(**{f"/{name.replace('_', '-')}": told for name, told in answers.items()})
    return _views.view_of(t.cast(t.Any, client), until=1e12)


@pytest.mark.parametrize(
    "services",
    [{"db": "down"}, {"db": {"nodes": ["h1"]}}, {"db": {"nodes": {"h1": None}}}, [None]],
    ids=str,
)
def test_an_answer_of_another_form_is_one_all_the_same(services: t.Any) -> None:
    found = view(cluster_status={"status": "OK", "services": services})
    assert found["answers"] and found["status_code"] == 200 and found["version"] == "7.0.5"
    assert found["cluster_status"] is None and "another form" in found["errors"]["cluster_status"]
    assert found["maintenance"] == "OK"


def test_a_status_of_another_form_is_one_all_the_same() -> None:
    found = view(status={"status": "OK", "services": ["nginx", None]})
    assert found["answers"] and found["status_code"] == 200
    assert found["inactive"] is None and found["registers"]["manager"] == []


@pytest.mark.parametrize(
    ("told", "restoring"),
    [("running", True), ("not-running", False), ("Restore in progress", True)],
)
def test_whether_a_restore_runs(told: str, restoring: bool) -> None:
    assert view(snapshot_status={"status": told})["restoring"] is restoring


def test_before_5_0_5_nobody_says_whether_a_restore_runs() -> None:
    assert "restoring" not in view(version={"version": "5.0.0"})


def test_what_a_restore_answers_instead_of_the_cluster_s_status() -> None:
    error = ApiError(
        doing="ask for /cluster-status",
        method="GET",
        url="https://m1/",
        status=503,
        reason="NO",
        code="in_snapshot_restore_error",
        server_message="a restore is running",
    )
    found = view(cluster_status=error, snapshot_status=RecoveryError("no time was left"))
    assert found["cluster_status"] is None and found["restoring"] is True


def test_a_version_that_nobody_can_read() -> None:
    found = view(version={"version": "newest"})
    assert found["answers"] and found["status_code"] == 200 and "version" in found["errors"]


@pytest.mark.parametrize("path", ["version", "status"])
@pytest.mark.parametrize(("status", "denied"), [(401, True), (403, True), (400, False)])
def test_whom_it_does_not_let_in(status: int, denied: bool, path: str) -> None:
    error = ApiError(
        doing=f"ask for /{path}",
        method="GET",
        url="https://m1/",
        status=status,
        reason="NO",
        code="unauthorized_error",
        server_message="no",
    )
    found = view(**{path: error})
    assert found["answers"] and bool(found.get("denied")) is denied


def test_of_two_that_are_active_nobody_is_written_to() -> None:
    """What is written on one side of a split brain is lost."""
    views: dict[str, t.Any] = {n: {**VIEW, "status_code": 200, "nodes": []} for n in ("a", "b")}
    _views.try_write(views, {}, timeout=1)
    assert not any("write" in view for view in views.values())


ACTIVE: dict[str, t.Any] = {
    **VIEW,
    "status_code": 200,
    "nodes": [{"name": name, "online": True} for name in ("a", "b")],
}
STANDBY: dict[str, t.Any] = {**VIEW, "status_code": 400, "error_code": "not_cluster_master"}


class Written:
    """The client of a manager that takes every write."""

    def try_write(self, *, timeout: float) -> None:
        pass


def written(other: dict[str, t.Any], **active: t.Any) -> str | None:
    """What is said of a write on the active one of two."""
    views = {"a": {**ACTIVE, **active}, "b": other}
    _views.try_write(views, t.cast(t.Any, {"a": Written()}), timeout=1)
    assert "write" not in views["b"]
    return views["a"].get("write")


def test_the_active_one_is_written_to_where_all_others_are_its_standbys() -> None:
    assert written(STANDBY) == "ok"


@pytest.mark.parametrize(
    "other",
    [
        {"answers": False, "error": "no answer within 5 s", "hangs": True},
        {**VIEW, "status_code": 400, "error_code": "removed_from_cluster"},
        {**VIEW, "status_code": 502, "error_code": None},
    ],
)
def test_nobody_is_written_to_while_another_may_be_active_unseen(other: dict[str, t.Any]) -> None:
    """Of two sides, the one with the newest database wins: a write makes an isolated one the newest."""
    assert written(other) is None


@pytest.mark.parametrize(
    "nodes", [None, [{"name": "a", "online": True}, {"name": "b", "online": False}]]
)
def test_nobody_is_written_to_who_does_not_see_the_others(nodes: t.Any) -> None:
    """Cut off from them, while they still elect one of their own."""
    assert written(STANDBY, nodes=nodes) is None
