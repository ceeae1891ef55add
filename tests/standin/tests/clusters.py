# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster of stand-in managers on loopback, with a PostgreSQL of its own."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from standin.profiles import PROFILES
from standin.testing import StandIn
from standin.tests.postgres import Postgres, free_port

WAIT = 60.0
_NUMBERS = itertools.count(1)


def until(condition: Callable[[], Any], what: str, *, seconds: float = WAIT) -> Any:
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.05)


class Cluster:
    """Managers h1, h2, ... at 127.0.0.11, .12, ...; all of them share the database."""

    def __init__(
        self,
        postgres: Postgres,
        folder: Path,
        *,
        profile: str = "7.0.5",
        speed: float = 100,
        **settings: Any,
    ) -> None:
        from standin.cluster import database

        self.postgres = postgres
        self.folder = folder
        self.profile = PROFILES[profile]
        self.speed = speed
        self.config = folder / "standin.json"
        # clusters of several tests share one server
        self.database = {**postgres.database, "dbname": f"cluster_{next(_NUMBERS)}"}
        self.settings: dict[str, Any] = {
            "database": self.database,
            "peers": {"port": free_port()},
            "status": {"interval": 0.2},
            **settings,
        }
        self.managers: dict[str, StandIn] = {}
        revision = self.profile.schema_revision
        database.create_database(self.database, postgres.admin, schema_revision=revision)
        self.configure()

    @staticmethod
    def address(number: int) -> str:
        return f"127.0.0.{10 + number}"

    def configure(self, **changes: Any) -> None:
        self.settings.update(changes)
        new = self.config.with_suffix(".new")
        new.write_text(json.dumps(self.settings))
        new.replace(self.config)

    def start(self, number: int, **options: Any) -> StandIn:
        """Register and start manager h<number>, as the installer does."""
        from standin.cluster import database

        name, address = f"h{number}", self.address(number)
        database.register_manager(
            self.database,
            hostname=name,
            private_ip=address,
            public_ip=address,
            version=self.profile.version,
        )
        options.setdefault("speed", self.speed)
        manager = StandIn(
            profile=self.profile.name,
            state=self.folder / name,
            ca_dir=self.folder / "ca",
            hostname=name,
            private_ip=address,
            cluster_config=self.config,
            **options,
        ).start()
        self.managers[name] = manager
        return manager

    def stop(self) -> None:
        from standin.cluster import database

        for manager in self.managers.values():
            manager.stop()
        database.drop_database(self.database, self.postgres.admin)


__all__ = ["Cluster", "until"]
