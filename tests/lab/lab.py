# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lab: its hosts by name, their key, and an inventory of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from . import image, namespace, network
from .commands import LabError
from .host import Host
from .inventory import write_inventory
from .place import Place


class Lab:
    """Attached to the lab that this process is in. As a context manager it takes its hosts down at the end."""

    def __init__(self) -> None:
        self.place = Place.here()
        self.directory = self.place.directory
        self.key = self.place.key
        self._hosts: dict[str, Host] = {}

    @classmethod
    def enter(cls) -> Lab:
        """For a program that wants a lab of its own: run it again from the start, inside one, unless it is in one."""
        if not namespace.inside():
            sys.exit(namespace.start([sys.executable, *sys.orig_argv[1:]], image=image.prepare()))
        return cls()

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    def host(self, which: str | int) -> Host:
        name = f"h{which}" if isinstance(which, int) else which
        if name not in self._hosts:
            self._hosts[name] = Host(name, self.place)
        return self._hosts[name]

    __getitem__ = host

    @property
    def hosts(self) -> list[Host]:
        """Those that exist, off or on."""
        names = [f"h{n}" for n in range(1, network.HOSTS + 1)]
        return [host for host in map(self.host, names) if host.created]

    def each(self, act: Callable[[Host], object], which: Sequence[str | int | Host] = ()) -> None:
        """Do something to these hosts at once, or to all. Raises what the first one raised, after all have ended."""
        hosts = [h if isinstance(h, Host) else self.host(h) for h in which] or self.hosts
        if not hosts:
            return
        with ThreadPoolExecutor(max_workers=len(hosts)) as pool:
            futures = [pool.submit(act, host) for host in hosts]
        for future in futures:
            future.result()

    def up(self, *which: str | int, timeout: float = 60) -> list[Host]:
        """Create what is not there, boot what is off, and wait for ssh."""
        if not which:
            raise LabError("which hosts? for instance: up h1 h2 h3")
        self.each(lambda host: host.up(timeout), which)
        return [self.host(name) for name in which]

    def reset(self) -> None:
        """Every host that exists is up, and its cable and disk are as they were; what is on the disk stays."""
        self.each(lambda host: host.reset())

    def down(self) -> None:
        """Destroy every host."""
        self.each(lambda host: host.destroy())

    def inventory(
        self,
        groups: Mapping[str, Sequence[str]],
        vars: Mapping[str, Any] | None = None,
        *,
        host_vars: Mapping[str, Mapping[str, Any]] | None = None,
        path: Path | None = None,
    ) -> Path:
        """Write a YAML inventory of these groups for the user `ops`, and return its path."""
        return write_inventory(
            path or self.directory / "inventory" / "hosts.yml",
            groups=groups,
            variables=vars or {},
            host_variables=host_vars or {},
            key=self.key,
        )


def attach() -> Lab:
    return Lab()


__all__ = ("Lab", "attach")
