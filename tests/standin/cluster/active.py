# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A member of an all_active cluster: the managers share a database and a broker cluster."""

from __future__ import annotations

import contextlib
import secrets
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from standin.cluster.config import ClusterConfig, Settings
from standin.cluster.files import FileIndex
from standin.cluster.filesync import FileSync
from standin.cluster.peers import Link, Server
from standin.cluster.probes import (
    Report,
    ask_broker,
    ask_database,
    ask_manager,
    at_once,
    reachable,
)
from standin.cluster.services import HostServices
from standin.cluster.view import cluster_view
from standin.state import TOPOLOGY, Item, StoreUnavailable

if TYPE_CHECKING:
    from standin.front import Front
    from standin.manager import Manager

FOLDERS = ("snapshots", "files")
SYNC_SERVICE = "cloudify-syncthing"
BROKER_KNOWN_FOR = 2.0
REGISTERS_EVERY = 2.0
LOOK_AT_MOST_EVERY = 3.0


class ActiveMember:
    """What a manager does beside its own work: shares files, looks at the others, tells of itself."""

    def __init__(self, manager: Manager, front: Front, config: ClusterConfig) -> None:
        self._manager = manager
        self._config = config
        self._ending = threading.Event()
        self._settings: Settings = {}
        self._reports: dict[tuple[str, str], Report] = {}
        self._links: dict[str, Link] = {}
        self._broker: tuple[float, bool] = (0.0, True)
        self._server: Server | None = None
        self.services = HostServices(manager, front)
        self._index = FileIndex(manager.state_dir, FOLDERS, manager.local)
        self._sync = FileSync(self._index, manager.state_dir / "incoming", on=self._shares)
        manager.member = self
        self._apply(config.settings)
        config.on_change(self._apply)
        threading.Thread(target=self._watch, name="cluster", daemon=True).start()

    def close(self) -> None:
        self._ending.set()
        self.services.close()
        self._sync.close()
        self._stop_server()

    def reload(self) -> None:
        """The certificate may have become another."""
        peers = self._settings.get("peers") or {}
        if self._server and self._server.context:
            self._server.context.load_cert_chain(peers["cert"], peers["key"])

    # -- what others ask
    def register(self, kind: str) -> list[Item]:
        """A list of nodes: the database's, or how it was when the database last answered."""
        store, local = self._manager.store, self._manager.local
        try:
            found = store.all(kind)
        except StoreUnavailable:
            return local.all(f"known_{kind}")
        if found != local.all(f"known_{kind}"):
            with local.transaction():
                local.delete(f"known_{kind}")
                local.add(f"known_{kind}", "", found)
        return found

    def status(self) -> dict[str, bool]:
        """The host's own services by the names that /status shows."""
        return self.services.states()

    def broker_up(self) -> bool:
        """Whether any broker takes connections; known for a moment."""
        hosts = [str(b["host"]) for b in self._manager.local.all("known_brokers")]
        if not hosts:
            return True
        since, up = self._broker
        if time.monotonic() - since > BROKER_KNOWN_FOR:
            port = int((self._settings.get("brokers") or {}).get("port") or 5671)
            up = any(at_once(lambda h: reachable(h, port), hosts).values())
            self._broker = (time.monotonic(), up)
        return up

    def cluster_status(self) -> Item:
        profile = self._manager.profile
        for kind in TOPOLOGY:
            self.register(kind)
        return cluster_view(
            registers=self._registers(),
            reports=self._report,
            by_reporters=profile.status_reporters,
            failures=profile.release >= (6, 4, 0),
        )

    # -- the configuration
    def _apply(self, settings: Settings) -> None:
        before, self._settings = self._settings, settings
        if settings.get("database") and self._manager.shared:
            self._manager.store.reconfigure(settings["database"])  # type: ignore[attr-defined]
        self.services.follow(settings.get("services") or {})
        if before.get("peers") != settings.get("peers"):
            self._links = {}
            self._stop_server()
            self._start_server(settings.get("peers") or {})

    def _start_server(self, peers: Settings) -> None:
        if not peers.get("port"):
            return
        try:
            self._server = Server(
                (str(peers.get("address") or self._manager.private_ip), int(peers["port"])),
                index=self._index,
                status=lambda: {"hostname": self._manager.hostname, "services": self.status()},
                secret=self._secret,
                sharing=self._shares,
                settings=peers,
            )
        except OSError as error:
            print(f"peers cannot be served: {error}", file=sys.stderr, flush=True)
            return
        threading.Thread(target=self._server.serve_forever, name="peers", daemon=True).start()

    def _stop_server(self) -> None:
        server, self._server = self._server, None
        if server:
            server.shutdown()
            server.server_close()

    def _secret(self) -> str:
        return str(self._manager.local.meta("peer_secret", ""))

    def _shares(self) -> bool:
        return bool(self._settings.get("peers")) and self.services.runs(SYNC_SERVICE)

    # -- looking
    def _watch(self) -> None:
        pause = due = 0.0
        while not self._ending.wait(pause):
            every = self._interval()
            pause = min(every, REGISTERS_EVERY)
            try:
                with contextlib.suppress(StoreUnavailable):
                    self._manager.prepare()
                self._know_secret()
                registers = self._know_registers()
                if time.monotonic() >= due:
                    due = time.monotonic() + every
                    self._look(registers)
            except Exception as error:  # the next look may fare better
                print(f"cluster: {type(error).__name__}: {error}", file=sys.stderr, flush=True)

    def _interval(self) -> float:
        """How old what /cluster-status says may be; asking everybody costs each of them something."""
        told = (self._settings.get("status") or {}).get("interval")
        usual = self._manager.profile.status_interval / self._manager.speed
        return float(told) if told else max(LOOK_AT_MOST_EVERY, usual)

    def _know_registers(self) -> dict[str, list[Item]]:
        for kind in TOPOLOGY:
            self.register(kind)
        registers = self._registers()
        self._follow_peers([str(i["private_ip"]) for i in registers["manager"]])
        return registers

    def _know_secret(self) -> None:
        with contextlib.suppress(StoreUnavailable):
            self._read_secret()

    def _read_secret(self) -> None:
        store = self._manager.store
        secret = store.meta("peer_secret")
        if not secret:
            with store.transaction():
                secret = store.meta("peer_secret")
                if not secret:
                    secret = secrets.token_hex(32)
                    store.set_meta("peer_secret", secret)
        if secret != self._secret():
            self._manager.local.set_meta("peer_secret", secret)

    def _look(self, registers: dict[str, list[Item]]) -> None:
        settings = self._settings

        def ask(key: str) -> Report:
            tier, _sep, host = key.partition(" ")
            if tier == "db":
                return ask_database(host, settings)
            if tier == "broker":
                return ask_broker(host, settings)
            if host == self._manager.private_ip:
                return Report(services=self.status(), at=time.monotonic())
            link = self._links.get(host)
            return ask_manager(link) if link else Report()

        keys = [f"{tier} {i['private_ip']}" for tier, items in registers.items() for i in items]
        found = at_once(ask, keys)
        self._reports = {tuple(k.split(" ", 1)): r for k, r in found.items()}  # type: ignore[misc]

    def _follow_peers(self, hosts: list[str]) -> None:
        peers = self._settings.get("peers") or {}
        others = [h for h in hosts if h != self._manager.private_ip] if peers.get("port") else []
        if set(others) == set(self._links):
            return
        kept = self._links
        self._links = {h: kept.get(h) or Link(h, peers, self._secret) for h in others}
        self._sync.follow([Link(h, peers, self._secret) for h in others])

    def _registers(self) -> dict[str, list[Item]]:
        """The nodes of each tier as the view wants them."""
        local = self._manager.local
        version = self._manager.profile.version

        def told(item: Item, name: str, host: str, public: str | None = None) -> dict[str, Any]:
            return {
                "name": name,
                "private_ip": host,
                "public_ip": public or host,
                "version": version,
                "node_id": item.get("node_id"),
            }

        return {
            "broker": [told(i, i["name"], i["host"]) for i in local.all("known_brokers")],
            "db": [told(i, i["name"], i["host"]) for i in local.all("known_db_nodes")],
            "manager": [
                told(i, i["hostname"], i["private_ip"], i["public_ip"])
                for i in local.all("known_managers")
            ],
        }

    def _report(self, tier: str, host: str) -> Report:
        return self._reports.get((tier, host), Report())


def start(manager: Manager, front: Front, config: ClusterConfig) -> ActiveMember:
    return ActiveMember(manager, front, config)


__all__ = ["ActiveMember", "start"]
