# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What peers may ask of a member."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from standin.cluster.active_standby import certificates
from standin.cluster.active_standby.wire import Gone, Json, Refused

if TYPE_CHECKING:
    from standin.cluster.active_standby.member import StandbyMember

REMOVED = "This node was removed from the Cloudify Manager cluster"


class Serving:
    def __init__(self, member: StandbyMember) -> None:
        self._member = member

    def handle(
        self, method: str, path: str, query: dict[str, str], body: Json, headers: dict[str, str]
    ) -> Json | Path | Iterator[Json]:
        member, sender = self._member, headers.get("x-member", "")
        if member.is_cut(sender):
            raise ConnectionError("cut off")
        if not member.clustered or headers.get("x-cluster") != member.memory["cluster_id"]:
            raise Refused("not a member of that cluster")
        node_id = headers.get("x-node", "")
        if node_id in member.memory["removed"] and (member.leads or member.leader):
            raise Gone(REMOVED)
        if (method, path) == ("POST", "/join"):
            return self._join(body, node_id)
        known = member.memory.nodes.get(sender)
        if known is None or known["node_id"] != node_id:
            raise Refused("not a member of this cluster")
        if method == "POST":
            return self._told(path, body)
        return self._asked(path, query, sender)

    def _told(self, path: str, body: Json) -> Json:
        member = self._member
        if path == "/beat":
            member.heard(body)
            return member.report()
        if path == "/vote":
            return {"granted": member.roles.vote(body)}
        if path == "/promote":
            if not member.synced or member.leads:
                raise Refused("this node cannot be made the active one")
            member.roles.promote(int(body["term"]))
            return member.report()
        if path == "/dismiss":
            if body["node_id"] != member.memory["node_id"]:
                raise Refused("another node was meant, which was here before")
            member.become_removed()
            return {}
        raise Refused(f"no {path}")

    def _asked(self, path: str, query: dict[str, str], sender: str) -> Json | Path | Iterator[Json]:
        member = self._member
        if path == "/archives":
            return member.archives.listing()
        if path == "/archive":
            return member.archives.file(query["id"])
        if path == "/changes":
            return self._changes(query, sender)
        raise Refused(f"no {path}")

    def _changes(self, query: dict[str, str], sender: str) -> Iterator[Json]:
        """Held back until there are any, which is how the leader learns what the replica has."""
        member = self._member
        timeline, n = query["timeline"], int(query["n"])
        end = time.monotonic() + min(float(query["wait"]), 5.0)
        with member.lock:
            if member.leads and member.position().timeline == timeline:
                member.acknowledged[sender] = n
                member.changed.notify_all()
            while True:
                if not member.leads:
                    raise Refused("this is not the active node")
                now = member.position()
                if now.timeline != timeline or now.n != n or query["fresh"] == "True":
                    break
                if time.monotonic() >= end or member.ending:
                    break
                member.changed.wait(timeout=0.2)
        return member.log.since("" if query["fresh"] == "True" else timeline, n)

    def _join(self, body: Json, node_id: str) -> Json:
        member = self._member
        with member.lock:
            if not member.leads:
                raise Refused(f"the active node is {member.leader}")
            name = str(body["name"])
            known = member.memory.nodes.get(name)
            invited = member.memory["invited"].get(name)
            if known is not None and known["node_id"] != node_id:
                raise Refused(f"Node {name} is already a member of the cluster")
            if known is None and (invited is None or invited["node_id"] != node_id):
                raise Refused(f"Node {name} was given no credentials by this cluster")
            if body["version"] != member.manager.profile.version:
                raise Refused(
                    f"Managers of a cluster are all of the same version: this is "
                    f"{member.manager.profile.version}, {name} is {body['version']}"
                )
            ca = certificates.internal_ca(member.ssl_dir)
            if known is None:
                member.admit(
                    {
                        "name": name,
                        "node_id": node_id,
                        "host_ip": body["host_ip"],
                        "public_ip": body["public_ip"],
                        "options": body["options"],
                    }
                )
            return {"nodes": member.memory.nodes, "ca": ca, "leader": member.memory.name}


__all__ = ["REMOVED", "Serving"]
