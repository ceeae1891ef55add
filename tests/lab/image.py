# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file system that every host starts from: made once, kept under a hash of what makes it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tooling.locks import locked
from tooling.paths import CACHE

from .commands import LabError
from .support import install_packages

RECIPE = Path(__file__).parent / "rootfs"
SUITE = "bookworm"
IMAGES = CACHE / "lab" / "images"
# Images of other recipes that are kept, for whoever goes back and forth between two.
KEPT = 2


def packages() -> list[str]:
    lines = (RECIPE / "packages.txt").read_text().splitlines()
    return [word for line in lines for word in line.partition("#")[0].split()]


def _command(target: Path) -> list[str]:
    without = ("man", "locale", "doc", "info")
    return [
        "mmdebstrap",
        "--mode=root",
        "--variant=minbase",
        "--format=directory",
        "--quiet",
        f"--include={','.join(packages())}",
        '--aptopt=Acquire::Languages "none"',
        "--dpkgopt=force-unsafe-io",
        *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in without),
        f'--essential-hook=sh {RECIPE}/essential.sh "$1"',
        f'--customize-hook=sh {RECIPE}/customize.sh "$1" {RECIPE}',
        SUITE,
        str(target),
    ]


def fingerprint() -> str:
    """Changes with anything that makes the image, not with where the repository lies."""
    digest = hashlib.sha256()
    for path in sorted(RECIPE.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    for word in _command(Path("/")):
        digest.update(word.replace(str(RECIPE), "").encode() + b"\0")
    return digest.hexdigest()[:12]


def _build(home: Path) -> None:
    log = home / "build.log"
    root = home / "root"
    with log.open("wb") as out:
        done = subprocess.run(
            _command(root), stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False
        )
    if done.returncode:
        words = log.read_text(errors="replace").strip().splitlines()[-3:]
        raise LabError(f"the image was not built: {' | '.join(words)}; log: {log}")


def _remove_old() -> None:
    """An image that a lab runs on is locked by it."""
    homes = sorted((mark.parent for mark in IMAGES.glob("*/complete")), key=_used, reverse=True)
    for home in homes[1 + KEPT :]:
        with (home / "complete").open() as mark:
            try:
                fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(home, ignore_errors=True)


def _used(home: Path) -> float:
    return (home / "complete").stat().st_mtime


def prepare() -> Path:
    """Make the image if it is not there, and return its root directory."""
    install_packages()
    home = IMAGES / fingerprint()
    mark = home / "complete"
    if not mark.exists():
        with locked(home.with_suffix(".lock")):
            if not mark.exists():
                started = time.monotonic()
                print("building the lab's image (about a minute)", file=sys.stderr, flush=True)
                shutil.rmtree(home, ignore_errors=True)
                home.mkdir(parents=True)
                _build(home)
                mark.touch()
                _remove_old()
                seconds = time.monotonic() - started
                print(f"built the lab's image in {seconds:.0f} s", file=sys.stderr, flush=True)
    os.utime(mark)
    return home / "root"


__all__ = ("fingerprint", "packages", "prepare")
