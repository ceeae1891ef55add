# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An operator with a file of the inventory plugin, who types ansible-inventory."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from standin.testing import StandIn
from tooling.played import started

PLUGIN = "cloudify_ha.recovery.cluster"
COMMAND = Path(sys.executable).with_name("ansible-inventory")

Groups = dict[str, list[str]]


@dataclass
class Told:
    code: int
    output: str
    #: Warnings and errors, without any white space: Ansible breaks lines where it likes.
    warnings: str

    def warned(self, text: str) -> bool:
        return squeezed(text) in self.warnings

    @property
    def groups(self) -> Groups:
        """Group -> hosts, of what --list has printed."""
        listed = json.loads(self.output)
        return {
            name: group.get("hosts", [])
            for name, group in listed.items()
            if name not in ("_meta", "all", "ungrouped") and group.get("hosts")
        }

    @property
    def variables(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = json.loads(self.output)["_meta"]["hostvars"]
        return found


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


class Source:
    """A file of the plugin.

    :ivar options: what is in it
    """

    def __init__(self, place: Path, *managers: StandIn, **options: Any) -> None:
        place.mkdir(parents=True, exist_ok=True)
        self.file = place / "production.cloudify.yml"
        self.remembered = place / ".production.cloudify.yml.remembered"
        # each may have a CA of its own
        trusted = place / "ca.pem"
        trusted.write_text("".join(Path(each.ca).read_text() for each in managers))
        self.options: dict[str, Any] = {
            "plugin": PLUGIN,
            "manager_hosts": [f"127.0.0.1:{each.port}" for each in managers] or ["127.0.0.1:1"],
            "username": "admin",
            "ca_path": str(trusted) if managers else None,
            **options,
        }
        self.password = managers[0].password if managers else "unused"
        self.environment = {
            **{name: value for name, value in os.environ.items() if name[:9] != "CLOUDIFY_"},
            "CLOUDIFY_PASSWORD": self.password,
            "ANSIBLE_HOME": str(place / "home"),
            "ANSIBLE_DEPRECATION_WARNINGS": "true",
            "ANSIBLE_NOCOLOR": "true",
            "LC_ALL": "C.UTF-8",
        }

    def ask(self, *words: str, text: str = "", **changes: Any) -> Told:
        """Write the file and look at it; whatever is told has no password in it.

        :param text: the file, in place of the options
        """
        self.file.write_text(text or json.dumps({**self.options, **changes}))
        return self.look("-i", str(self.file), *words)

    def look(self, *words: str) -> Told:
        done = subprocess.run(
            started([str(COMMAND), *words]),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert self.password not in done.stdout + done.stderr
        assert "DEPRECATION" not in done.stderr, done.stderr
        return Told(done.returncode, done.stdout, squeezed(done.stderr))

    def ok(self, *words: str, **changes: Any) -> Told:
        told = self.ask(*words, **changes)
        assert (told.code, told.warnings) == (0, ""), told
        return told

    def refused(self, **changes: Any) -> str:
        """Why there is no inventory: Ansible warns, and fails where it is told to."""
        self.environment["ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED"] = "true"
        told = self.ask("--list", **changes)
        del self.environment["ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED"]
        assert told.code != 0 and "Traceback" not in told.warnings, told
        return told.warnings


__all__ = ["Groups", "Source", "Told", "squeezed"]
