# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One manager: its identity, its memory and its parts."""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from standin import clock, seed
from standin.archives import new_security
from standin.auth import Authenticator, hash_password
from standin.cluster.config import ClusterConfig
from standin.executions import Executions
from standin.faults import FaultList, WorkflowFaults
from standin.kinds import MANAGEMENT_KINDS, TENANT_KINDS
from standin.maintenance import MaintenanceMode
from standin.profiles import Profile
from standin.sqlite_store import SqliteStore
from standin.state import TOPOLOGY, Store
from standin.tokens import factory_token
from standin.worker import Worker

if TYPE_CHECKING:
    from standin.cluster.active import ActiveMember
    from standin.cluster.active_standby.rest import StandbyRest

DEFAULT_TENANT = "default_tenant"
# nginx gives up on the service after so long, and the service never gives up on its database
DATABASE_SECONDS = 330.0


class Manager:
    """What the REST service, the worker and the control API share."""

    def __init__(
        self,
        *,
        state: Path,
        profile: Profile,
        edition: str,
        username: str,
        password: str,
        speed: float = 1.0,
        standby: bool = False,
        standby_of: str = "",
        hostname: str = "cloudify-manager",
        private_ip: str = "127.0.0.1",
        cluster: ClusterConfig | None = None,
    ) -> None:
        self.state_dir = state
        self.profile = profile
        self.edition = edition
        self.username = username
        self.password = password
        self.speed = speed
        self.standby = standby
        self.standby_of = standby_of
        self.hostname = hostname
        self.private_ip = private_ip
        self.cluster = cluster
        # of a member of an active/standby cluster: what it may not answer
        self.guard: StandbyRest | None = None
        self.snapshots_dir = state / "snapshots"
        self.spool_dir = state / "spool"
        self.ssl_dir: Path | None = None
        self.ca_pem = ""
        self.files_dir = state / "files"
        self.flag_file = state / "snapshot_restoring"
        self._broker_up = True
        self.member: ActiveMember | None = None
        self._gate_lock = threading.Lock()
        self._rest_down_until = 0.0
        self.auth_broken = False
        for folder in (self.snapshots_dir, self.spool_dir):
            folder.mkdir(parents=True, exist_ok=True)
        for leftover in self.spool_dir.iterdir():
            leftover.unlink()
        self.store, self.local = self._stores()
        self.auth = Authenticator(self)
        self.executions = Executions(self)
        self.maintenance = MaintenanceMode(self)
        self.faults = FaultList()
        self.workflow_faults = WorkflowFaults()
        self.worker = Worker(self)
        self._prepared = False
        if not self.shared:
            self.prepare()

    def _stores(self) -> tuple[Store, Store]:
        """What the cluster's managers share, and what stays on this one."""
        shared = (self.cluster.settings if self.cluster else {}).get("database")
        if self.profile.generation != "all_active" or not shared:
            own = SqliteStore(self.state_dir / "state.sqlite")
            return own, own
        from standin.cluster.pgstore import PostgresStore

        store = PostgresStore(
            shared,
            node=self.hostname,
            timeout=float(shared.get("timeout") or DATABASE_SECONDS / self.speed),
            failover_tries=self.profile.failover_tries,
        )
        return store, SqliteStore(self.state_dir / "local.sqlite")

    def prepare(self) -> None:
        """Fill an empty database, once. A shared one may be away when this manager starts."""
        if self._prepared:
            return
        with self.store.transaction() if self.shared else contextlib.nullcontext():
            if self.store.meta("security") is None:
                self.reinstall()
        self._prepared = True

    @property
    def broker_up(self) -> bool:
        return self._broker_up and (self.member is None or self.member.broker_up())

    @broker_up.setter
    def broker_up(self, up: bool) -> None:
        self._broker_up = up

    @property
    def shared(self) -> bool:
        """Whether other managers have the same database."""
        return self.local is not self.store

    # -- identity
    @property
    def security(self) -> dict[str, Any]:
        found: dict[str, Any] = self.store.meta("security")
        return found

    def version_body(self) -> dict[str, Any]:
        return {
            "edition": self.edition,
            "version": self.profile.version,
            "build": None,
            "date": None,
            "commit": None,
            "distribution": self.profile.distribution,
            "distro_release": self.profile.distro_release,
        }

    # -- a fresh installation
    def reinstall(self) -> None:
        """Empty content, new security settings, no snapshots; same certificates and password."""
        security = new_security(version=self.profile.version)
        with self.store.transaction():
            self.store.clear(k for k in self.store.kinds() if k not in TOPOLOGY)
            self.store.clear_queue()
            self.store.set_meta("security", security)
            self.store.set_meta("maintenance", None)
            self.store.set_meta("archive_filler", 0)
            self.store.set_meta("last_event", 0)
            self.add_tenant(DEFAULT_TENANT)
            admin = self.new_user(self.username, self.password, "sys_admin")
            # as the installer does, so that an archive brings it back
            self.store.add("users", "", {**admin, "_tenants": {DEFAULT_TENANT: "user"}})
            seed.add_factory_content(self)
            if self.profile.token_objects:
                self.store.add("tokens", "", factory_token(self.username))
        self.auth_broken = False
        self.rest_up()
        self.flag_file.unlink(missing_ok=True)
        shutil.rmtree(self.snapshots_dir, ignore_errors=True)
        shutil.rmtree(self.files_dir, ignore_errors=True)
        self.snapshots_dir.mkdir()

    def new_user(self, name: str, password: str, role: str) -> dict[str, Any]:
        now = clock.iso()
        return {
            "username": name,
            "role": role,
            "group_system_roles": {},
            "active": True,
            "last_login_at": None,
            "first_login_at": None,
            "created_at": now,
            "is_locked": False,
            "tenants": 1,
            "groups": 0,
            "show_getting_started": True,
            "_id": self.store.count("users"),
            "_password": hash_password(password, self.security["hash_salt"]),
        }

    def add_tenant(self, name: str) -> dict[str, Any]:
        item = {
            "name": name,
            "groups": 0,
            "users": 1 if name == DEFAULT_TENANT else 0,
            "user_roles": None,
            "rabbitmq_username": None,
            "rabbitmq_password": None,
            "rabbitmq_vhost": None,
        }
        self.store.add("tenants", "", item)
        return item

    def bootstrap_admin(self) -> dict[str, Any]:
        for user in self.store.all("users"):
            if user.get("_id") == 0:
                return user
        return self.store.all("users")[0]

    def set_admin_password(self, password: str) -> None:
        admin = self.bootstrap_admin()
        hashed = hash_password(password, self.security["hash_salt"])
        self.store.update("users", admin["username"], _password=hashed)

    def cluster_size(self) -> int:
        """4.x: nodes of the cluster, or as many as the control API made it pretend."""
        return self.guard.size() if self.guard else int(self.store.meta("cluster_nodes", 1))

    # -- what is on disk
    def archive_path(self, snapshot_id: str) -> Path:
        return self.snapshots_dir / snapshot_id / f"{snapshot_id}.zip"

    def spool_file(self) -> Path:
        return self.spool_dir / uuid.uuid4().hex

    def flag(self, on: bool) -> None:
        if on:
            self.flag_file.touch()
        else:
            self.flag_file.unlink(missing_ok=True)

    @property
    def restoring(self) -> bool:
        return self.flag_file.exists()

    # -- whether the REST service answers, and whether it knows its users
    def rest_down(self, seconds: float | None = None) -> None:
        with self._gate_lock:
            self._rest_down_until = float("inf") if seconds is None else time.monotonic() + seconds

    def rest_up(self) -> None:
        with self._gate_lock:
            self._rest_down_until = 0.0

    @property
    def rest_is_down(self) -> bool:
        return time.monotonic() < self._rest_down_until

    # -- content as a whole
    def content(self) -> dict[str, Any]:
        """Everything that an archive of this manager holds."""
        tenants: dict[str, Any] = {}
        for tenant in self.store.all("tenants"):
            name = tenant["name"]
            tenants[name] = {kind: self.store.all(kind, name) for kind in TENANT_KINDS}
        management = {kind: self.store.all(kind) for kind in MANAGEMENT_KINDS}
        return {"tenants": tenants, "management": management}

    def close(self) -> None:
        self.worker.stop()
        self.store.close()
        if self.shared:
            self.local.close()


__all__ = ["DEFAULT_TENANT", "Manager"]
