# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The image: made once, whole, by whoever is first, and anew when its recipe changes."""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lab import LabError, image, support


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """A copy of the recipe and an empty cache; the builds are noted instead of done."""
    recipe = tmp_path / "recipe"
    shutil.copytree(image.RECIPE, recipe)
    builds: list[str] = []

    def build(home: Path) -> None:
        builds.append(home.name)
        (home / "root" / "etc").mkdir(parents=True)

    monkeypatch.setattr(image, "RECIPE", recipe)
    monkeypatch.setattr(image, "IMAGES", tmp_path / "images")
    monkeypatch.setattr(image, "_build", build)
    return builds


def test_it_is_built_once(built: list[str]) -> None:
    root = image.prepare()
    assert root == image.prepare()
    assert (root / "etc").is_dir()
    assert built == [image.fingerprint()]


def test_it_is_built_once_by_many_at_a_time(
    built: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    all_want_it = threading.Barrier(4)
    locked = image.locked

    def wait_for_all(path: Path) -> AbstractContextManager[None]:
        all_want_it.wait()
        return locked(path)

    monkeypatch.setattr(image, "locked", wait_for_all)
    with ThreadPoolExecutor(max_workers=4) as pool:
        roots = {future.result() for future in [pool.submit(image.prepare) for dummy in range(4)]}
    assert len(roots) == 1 and len(built) == 1


def test_one_that_was_cut_off_is_built_anew(built: list[str]) -> None:
    home = image.IMAGES / image.fingerprint()
    (home / "root" / "half").mkdir(parents=True)
    root = image.prepare()
    assert len(built) == 1
    assert not (root / "half").exists()


def test_another_recipe_is_another_image(built: list[str]) -> None:
    first = image.prepare()
    packages = image.RECIPE / "packages.txt"
    packages.write_text(packages.read_text() + "hello  # one more\n")
    assert "hello" in image.packages() and "more" not in image.packages()
    second = image.prepare()
    assert second != first
    (image.RECIPE / "customize.sh").write_text("true\n")
    assert image.prepare() not in (first, second)
    assert len(built) == 3


def test_the_same_recipe_elsewhere_is_the_same_image(
    built: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = image.fingerprint()
    moved = tmp_path / "elsewhere"
    shutil.copytree(image.RECIPE, moved)
    monkeypatch.setattr(image, "RECIPE", moved)
    assert image.fingerprint() == before


def test_old_ones_go_unless_a_lab_runs_on_them(built: list[str]) -> None:
    def make(number: int) -> Path:
        (image.RECIPE / "packages.txt").write_text(f"package{number}\n")
        home = image.prepare().parent
        os.utime(home / "complete", (number, number))
        return home

    homes = [make(1)]
    with (homes[0] / "complete").open() as mark:
        fcntl.flock(mark, fcntl.LOCK_SH)
        homes += [make(number) for number in range(2, 6)]
        assert [home.name for home in homes if home.exists()] == built[:1] + built[2:]
    make(6)
    assert not homes[0].exists()


def test_a_build_that_fails_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    command = ["sh", "-c", "echo the reason >&2; exit 3"]
    monkeypatch.setattr(image, "IMAGES", tmp_path)
    monkeypatch.setattr(image, "_command", lambda target: command)
    with pytest.raises(LabError, match="the image was not built: the reason; log: "):
        image.prepare()
    with pytest.raises(LabError, match="the reason"):
        image.prepare()


def test_who_can_have_no_lab_is_told_why(monkeypatch: pytest.MonkeyPatch) -> None:
    assert support.why_not() == ""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert support.why_not() == "the lab's hosts need root"
    monkeypatch.undo()
    monkeypatch.setattr(support, "PROGRAMS", {"no-such-program": "no-such-package"})
    assert support.missing_packages() == ["no-such-package"]
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    assert support.why_not() == "not installed, and no apt-get: no-such-package"


def test_what_is_missing_is_installed_and_only_that(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With an apt-get of the test's own."""
    log = tmp_path / "log"
    new = tmp_path / "new-program"
    (tmp_path / "apt-get").write_text(
        f'#!/bin/sh\necho "$*" >>{log}\ncase "$*" in *" package") '
        f"echo >{new}; chmod +x {new};; *missing) echo E: none such >&2; exit 100;; esac\n"
    )
    (tmp_path / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(support, "PROGRAMS", {"sh": "shell", "new-program": "package"})
    support.install_packages()
    calls = log.read_text().splitlines()
    assert [line.split()[-1] for line in calls] == ["update", "package"]
    support.install_packages()
    assert log.read_text().splitlines() == calls
    monkeypatch.setattr(support, "PROGRAMS", {"no-such-program": "missing"})
    with pytest.raises(LabError, match="^could not install missing: E: none such$"):
        support.install_packages()
