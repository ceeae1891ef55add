# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host for the scripts of roles: a PATH with nothing but the system's plain tools and what a test puts there."""

from __future__ import annotations

import pathlib
import shutil
import subprocess

from ansible_collections.cloudify_ha.recovery.plugins import module_utils

ROLES = pathlib.Path(module_utils.__path__[0]).parents[1] / "roles"

#: What every host has.
PLAIN = (
    *("base64", "cat", "cut", "date", "df", "dirname", "find", "grep", "gzip", "head", "ls"),
    *("mkdir", "mktemp", "rm", "sed", "sh", "sleep", "sort", "tail", "tar", "timeout", "tr"),
    *("true", "uname", "wc"),
)


class StubHost:
    """Programs are shell scripts; C(calls) has what they were called with, in order."""

    def __init__(self, place: pathlib.Path) -> None:
        self.place = place
        self._bin = place / "bin"
        self._bin.mkdir()
        self._log = place / "calls"
        self._log.touch()
        for name in PLAIN:
            self.plain(name)

    def plain(self, name: str) -> None:
        """One more of the system's own."""
        found = shutil.which(name)
        assert found, name
        (self._bin / name).symlink_to(found)

    def program(self, name: str, script: str) -> None:
        path = self._bin / name
        path.unlink(missing_ok=True)
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> {self._log}\n{script}\n')
        path.chmod(0o755)

    def without(self, name: str) -> None:
        (self._bin / name).unlink()

    @property
    def calls(self) -> list[str]:
        return self._log.read_text().splitlines()

    def run(
        self, script: str, *arguments: str, behind: tuple[str, ...] = (), **replaced: str
    ) -> subprocess.CompletedProcess[str]:
        """A script of a role, by its path below roles/; of its text, words can be replaced: its places and limits.

        :param behind: what is put before it
        """
        text = "\n".join((ROLES / name).read_text() for name in (*behind, script))
        for old, new in replaced.items():
            marker = f"\n{old}="
            before, found, after = text.partition(marker)
            assert found, old
            text = f"{before}{marker}{new}\n{after.partition(chr(10))[2]}"
        return subprocess.run(
            ["/bin/sh", "-c", text, pathlib.Path(script).name, *arguments],
            env={"PATH": str(self._bin), "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


__all__ = ("ROLES", "StubHost")
