# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real ansible-rulebook with a rulebook of the collection, in a process of its own."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from eda.places import BIN

PATIENCE = 150.0


class Rulebook:
    """
    :ivar lines: what it has printed
    """

    def __init__(
        self, name: str, place: Path, *words: str, environment: dict[str, str], **variables: Any
    ) -> None:
        self.lines: list[str] = []
        self._place = place
        self._words = [f"cloudify_ha.recovery.{name}", *words]
        self._variables = {f"cluster_health_{name}": value for name, value in variables.items()}
        self._environment = {
            **{name: value for name, value in os.environ.items() if name[:9] != "CLOUDIFY_"},
            "ANSIBLE_HOME": str(place / "home"),
            "TMPDIR": str(place / "tmp"),
            "EDA_JOB_TEMPLATE_REFRESH_DELAY": "1",
            "PATH": os.pathsep.join([str(BIN), os.environ["PATH"]]),
            **environment,
        }

    def __enter__(self) -> Rulebook:
        (self._place / "tmp").mkdir(exist_ok=True)
        (self._place / "variables.yml").write_text(json.dumps(self._variables))
        self._process = subprocess.Popen(
            [
                *(str(BIN / "ansible-rulebook"), "--print-events"),
                *("--vars", str(self._place / "variables.yml"), "--rulebook", *self._words),
            ],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        return self

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self.lines.append(line.rstrip())

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def events(self) -> list[dict[str, Any]]:
        """What it has got from the source."""
        found = []
        for part in self.output.split("\nEvent:\n")[1:]:
            printed, stars, _rest = part.partition("\n*****")
            # whole ones
            if stars and printed.startswith("{'cluster_health'"):
                found.append(ast.literal_eval(printed)["cluster_health"])
        return found

    def until(self, condition: Callable[[], Any]) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            assert self._process.poll() is None and time.monotonic() < end, self.output
            time.sleep(0.1)

    def wait(self) -> int:
        """Its exit code, once it has ended by itself."""
        code = self._process.wait(PATIENCE)
        self._reader.join()
        return code

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            # Java ends it on the spot
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
