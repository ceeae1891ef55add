# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An ansible-playbook that does what the test has written down for each time that it is started."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

PROGRAM = """\
#!{python} -I
import json, os, pathlib, subprocess, sys, time
place = pathlib.Path({place!r})
with (place / "started").open("a") as log:
    log.write(json.dumps({{"args": sys.argv[1:], "environment": dict(os.environ), "pid": os.getpid()}}) + "\\n")
script = json.loads((place / "script").read_text())
done = (place / "started").read_text().count("\\n")
step = script[min(done, len(script)) - 1]
path = pathlib.Path(json.loads(sys.argv[-1])["cloudify_diagnosis_file"])
(place / "earlier").write_text(path.read_text() if path.exists() else "")
print(step.get("prints", ""), flush=True)
for kind in step.get("leaves", []):
    subprocess.Popen(["sleep", "600"], start_new_session=kind == "session")
if "hangs" in step:
    (place / "hangs").touch()
    time.sleep(600)
if "file" in step:
    new = path.with_name(path.name + ".new")
    new.write_text(step["file"])
    new.rename(path)
sys.exit(step.get("code", 0))
"""


def diagnosis(kind: str, state: str, **more: Any) -> dict[str, Any]:
    """A step that leaves one."""
    said = {"class": kind, "state": state, "cluster": "production", "nodes": [], **more}
    return {"file": json.dumps(said)}


HEALTHY = diagnosis("healthy", "healthy", confidence="high")
DOWN = diagnosis(
    "cluster_down", "down", confidence="high", nodes=["h2", "h1"], runbook="rebuild_cluster"
)


class Scripted:
    """
    :ivar program: what is started in place of ansible-playbook
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self.program = place / "ansible-playbook"
        self.program.write_text(PROGRAM.format(python=sys.executable, place=str(place)))
        self.program.chmod(0o755)

    def does(self, *steps: dict[str, Any]) -> str:
        """The last one is done from then on. Returns the program."""
        (self.place / "script").write_text(json.dumps(steps))
        return str(self.program)

    @property
    def started(self) -> list[dict[str, Any]]:
        log = self.place / "started"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    @property
    def hangs(self) -> bool:
        return (self.place / "hangs").exists()

    @property
    def earlier(self) -> str:
        """What the last one was given of the one before."""
        return (self.place / "earlier").read_text()


def alive(mark: str) -> list[int]:
    """The processes that have this text in their environment or among their arguments."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            text = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
            state = (process / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if mark.encode() in text and state != "Z":
            found.append(int(process.name))
    return found
