# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection awx.awx, out of the Python package that bundles it with others."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

from .locks import locked
from .paths import CACHE
from .venvs import SetupFailed

#: It has awx.awx 24.6.1.
BUNDLE = "12.3.0"
PART = "ansible_collections/awx/awx/"


def awx_collection(python: Path) -> Path:
    """Extract it if it is not there, and return the directory that has `ansible_collections`.

    :param python: one that has pip
    :raises SetupFailed: the bundle cannot be had
    """
    home = CACHE / f"awx-collection-{BUNDLE}"
    with locked(home.with_suffix(home.suffix + ".lock")):
        if home.exists():
            return home
        with tempfile.TemporaryDirectory(dir=CACHE) as work:
            _fetch(python, work)
            fresh = Path(work) / "fresh"
            with zipfile.ZipFile(next(Path(work).glob("ansible-*.whl"))) as bundle:
                bundle.extractall(
                    fresh, [name for name in bundle.namelist() if name.startswith(PART)]
                )
            shutil.move(fresh, home)
    return home


def _fetch(python: Path, directory: str) -> None:
    command = [str(python), "-m", "pip", "download", "--quiet", "--no-deps"]
    done = subprocess.run(
        [*command, "--only-binary=:all:", "--dest", directory, f"ansible=={BUNDLE}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SetupFailed(f"ansible {BUNDLE}, for awx.awx: {done.stderr.strip()}")


__all__ = ("awx_collection",)
