# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One look at a cluster: a run of the playbook diagnose, which is ended when it takes too long."""

from __future__ import annotations

import asyncio
import datetime
import json
import logging
import os
import pathlib
import sys
import tempfile
import typing as t
import uuid

from . import supervise
from .events import MOST_CHARACTERS, hider
from .hysteresis import NO_DIAGNOSIS, RANK, Diagnosis
from .settings import Settings

Json = dict[str, t.Any]

logger = logging.getLogger("cloudify_ha.recovery.cluster_health")

PLAYBOOK = "cloudify_ha.recovery.diagnose"


class Failed(Exception):
    """There is no diagnosis; the arguments are the evidence."""


class Looker:
    """Runs C(diagnose), each time in a directory that is gone when that has ended."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # what the last one has said, for the next
        self._earlier = ""
        self._environment = {
            **os.environ,
            # so that it can be read why a look has failed
            "ANSIBLE_NOCOLOR": "true",
            "ANSIBLE_STDOUT_CALLBACK": "default",
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
            **settings.environment,
            supervise.MARK: uuid.uuid4().hex,
        }
        # colour that is forced wins over none
        self._environment.pop("ANSIBLE_FORCE_COLOR", None)
        self.hide = hider(self._environment)

    async def look(self) -> Diagnosis:
        """It never raises: that there is no diagnosis is one, too."""
        at = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        try:
            return _diagnosis(await self._diagnose(), at)
        except Failed as exc:
            evidence = [self.hide(str(line)) for line in exc.args]
        except OSError as exc:
            evidence = [self.hide(f"{exc.filename or 'a look'}: {exc.strerror}")]
        logger.warning("no diagnosis: %s", " | ".join(evidence))
        said = {
            "summary": "The cluster could not be diagnosed.",
            "evidence": [{"who": "controller", "says": line} for line in evidence],
            "first": [f"Run {PLAYBOOK} by hand where ansible-rulebook runs, and see what it says."],
        }
        return Diagnosis(NO_DIAGNOSIS, "unknown", at=at, said=said)

    async def _diagnose(self) -> t.Any:
        with tempfile.TemporaryDirectory(prefix="cloudify-ha-watch-") as place:
            file = self._settings.diagnosis_file or os.path.join(place, "diagnosis.json")
            if self._earlier and not self._settings.diagnosis_file:
                pathlib.Path(file).write_text(self._earlier, encoding="utf-8")
            before = _identity(file)
            log = pathlib.Path(place, "log")
            code = await self._run(place, file, log)
            if code == supervise.TOO_LONG:
                seconds = f"{self._settings.deadline:g} s"
                raise Failed(f"ansible-playbook had not ended after {seconds}", *_tail(log))
            if code:
                raise Failed(f"ansible-playbook ended with {code}", *_tail(log))
            if _identity(file) in (None, before):
                raise Failed(f"ansible-playbook left no diagnosis in {file}", *_tail(log))
            text = pathlib.Path(file).read_text(encoding="utf-8", errors="replace")
        try:
            said = json.loads(text)
        except ValueError as exc:
            raise Failed(f"what diagnose left is no JSON: {exc}") from None
        self._earlier = text
        return said

    async def _run(self, place: str, file: str, log: pathlib.Path) -> int:
        """Its exit code. Nothing of it runs on, however this ends."""
        # A file and no pipe: whatever holds a pipe open is waited for.
        with log.open("wb") as out:
            child = await asyncio.create_subprocess_exec(
                *(sys.executable, supervise.__file__, str(self._settings.deadline), place),
                *self._command(file),
                stdin=asyncio.subprocess.PIPE,
                stdout=out,
                stderr=out,
                env=self._environment,
                # Ctrl-C is for ansible-rulebook
                start_new_session=True,
            )
        try:
            return await child.wait()
        finally:
            if child.stdin:
                child.stdin.close()
            await child.wait()

    def _command(self, file: str) -> list[str]:
        settings = self._settings
        # there is nothing secret in these
        given: Json = {
            "cloudify_diagnosis_file": file,
            "cloudify_output": "none",
            "diagnose_ssh": settings.ssh,
            # that the cluster is not well is no failure of a look
            "diagnose_fails": False,
        }
        if settings.cluster:
            given["cloudify_cluster_name"] = settings.cluster
        words = [settings.ansible_playbook, PLAYBOOK]
        for path in settings.inventory:
            words += ["-i", path]
        if settings.extra_vars_file:
            words += ["-e", f"@{settings.extra_vars_file}"]
        return [*words, "-e", json.dumps(given)]


def _tail(log: pathlib.Path) -> list[str]:
    """Of its output, what tells why; else where it was."""
    text = log.read_bytes()[-65536:].decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip(" *")]
    errors = [line for line in lines if line.startswith(("fatal: ", "ERROR", "[ERROR]"))]
    return [line[:MOST_CHARACTERS] for line in (errors or lines)[-3:]]


def _diagnosis(said: t.Any, at: str) -> Diagnosis:
    """
    :raises Failed: it is something else
    """
    if not isinstance(said, dict) or said.get("state") not in RANK or not said.get("class"):
        raise Failed("what diagnose left has no class or state; are all parts of one release?")
    nodes = tuple(sorted(str(node) for node in said.get("nodes") or []))
    return Diagnosis(
        str(said["class"]), str(said["state"]), nodes, str(said.get("runbook") or ""), at, said
    )


def _identity(path: str) -> tuple[int, int] | None:
    """It is another one for each file that was put in its place."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


__all__ = ("PLAYBOOK", "Looker")
