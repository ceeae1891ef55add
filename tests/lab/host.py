# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One host: a machine with systemd as its first process, its own disk, address and identity."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from . import network
from .cable import Cable
from .cgroups import remove_cgroup
from .commands import LabError, last_words, run
from .disk import Disk, kind
from .place import Place

KEEPER = Path(__file__).with_name("keeper.sh")
POWER_OFF = signal.SIGRTMIN + 4
ENVIRONMENT = (
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    *("HOME=/root", "USER=root", "LANG=C.UTF-8", "TERM=dumb"),
)


class Host:
    def __init__(self, name: str, place: Place) -> None:
        self.name = name
        self.number = network.number(name)
        self.address = network.address(name)
        self.directory = place.directory / "hosts" / name
        self.root = self.directory / "root"
        self._place = place
        self._cgroup = place.cgroup / name
        self._disk = Disk(mount=self.directory / "disk", file=place.files / f"{name}.img")
        self._cable = Cable(name, self.directory)

    def __repr__(self) -> str:
        return f"Host({self.name!r})"

    # What it is

    @property
    def created(self) -> bool:
        return (self.directory / "uuid").exists()

    def _number_in(self, name: str) -> int:
        try:
            return int((self.directory / name).read_text())
        except (FileNotFoundError, ValueError):
            return 0

    def _leader(self) -> int:
        """The host's first process, as it is numbered here; 0 when the host is off."""
        pid = self._number_in("container.pid")
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            return int(children[0]) if pid and children else 0
        return 0

    @property
    def running(self) -> bool:
        keeper = self._number_in("keeper.pid")
        return bool(keeper) and Path(f"/proc/{keeper}").exists()

    @property
    def state(self) -> str:
        if not self.created:
            return "absent"
        if not self.running:
            return "off"
        freeze = self._cgroup / "payload" / "cgroup.freeze"
        with contextlib.suppress(FileNotFoundError):
            if freeze.read_text().strip() == "1":
                return "paused"
        return "up"

    # Power

    def up(self, timeout: float = 60) -> None:
        """Create and boot it; a host that is there and off is booted, one that is up is left alone."""
        if not self.created:
            self._create()
        if not self.running:
            self._start()
        self.ready(timeout)

    def _create(self) -> None:
        self._disk.create(kind())
        disk = self._disk.mount
        for path in (disk / "upper", disk / "work", self.root):
            path.mkdir()
        layers = f"lowerdir={self._place.image},upperdir={disk}/upper,workdir={disk}/work"
        run("mount", "-t", "overlay", "-o", layers, f"lab-{self.name}", str(self.root))
        keys = self.root / "etc/lab/authorized_keys"
        keys.write_text(self._place.key.with_suffix(".pub").read_text())
        (self.root / "etc/hostname").write_text(f"{self.name}\n")
        (self.root / "etc/hosts").write_text(network.hosts_file())
        network.plug_in(self.name)
        (self.directory / "uuid").write_text(str(uuid.uuid4()))

    def _start(self) -> None:
        # What a host that was paused or killed leaves behind would hold the next one.
        remove_cgroup(self._cgroup)
        self._cgroup.mkdir(parents=True)
        (self.directory / "container.pid").unlink(missing_ok=True)
        nspawn = (
            *("systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit"),
            f"--machine={self.name}",
            f"--directory={self.root}",
            f"--uuid={(self.directory / 'uuid').read_text()}",
            f"--network-namespace-path={network.namespace(self.name)}",
            *("--capability=CAP_NET_ADMIN", "--resolv-conf=off", "--timezone=off"),
            *("--link-journal=no", "--console=pipe"),
        )
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network",
        }
        keeper = ("sh", str(KEEPER), str(self._cgroup), str(self.directory))
        # No child of ours, so that the host outlives this process and nobody has to wait for it.
        subprocess.run(
            ["setsid", "--fork", *keeper, *nspawn],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        self._wait(lambda: self.running, 10, "its keeper did not start")

    def _wait(self, condition: Callable[[], bool], timeout: float, otherwise: str) -> None:
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > end:
                raise LabError(f"{self.name}: {otherwise} within {timeout:g} s")
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            with socket.create_connection((self.address, 22), timeout=0.5) as connection:
                connection.settimeout(0.5)
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False

    def ready(self, timeout: float = 60) -> None:
        """Wait for its ssh."""
        self._must_exist()
        try:
            self._wait(lambda: self._answers() or not self.running, timeout, "ssh does not answer")
        except LabError as error:
            raise LabError(f"{error}; console: {self.directory}/console.log") from None
        if not self.running:
            raise LabError(f"{self.name} went off; console: {self.directory}/console.log")

    def boot(self, timeout: float = 60) -> None:
        self._must_exist()
        if self.running:
            raise LabError(f"{self.name} is on already")
        self._start()
        self.ready(timeout)

    def kill(self) -> None:
        """A power cut: nothing is told, and the disk stays. No matter if it is off."""
        self._must_exist()

        def dead() -> bool:
            for pid in (self._leader(), self._number_in("container.pid")):
                with contextlib.suppress(ProcessLookupError):
                    if pid:
                        os.kill(pid, signal.SIGKILL)
            return not self.running

        self._wait(dead, 10, "it does not die")

    def off(self, timeout: float = 120) -> None:
        """A clean shutdown. No matter if it is off."""
        self._must_exist()
        if self.running:
            os.kill(self._must_run(), POWER_OFF)
            self._wait(lambda: not self.running, timeout, "it does not shut down")

    def pause(self) -> None:
        self._freeze("1")

    def unpause(self) -> None:
        self._freeze("0")

    def _freeze(self, value: str) -> None:
        self._must_run()
        (self._cgroup / "payload" / "cgroup.freeze").write_text(value)
        events = self._cgroup / "payload" / "cgroup.events"
        self._wait(lambda: f"frozen {value}" in events.read_text(), 10, "it does not obey")

    def destroy(self) -> None:
        """Nothing of it is left. No matter if it does not exist."""
        if not self.directory.exists():
            return
        if self.created:
            self.kill()
        self._cable.remove()
        network.unplug(self.name)
        run("umount", "--lazy", str(self.root), check=False)
        self._disk.remove()
        remove_cgroup(self._cgroup)
        shutil.rmtree(self.directory)

    def fresh(self, timeout: float = 60) -> None:
        """Destroyed and bootstrapped anew: an empty disk and new host keys at the same address."""
        self.destroy()
        self.up(timeout)

    # Its cable

    def cut(self) -> None:
        """Nobody reaches it, the controller neither."""
        self._must_exist()
        network.cut(self.name)

    def heal(self) -> None:
        self._must_exist()
        network.heal(self.name)

    def isolate(self) -> None:
        """Its peers do not reach it; the controller does."""
        self._must_exist()
        network.isolate(self.name)

    def block(self, other: Host | str) -> None:
        """What it sends to the other one is lost; one way."""
        self._must_exist()
        network.block(self.name, getattr(other, "name", str(other)))

    def rejoin(self) -> None:
        """Undo isolate, and block from it and to it."""
        self._must_exist()
        network.rejoin(self.name)

    def slow(self, kbit: int | None = None) -> None:
        """As many kbit/s in each direction; None: no limit."""
        self._must_exist()
        network.slow(self.name, kbit)

    def delay(self, milliseconds: float = 0) -> None:
        """Each frame is late by that much, in each direction."""
        self._must_exist()
        self._cable.set(delay=milliseconds)

    def lose(self, percent: float = 0) -> None:
        """So many of a hundred frames are lost, in each direction."""
        self._must_exist()
        self._cable.set(loss=percent)

    # Its inside

    def _must_exist(self) -> None:
        if not self.created:
            raise LabError(f"{self.name} does not exist; `up {self.name}` creates it")

    def _must_run(self) -> int:
        self._must_exist()
        leader = self._leader()
        if not leader:
            raise LabError(f"{self.name} is off")
        return leader

    def _enter(self, leader: int) -> tuple[str, ...]:
        enter = ("nsenter", f"--target={leader}", "--all", "--")
        return (*enter, "env", "--ignore-environment", *ENVIRONMENT, "--chdir=/root")

    def exec(
        self, *argv: str, check: bool = True, input: str | None = None, timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run a program on it as root. It needs no network and no ssh."""
        leader = self._must_run()
        try:
            done = run(*self._enter(leader), *argv, check=False, input=input, timeout=timeout)
        except LabError:
            words = shlex.join(argv)
            raise LabError(f"{self.name}: no end after {timeout:g} s: {words}") from None
        if check and done.returncode:
            words = f"{shlex.join(argv)} ended with {done.returncode}"
            raise LabError(f"{self.name}: {words}: {last_words(done)}")
        return done

    def _file(self, *argv: str, input: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run something on its files, when it is off as well."""
        self._must_exist()
        if self._leader():
            return self.exec(*argv, check=False, input=input)
        return run("chroot", str(self.root), *argv, check=False, input=input)

    def read(self, path: str) -> str:
        done = self._file("cat", path)
        if done.returncode:
            raise LabError(f"{self.name}: {last_words(done)}")
        return done.stdout

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """As one step: the old text or the new one is there, never a part. Directories are made."""
        script = 'mkdir -p "$(dirname "$1")"; cat >"$1.new" && chmod "$2" "$1.new" && mv "$1.new" "$1" || { rm -f "$1.new"; exit 1; }'
        done = self._file("sh", "-c", script, "sh", path, f"{mode:o}", input=text)
        if done.returncode:
            raise LabError(f"{self.name}: {last_words(done)}")

    def exists(self, path: str) -> bool:
        return not self._file("test", "-e", path).returncode

    def fill_disk(self, path: str = "/", leave: int = 0) -> None:
        """Full but for `leave` bytes: the whole disk, or one directory, which becomes a file system of its own."""
        self._must_exist()
        if path == "/":
            self._disk.fill(leave=leave)
            return
        script = (
            'set -e; size=$(du -sk "$1" | cut -f1); place=$(mktemp -d); cp -a "$1/." "$place"; '
            'mount -t tmpfs -o "mode=$(stat -c %a "$1"),size=$((size + 64))k" full "$1"; '
            'chown --reference="$place" "$1"; cp -a "$place/." "$1"; rm -rf "$place"; '
            'used=$(df -k --output=used "$1" | tail -1); '
            'mount -o "remount,size=$((used * 1024 + $2))" "$1"'
        )
        self.exec("sh", "-c", script, "sh", path, str(leave))

    def free_disk(self, path: str = "/") -> None:
        """Undo fill_disk. What was written meanwhile into one directory is gone with it."""
        self._must_exist()
        if path == "/":
            self._disk.empty()
        else:
            self.exec("umount", "--lazy", path)


__all__ = ("Host",)
