# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The context that an image is built from, and as much of that as can be done without one."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

REPO = Path(__file__).parents[2]


def command(name: str, *words: str, **environment: str) -> str:
    """Run a program of this environment, and return all that it said."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name(name)), *words],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


class Context:
    """
    :ivar said: what ansible-builder had to say
    """

    def __init__(self, home: Path) -> None:
        self.place = home / "context"
        self.said = command(
            "ansible-builder",
            *("create", "--file", str(home / "execution-environment.yml")),
            *("--context", str(self.place), "--output-filename", "Containerfile"),
        )
        self.files = self.place / "_build"
        self.lines = (self.place / "Containerfile").read_text().splitlines()

    def argument(self, name: str) -> str:
        """The default of a build argument."""
        (value,) = (m[1] for line in self.lines if (m := re.match(f'ARG {name}="(.*)"', line)))
        return value

    def collections(self, place: Path) -> Path:
        """Install what the galaxy stage installs, from where its COPY puts the tarball."""
        (copied,) = (line for line in self.lines if line.startswith("COPY _build/collection/"))
        _copy, pattern, target = shlex.split(copied)
        (source,) = self.place.glob(pattern)
        build = place / "build"
        build.mkdir()
        shutil.copy(source, build / Path(target).name)
        wanted = yaml.safe_load((self.files / "requirements.yml").read_text())
        for each in wanted["collections"]:
            assert each["name"] == target
            each["name"] = str(build / Path(target).name)
        (build / "requirements.yml").write_text(yaml.safe_dump(wanted))
        words = ("install", "--offline", "-r", str(build / "requirements.yml"), "-p", str(place))
        command("ansible-galaxy", "collection", *words, ANSIBLE_COLLECTIONS_PATH=str(place))
        return place

    def introspected(self, collections: Path) -> tuple[list[str], list[str]]:
        """What the builder stage finds to be needed: of Python, and of the system."""
        (line,) = (line for line in self.lines if "introspect.py" in line)
        # as it is called there, with the paths of here
        words = shlex.split(line.partition("introspect.py ")[2])
        written = {}
        for number, word in enumerate(words):
            option, _equals, value = word.partition("=")
            if option.startswith("--write-"):
                written[option] = collections / f"{option.removeprefix('--write-')}.txt"
                words[number] = f"{option}={written[option]}"
            elif value:
                words[number] = f"{option}={self.files / value}"
        command("python", str(self.files / "scripts" / "introspect.py"), *words, str(collections))
        python, system = (
            written[name].read_text().splitlines() if written[name].exists() else []
            for name in ("--write-pip", "--write-bindep")
        )
        return python, system


__all__ = ["REPO", "Context", "command"]
