# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies of the repository under the path that Ansible wants: ansible_collections/cloudify_ha/recovery."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from .paths import NAME, NAMESPACE, REPO


def files() -> list[str]:
    """What git has or would take. A clone that another user owns is read all the same."""
    done = subprocess.run(
        ["git", "-c", f"safe.directory={REPO}", "ls-files", "-z", "-co", "--exclude-standard"],
        cwd=REPO,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    names = sorted(set(filter(None, done.stdout.split("\0"))))
    return [name for name in names if (REPO / name).is_file()]


def copy(root: Path, names: list[str]) -> Path:
    """Copy these files of the repository below `root` and return the collection's directory."""
    target = root / "ansible_collections" / NAMESPACE / NAME
    for name in names:
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # Somebody may be working in the repository: a file can go away between list and copy.
        try:
            shutil.copy2(REPO / name, path, follow_symlinks=False)
        except FileNotFoundError:
            continue
    return target


__all__ = ("copy", "files")
