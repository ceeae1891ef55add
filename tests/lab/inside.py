# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs, files and disk of a host, reached without its network."""

from __future__ import annotations

import shlex
import subprocess
import time

from .commands import LabError, last_words, run
from .machine import Machine

ENVIRONMENT = (
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    *("HOME=/root", "USER=root", "LANG=C.UTF-8", "TERM=dumb"),
)
# $1 is the file, $2 its mode.
WRITE = """
mkdir -p "$(dirname "$1")" && cat >"$1.new" && chmod "$2" "$1.new" && mv "$1.new" "$1" && exit
rm -f "$1.new"
exit 1
"""
# What is loaded into every program, and the time that it tells: both without a boot.
PRELOADED, CLOCK = "/etc/ld.so.preload", "/etc/faketimerc"
# $1 is the directory, $2 the bytes that are left. What is in it stays there to see.
FILL_DIRECTORY = """
set -e
place=$(mktemp -d)
cp -a "$1/." "$place"
size=$(du -sk "$1" | cut -f1)
mount -t tmpfs -o "mode=$(stat -c %a "$1"),size=$((size * 2 + 1024))k" full "$1"
cp -a "$place/." "$1"
chown --reference="$place" "$1"
rm -rf "$place"
used=$(df -k --output=used "$1" | tail -1)
mount -o "remount,size=$((used * 1024 + $2))" "$1"
"""


class Inside(Machine):
    def _enter(self, timeout: float) -> tuple[str, ...]:
        enter = ("nsenter", f"--target={self.must_run()}", "--all", "--no-fork", "--")
        # What is ended from here would go on over there. And nsenter itself, when a host that goes down stops its
        # processes, would stop with them for ever, and keep the host from going down.
        limit = ("timeout", "--kill-after=2", f"{timeout:g}")
        return (*enter, *limit, "env", "--ignore-environment", "--chdir=/root", *ENVIRONMENT)

    def exec(
        self, *argv: str, check: bool = True, input: str | None = None, timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run a program on it as root. It needs no network and no ssh."""
        started = time.monotonic()
        done = run(*self._enter(timeout), *argv, check=False, input=input, timeout=timeout + 10)
        if done.returncode in (124, 137) and time.monotonic() - started >= timeout:
            raise LabError(f"{self.name}: no end after {timeout:g} s: {shlex.join(argv)}")
        if check and done.returncode:
            words = f"{shlex.join(argv)} ended with {done.returncode}"
            raise LabError(f"{self.name}: {words}: {last_words(done)}")
        return done

    def _file(self, *argv: str, input: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run something on its files, when it is off as well."""
        self.must_exist()
        if self.leader():
            return self.exec(*argv, check=False, input=input)
        return run("chroot", str(self.root), *argv, check=False, input=input)

    def read(self, path: str) -> str:
        done = self._file("cat", path)
        if done.returncode:
            raise LabError(f"{self.name}: {last_words(done)}")
        return done.stdout

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """As one step: the old text or the new one is there, never a part. Directories are made."""
        done = self._file("sh", "-c", WRITE, "sh", path, f"{mode:o}", input=text)
        if done.returncode:
            raise LabError(f"{self.name}: {last_words(done)}")

    def exists(self, path: str) -> bool:
        return not self._file("test", "-e", path).returncode

    def fill_disk(self, path: str = "/", leave: int = 0) -> None:
        """Full but for `leave` bytes: the whole disk, or one directory, which becomes a file system of its own."""
        self.must_exist()
        if path == "/":
            self.disk.fill(leave=leave)
            return
        self.exec("sh", "-c", FILL_DIRECTORY, "sh", path, str(leave))

    def free_disk(self, path: str = "/") -> None:
        """Undo fill_disk. What was written meanwhile into one directory is gone with it."""
        self.must_exist()
        if path == "/":
            self.disk.empty()
        else:
            self.exec("umount", "--lazy", path)

    def set_clock(self, seconds: float) -> None:
        """Whatever is started from now on reads a clock that is wrong by so much; 0: the right one. What runs goes on with its own."""
        self.must_exist()
        if not seconds:
            self._file("rm", "-f", PRELOADED, CLOCK)
            return
        self.write(CLOCK, f"{seconds:+g}s\n")
        self.write(PRELOADED, "/usr/$LIB/faketime/libfaketime.so.1\n")


__all__ = ("Inside",)
