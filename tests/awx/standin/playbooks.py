# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files of a project AWX lists as playbooks.

As awx/main/utils/ansible.py: by a line, not by YAML, so that a broken playbook is listed too.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

LINE = re.compile(
    r"^\s*?-?\s*?(?:hosts|(ansible\.builtin\.)?include|(ansible\.builtin\.)?import_playbook):\s*?.*?$"
)
NOT_IN = frozenset(("roles", "tasks", "group_vars", "host_vars"))


def playbooks_in(folder: Path) -> list[str]:
    """Paths below the folder, as AWX sorts them."""
    found = []
    for place, names, files in os.walk(folder, followlinks=True):
        names[:] = [n for n in names if n not in NOT_IN and not n.startswith(".")]
        for name in files:
            path = Path(place) / name
            if path.suffix in (".yml", ".yaml") and _is_playbook(path):
                found.append(str(path.relative_to(folder)))
    return sorted(found, key=str.lower)


def _is_playbook(path: Path) -> bool:
    try:
        lines = path.read_text(encoding="utf-8", errors="ignore").splitlines()
    except OSError:
        return False
    if lines and lines[0].startswith("$ANSIBLE_VAULT;"):
        return True
    return any(LINE.match(line) for line in lines)


def revision_of(source: Path | list[str]) -> str:
    """Stands for the commit: another one whenever a file was changed."""
    digest = hashlib.sha1(usedforsecurity=False)
    if isinstance(source, Path):
        for path in sorted(p for p in source.rglob("*") if p.is_file() and ".git" not in p.parts):
            digest.update(f"{path.relative_to(source)}\0".encode() + path.read_bytes())
    else:
        digest.update("\0".join(source).encode())
    return digest.hexdigest()
