# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host's life: created, booted, paused, switched off in several ways, destroyed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from pathlib import Path

from . import network
from .cgroups import remove_cgroup
from .commands import LabError, run
from .disk import kind
from .machine import Machine

KEEPER = Path(__file__).with_name("keeper.sh")
POWER_OFF = signal.SIGRTMIN + 4


class Power(Machine):
    def up(self, timeout: float = 60) -> None:
        """Create and boot it; a host that is there and off is booted, one that is up is left alone."""
        if not self.created:
            self._create()
        if not self.running:
            self._start()
        self.ready(timeout)

    def _create(self) -> None:
        self.disk.create(kind())
        disk = self.disk.mount
        for path in (disk / "upper", disk / "work", self.root):
            path.mkdir()
        layers = f"lowerdir={self.place.image},upperdir={disk}/upper,workdir={disk}/work"
        run("mount", "-t", "overlay", "-o", layers, f"lab-{self.name}", str(self.root))
        keys = self.root / "etc/lab/authorized_keys"
        keys.write_text(self.place.key.with_suffix(".pub").read_text())
        (self.root / "etc/hostname").write_text(f"{self.name}\n")
        (self.root / "etc/hosts").write_text(network.hosts_file())
        network.plug_in(self.name)
        (self.directory / "uuid").write_text(str(uuid.uuid4()))

    def _start(self) -> None:
        # What a host that was paused or killed leaves behind would hold the next one.
        remove_cgroup(self.cgroup)
        self.cgroup.mkdir(parents=True)
        network.power_up(self.name)
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
        keeper = ("sh", str(KEEPER), str(self.cgroup), str(self.directory))
        # No child of ours, so that the host outlives this process and nobody has to wait for it.
        subprocess.run(
            ["setsid", "--fork", *keeper, *nspawn],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        self.wait(lambda: self.running, 10, "its keeper did not start")

    def _answers(self, patience: float) -> bool:
        try:
            with socket.create_connection((self.address, 22), timeout=0.5) as connection:
                # On a busy machine it takes a while, and another try would take as long again.
                connection.settimeout(max(0.1, min(patience, 5)))
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False

    def ready(self, timeout: float = 60) -> None:
        """Wait for its ssh."""
        self.must_exist()
        end = time.monotonic() + timeout

        def answers() -> bool:
            return self._answers(end - time.monotonic()) or not self.running

        try:
            self.wait(answers, timeout, "ssh does not answer")
        except LabError as error:
            raise LabError(f"{error}; console: {self.directory}/console.log") from None
        # It may have asked for that itself, or have failed to start.
        if not self.running:
            raise LabError(f"{self.name} is off; console: {self.directory}/console.log")

    def boot(self, timeout: float = 60) -> None:
        self.must_exist()
        if self.running:
            raise LabError(f"{self.name} is on already")
        self._start()
        self.ready(timeout)

    def kill(self) -> None:
        """A power cut: nothing is told, and the disk stays. No matter if it is off."""
        self.must_exist()

        def dead() -> bool:
            if not self.running:
                return True
            for pid in (self.first_process(), self.number_in("container.pid")):
                with contextlib.suppress(ProcessLookupError):
                    if pid:
                        os.kill(pid, signal.SIGKILL)
            return False

        self.wait(dead, 10, "it does not die")

    def off(self, timeout: float = 120) -> None:
        """A clean shutdown. No matter if it is off."""
        self.must_exist()
        if self.running:
            os.kill(self.must_run(), POWER_OFF)
            self.wait(lambda: not self.running, timeout, "it does not shut down")

    def pause(self) -> None:
        self._freeze("1")

    def unpause(self) -> None:
        self._freeze("0")

    def _freeze(self, value: str) -> None:
        self.must_run()
        (self.cgroup / "payload" / "cgroup.freeze").write_text(value)
        events = self.cgroup / "payload" / "cgroup.events"
        self.wait(lambda: f"frozen {value}" in events.read_text(), 10, "it does not obey")

    def destroy(self) -> None:
        """Nothing of it is left. No matter if it does not exist."""
        if not self.directory.exists():
            return
        if self.created:
            self.kill()
        self.cable.remove()
        network.unplug(self.name)
        run("umount", "--lazy", str(self.root), check=False)
        self.disk.remove()
        remove_cgroup(self.cgroup)
        shutil.rmtree(self.directory)

    def fresh(self, timeout: float = 60) -> None:
        """Destroyed and bootstrapped anew: an empty disk and new host keys at the same address."""
        self.destroy()
        self.up(timeout)


__all__ = ("Power",)
