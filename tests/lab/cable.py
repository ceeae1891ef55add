# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cable with a delay or with loss, for kernels that have no netem.

The host's port leaves the lab's bridge for a bridge of its own, and frames are carried between the two by this
program, through a TAP device at each. Nothing changes on the host.
"""

from __future__ import annotations

import contextlib
import fcntl
import heapq
import json
import os
import random
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from .commands import LabError, batch, run
from .network import BRIDGE, ports

SET_INTERFACE, TAP, NO_HEADER = 0x400454CA, 0x0002, 0x1000
LARGEST = 65536
# Seconds until changed settings hold.
NOTICED = 0.1


class Cable:
    def __init__(self, name: str, directory: Path) -> None:
        self._name = name
        self._settings = directory / "cable.json"
        # What the program that carries the frames has read of them.
        self._held = directory / "cable.held"
        self._pid = directory / "cable.pid"
        self._log = directory / "cable.log"

    def set(self, *, delay: float | None = None, loss: float | None = None) -> None:
        """Milliseconds, and frames of a hundred; what is not named stays as it is."""
        settings = {"delay": 0.0, "loss": 0.0}
        with contextlib.suppress(FileNotFoundError):
            settings = json.loads(self._settings.read_text())
        settings.update(
            {k: v for k, v in (("delay", delay), ("loss", loss)) if v is not None},
        )
        if settings["delay"] < 0 or not 0 <= settings["loss"] <= 100:
            raise LabError("a delay is not negative, a loss is 0 to 100 percent")
        if not any(settings.values()):
            self.remove()
            return
        new = self._settings.with_suffix(".new")
        new.write_text(json.dumps(settings))
        new.rename(self._settings)
        if not self._running():
            self._start()
        self._wait_for(lambda: self._held.read_text() == self._settings.read_text())

    def _running(self) -> bool:
        with contextlib.suppress(FileNotFoundError, ValueError):
            return Path(f"/proc/{int(self._pid.read_text())}").exists()
        return False

    def _start(self) -> None:
        port, far = ports(self._name)
        near, bridge = f"a-{self._name}", f"b-{self._name}"
        devices = [f"tuntap add {tap} mode tap" for tap in (near, far)]
        batch(
            "ip -batch -",
            [
                *devices,
                f"link add {bridge} type bridge forward_delay 0 mcast_snooping 0",
                f"link set {bridge} up",
                f"link set {near} master {bridge} up",
                f"link set {far} master {BRIDGE} up",
            ],
        )
        program = (
            sys.executable,
            "-m",
            "lab.cable",
            near,
            far,
            *map(str, (self._settings, self._held)),
        )
        # As a host's keeper: nobody's child.
        command = ("setsid", "--fork", "sh", "-c", 'echo $$ >"$0" && exec "$@"', str(self._pid))
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        with self._log.open("ab") as out:
            subprocess.run(
                [*command, *program],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                check=True,
            )
        # A TAP has a carrier once it is held. Until then the plain cable serves.
        carriers = [Path(f"/sys/class/net/{tap}/carrier") for tap in (near, far)]
        self._wait_for(lambda: all(carrier.read_text() == "1\n" for carrier in carriers))
        run("ip", "link", "set", port, "master", bridge)

    def _wait_for(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + 10
        while True:
            with contextlib.suppress(FileNotFoundError):
                if condition():
                    return
            if time.monotonic() > end:
                raise LabError(f"{self._name}: its cable does not work: {self._log}")
            time.sleep(0.01)

    def remove(self) -> None:
        """A plain cable again. No matter if it is one."""
        if self._pid.exists():
            run("ip", "link", "set", ports(self._name)[0], "master", BRIDGE, check=False)
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(self._pid.read_text()), signal.SIGKILL)
            for device in (f"a-{self._name}", ports(self._name)[1], f"b-{self._name}"):
                run("ip", "link", "del", device, check=False)
        for path in (self._pid, self._settings, self._held):
            path.unlink(missing_ok=True)


def _open(name: str) -> int:
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, SET_INTERFACE, struct.pack("16sH22x", name.encode(), TAP | NO_HEADER))
    return device


def carry(near: str, far: str, settings: Path, held: Path) -> None:
    text, values, read_at = "", {"delay": 0.0, "loss": 0.0}, 0.0
    ends = [_open(near), _open(far)]
    other = {ends[0]: ends[1], ends[1]: ends[0]}
    # Due time, order of arrival, device, frame.
    waiting: list[tuple[float, int, int, bytes]] = []
    arrived = 0
    while True:
        if time.monotonic() >= read_at + NOTICED:
            now, read_at = settings.read_text(), time.monotonic()
            if now != text:
                text, values = now, json.loads(now)
                held.write_text(text)
        patience = max(0.0, waiting[0][0] - time.monotonic()) if waiting else NOTICED
        for end in select.select(ends, [], [], min(patience, NOTICED))[0]:
            with contextlib.suppress(BlockingIOError):
                frame = os.read(end, LARGEST)
                if random.random() * 100 >= values["loss"]:
                    arrived += 1
                    due = time.monotonic() + values["delay"] / 1000
                    heapq.heappush(waiting, (due, arrived, other[end], frame))
        while waiting and waiting[0][0] <= time.monotonic():
            end, frame = heapq.heappop(waiting)[2:]
            # A full queue, or a port that is down: frames are lost, as on a real one.
            with contextlib.suppress(OSError):
                os.write(end, frame)


if __name__ == "__main__":
    carry(sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))

__all__ = ("Cable", "carry")
