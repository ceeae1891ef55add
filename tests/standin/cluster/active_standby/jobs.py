# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting a cluster and joining one: work that goes on after the request was answered."""

from __future__ import annotations

import shutil
import socket
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from standin import work_log
from standin.cluster.active_standby import certificates
from standin.cluster.active_standby.memory import ALONE, JOINING, MEMBER, STARTING, Json
from standin.cluster.active_standby.wire import Gone, Refused

if TYPE_CHECKING:
    from standin.cluster.active_standby.member import StandbyMember

# as long as the services restart; divided by --speed
REST_RESTART = 2.0
SYNC_SECONDS = 600.0


class Jobs:
    def __init__(self, member: StandbyMember) -> None:
        self._member = member

    def start(self, job: Json) -> None:
        self._begin(STARTING, {**job, "node_id": str(uuid.uuid4())})

    def join(self, job: Json) -> None:
        self._begin(JOINING, {**job, "node_id": job["credentials"]["node_id"]})

    def resume(self) -> None:
        """The process was killed in the middle."""
        if self._member.memory["state"] in (STARTING, JOINING):
            self._run()

    def _begin(self, state: str, job: Json) -> None:
        self._member.memory.change(
            state=state, name=job["node_name"], node_id=job["node_id"], job=job, error=None, logs=[]
        )
        self._run()

    def _run(self) -> None:
        threading.Thread(target=self._work, name="ha-cluster", daemon=True).start()

    def _work(self) -> None:
        member = self._member
        state, job = member.memory["state"], member.memory["job"]
        began = time.time()
        try:
            if state == STARTING:
                self._start(job)
            else:
                self._join(job)
            work_log.tell(
                self._member.manager,
                "cluster_start" if state == STARTING else "cluster_join",
                began,
            )
        except (OSError, ValueError, KeyError, Refused, Gone) as error:
            words = str(error) or type(error).__name__
            member.memory.log(f"Failed: {words}")
            if member.memory["state"] != MEMBER:
                member.memory.change(state=ALONE, error=words, job=None)
            else:
                member.memory.change(error=words)

    # -- start
    def _start(self, job: Json) -> None:
        member, memory = self._member, self._member.memory
        memory.log("Creating the cluster's certificates")
        cert, key = certificates.cluster_pair()
        self._install_wire(cert, key)
        certificates.ensure_internal_ca(member.ssl_dir)
        memory.log("Configuring the database for replication")
        self._restart_services()
        memory.change(
            cluster_id=str(uuid.uuid4()),
            nodes={job["node_name"]: self._node(job)},
            removed=[],
            invited={},
            synced=False,
        )
        member.begin(leads=True)
        member.roles.promote(memory["term"] + 1)
        self._mark()

    def _node(self, job: Json) -> Json:
        return {
            "name": job["node_name"],
            "node_id": job["node_id"],
            "host_ip": job["host_ip"],
            "public_ip": self._public_ip(job),
            "options": job.get("options") or {},
        }

    def _public_ip(self, job: Json) -> str:
        return str(self._member.config.settings.get("public_ip") or job["host_ip"])

    # -- join
    def _join(self, job: Json) -> None:
        member, memory = self._member, self._member.memory
        given = job["credentials"]
        self._install_wire(given["cert"], given["key"])
        memory.change(cluster_id=given["cluster_id"])
        memory.log(f"Joining the cluster of {', '.join(job['join_addrs'])}")
        answer = self._ask_to_join(job)
        memory.log(f"Accepted by the active node {answer['leader']}")
        names = [
            job["host_ip"],
            self._public_ip(job),
            member.manager.hostname,
            socket.gethostname(),
        ]
        certificates.adopt_internal_ca(member.ssl_dir, answer["ca"], names=names)
        memory.log("Copied the internal CA of the active node and made a certificate from it")
        memory.change(nodes=answer["nodes"], synced=False, term=0, voted=0)
        self._restart_services()
        member.begin()
        self._mark()
        memory.log("Waiting for the database to be replicated")
        end = time.monotonic() + SYNC_SECONDS
        while not member.synced:
            if time.monotonic() > end or member.ending or not member.clustered:
                raise ConnectionError("the database was not replicated")
            time.sleep(0.02)
        memory.log("Node joined the cluster")

    def _ask_to_join(self, job: Json) -> Json:
        member = self._member
        body = {
            **{k: v for k, v in self._node(job).items() if k != "node_id"},
            "version": member.manager.profile.version,
        }
        end = time.monotonic() + member.failure
        reasons: dict[str, str] = {}
        while True:
            for address in job["join_addrs"]:
                link = member.link_to(address)
                try:
                    answer: Json = link.ask("POST", "/join", body)
                    return answer
                except Refused as error:
                    reasons[address] = str(error)
                    if "the active node is" not in str(error):
                        raise
                except (OSError, ValueError) as error:
                    reasons[address] = f"{type(error).__name__} {error}"
                finally:
                    link.close()
            if time.monotonic() > end or member.ending:
                told = "; ".join(f"{k}: {v}" for k, v in reasons.items()) or "no address was given"
                raise ConnectionError(f"No active node could be reached ({told})")
            time.sleep(member.heartbeat)

    # -- both
    def _install_wire(self, cert: str, key: str) -> None:
        wire = self._member.wire
        wire.cert.parent.mkdir(parents=True, exist_ok=True)
        certificates.put(wire.cert, cert.encode(), secret=False)
        certificates.put(wire.key, key.encode(), secret=True)

    def _restart_services(self) -> None:
        """nginx, the REST service and the database restart meanwhile."""
        manager = self._member.manager
        self._member.services.reload()
        manager.rest_down(REST_RESTART / manager.speed)
        time.sleep(REST_RESTART / manager.speed / 2)

    @property
    def _marker(self) -> Path | None:
        """Its existence tells the installer's program that this is a cluster's node."""
        found = self._member.config.settings.get("marker")
        return Path(found) if found else None

    def _mark(self) -> None:
        if self._marker:
            self._marker.touch()

    def unmark(self) -> None:
        if self._marker:
            self._marker.unlink(missing_ok=True)
        shutil.rmtree(self._member.folder, ignore_errors=True)


__all__ = ["Jobs"]
