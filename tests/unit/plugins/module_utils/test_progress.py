# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file in which a module says what it is at."""

from __future__ import annotations

import errno
import json
import os
import pathlib
import stat
import threading
import typing as t
import zipfile

import pytest

from ansible_collections.cloudify_ha.recovery.plugins.module_utils import (
    _archive,
    _module,
    _progress,
    _transfer,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import RecoveryError
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._progress import (
    VARIABLE,
    Reporter,
)
from ansible_collections.cloudify_ha.recovery.tests.unit.plugins.transferring import DATA

SECRET = "hunter2"


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "state"


@pytest.fixture
def reporter(path: pathlib.Path, clock: t.Any) -> Reporter:
    return Reporter(str(path), clock=clock, mask=lambda text: text.replace(SECRET, "*"))


def state(path: pathlib.Path) -> t.Any:
    return json.loads(path.read_text())


def test_nobody_is_told_unless_somebody_asks(tmp_path: pathlib.Path) -> None:
    os.chdir(tmp_path)
    silent = Reporter()
    silent.tell("wait", done=1)
    silent.request("read")
    silent.close()
    assert list(tmp_path.iterdir()) == []


def test_the_state_is_its_owners_alone(reporter: Reporter, path: pathlib.Path) -> None:
    before = os.umask(0)
    try:
        reporter.tell("waiting for it", seen="nothing", elapsed=1.5, timeout=60.0)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(path.parent) == [path.name]
    assert state(path) == {
        "doing": "waiting for it",
        "seen": "nothing",
        "elapsed": 1.5,
        "timeout": 60.0,
        "done": None,
        "total": 0,
        "at": 1000.0,
        "since": [1000.0, None],
    }


def test_the_same_is_written_now_and_then_and_something_else_at_once(
    reporter: Reporter, path: pathlib.Path, clock: t.Any
) -> None:
    reporter.tell("send", done=1)
    clock.now += 0.1
    reporter.tell("send", done=2)
    assert state(path)["done"] == 1
    clock.now += 0.2
    reporter.tell("send", done=3)
    assert (state(path)["done"], state(path)["since"]) == (3, [1000.0, 1])
    reporter.tell("verify")
    assert state(path)["doing"] == "verify"


def test_a_transfer_that_goes_on_counts_from_where_it_was(
    reporter: Reporter, path: pathlib.Path, clock: t.Any
) -> None:
    reporter.request("download it")
    clock.now += 0.01
    reporter.tell("download it", done=5000, total=6000)
    assert state(path)["since"] == [1000.01, 5000]


def test_requests_tell_nothing_new_while_a_wait_is_looked_at(
    reporter: Reporter, path: pathlib.Path
) -> None:
    reporter.tell("waiting for it")
    with reporter.waiting():
        with reporter.waiting():
            reporter.request("read it")
        reporter.request("read it")
        assert state(path)["doing"] == "waiting for it"
        reporter.tell("waiting for something in it")
        assert state(path)["doing"] == "waiting for something in it"
    reporter.request("read it")
    assert state(path)["doing"] == "read it"


def test_secrets_do_not_get_into_it(reporter: Reporter, path: pathlib.Path) -> None:
    reporter.tell(f"send {SECRET}", seen=f"said {SECRET}")
    assert SECRET not in path.read_text()


def test_it_leaves_nothing_behind(reporter: Reporter, path: pathlib.Path) -> None:
    reporter.tell("one")
    reporter.close()
    reporter.tell("two")
    assert os.listdir(path.parent) == []
    reporter.close()


def test_a_full_disk_is_no_error(
    reporter: Reporter, path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(_progress.json, "dump", full)
        reporter.tell("one")
        assert os.listdir(path.parent) == []
    reporter.tell("two")
    assert state(path)["doing"] == "two"


def test_many_can_tell_at_once(path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failures: list[str] = []
    real = os.rename

    def rename(source: str, target: str) -> None:
        try:
            real(source, target)
        except OSError as exc:
            failures.append(str(exc))

    monkeypatch.setattr(_progress.os, "rename", rename)
    reporter = Reporter(str(path))

    def work(name: str) -> None:
        for number in range(50):
            reporter.tell(f"{name} {number}")

    threads = [threading.Thread(target=work, args=(f"m{name}",)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert state(path)["doing"].endswith(" 49")


def test_a_place_that_is_not_there_is_no_error(tmp_path: pathlib.Path) -> None:
    reporter = Reporter(str(tmp_path / "nowhere" / "state"))
    reporter.tell("one")
    reporter.close()


def test_what_somebody_else_has_put_there_is_not_written_to(
    reporter: Reporter, path: pathlib.Path
) -> None:
    victim = path.with_name("victim")
    victim.write_text("dear")
    path.with_name(f"{path.name}.new").symlink_to(victim)
    reporter.tell("one")
    assert victim.read_text() == "dear"


# -- modules and those below them --------------------------------------------------------------------


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[t.Any]:
    """All that was told, however fast."""
    found: list[t.Any] = []
    monkeypatch.setattr(_progress, "EVERY", 0.0)
    monkeypatch.setattr(Reporter, "_write", lambda self, state: found.append(state))
    monkeypatch.setattr(_progress, "_reporter", Reporter("somewhere"))
    return found


@pytest.mark.parametrize("error", [None, RecoveryError("no"), ValueError("a defect")])
def test_a_module_tells_without_secrets_and_tidies_up(
    error: Exception | None, path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Module:
        params: dict[str, t.Any] = {}
        no_log_values = {SECRET}

        def exit_json(self, **_result: t.Any) -> None:
            raise SystemExit(0)

        fail_json = exit_json

    def body(_module: t.Any) -> dict[str, t.Any]:
        _progress.tell("do it", seen=f"as {SECRET}")
        assert state(path)["seen"] == "as ********"
        if error:
            raise error
        return {}

    monkeypatch.setenv(VARIABLE, str(path))
    with pytest.raises(SystemExit):
        _module.run(t.cast(t.Any, Module()), body)
    assert os.listdir(path.parent) == []


def test_verifying_an_archive_tells_how_far_it_is(
    tmp_path: pathlib.Path, told: list[t.Any]
) -> None:
    archive = tmp_path / "one.zip"
    with zipfile.ZipFile(archive, "w") as whole:
        whole.writestr("metadata.json", '{"snapshot_version": "7.0.5"}')
        whole.writestr("noise", os.urandom(3 << 20))
    size = archive.stat().st_size
    _archive.check_file(str(archive))
    assert {each["doing"] for each in told} == {f"verify {archive}"}
    assert [each["done"] for each in told] == [1 << 20, 2 << 20, 3 << 20, size]
    assert {each["total"] for each in told} == {size}


def test_sending_a_file_tells_how_far_it_is(tmp_path: pathlib.Path, told: list[t.Any]) -> None:
    archive = tmp_path / "one.zip"
    archive.write_bytes(DATA)
    for _piece in _transfer.FileBody(str(archive), doing="upload it"):
        pass
    assert (told[-1]["doing"], told[-1]["done"], told[-1]["total"]) == (
        "upload it",
        len(DATA),
        len(DATA),
    )
