# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is PRIVATE to the collection: it can change or go in any release.

"""Members of a cluster: the registers that a generation keeps of them, over REST.

active_standby: one list of nodes. all_active: managers, brokers and database nodes.
"""

from __future__ import annotations

from ansible_collections.cloudify_ha.recovery.plugins.module_utils._client import (
    CloudifyClient,
    Json,
    escape,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._errors import (
    ApiError,
    Conflict,
    NotFound,
    RecoveryError,
    Refused,
)
from ansible_collections.cloudify_ha.recovery.plugins.module_utils._wait import (
    Ticker,
    is_outage,
    wait_for,
)


class Nodes:
    """The nodes of an active_standby cluster.

    :param client: talks to the leader, or to any node: a standby sends it on to the next address
    """

    def __init__(self, client: CloudifyClient) -> None:
        self._client = client

    def all(self) -> list[Json]:
        return list(self._client.read("/cluster/nodes", doing="list the cluster's nodes")["items"])

    def get(self, name: str) -> Json | None:
        return next((node for node in self.all() if node["name"] == name), None)

    def _own_account(self) -> Json:
        """What this manager says of its own membership."""
        answer: Json = self._client.read("/cluster", doing="read the state of the cluster")
        return answer

    def initialized(self) -> bool:
        """Whether this manager is a member of a cluster."""
        return bool(self._own_account().get("initialized"))

    def heard_of_a_cluster(self) -> bool:
        """Whether this manager is in one, or has begun to be, or does not tell. Once it has begun, its account has lines or an error."""
        try:
            answer = self._own_account()
        except RecoveryError:
            return True
        untold = answer.get("initialized") is False and answer.get("logs") == []
        return not untold or bool(answer.get("error"))

    def start(self, name: str, *, host_ip: str, ticker: Ticker) -> None:
        """Make this manager the first member."""
        body = {"host_ip": host_ip, "node_name": name, "options": None}
        self._put("/cluster", body, doing="start the cluster")
        self._online(self, name, ticker)

    def join(self, name: str, *, host_ip: str, joining: Nodes, ticker: Ticker) -> None:
        """Invite a manager, and have it join, with the bodies that the vendor's client sends.

        :param joining: the nodes as the joining manager sees them
        """
        own = {"host_ip": host_ip, "node_name": name}
        invitation = self._put(
            f"/cluster/nodes/{escape(name)}", own, doing=f"invite {name} to the cluster"
        )
        body = {
            **own,
            "credentials": invitation["credentials"],
            "required": invitation.get("required"),
            "join_addrs": [node["host_ip"] for node in self.all() if node["name"] != name],
            "options": None,
        }
        joining._put("/cluster", body, doing=f"have {name} join the cluster")
        self._online(joining, name, ticker)

    def await_online(self, name: str, *, joining: Nodes, ticker: Ticker) -> None:
        """Wait for one that is in the list, since its joining may have been broken off for whoever has begun it.

        :param joining: the nodes as that manager sees them
        """
        self._online(
            joining,
            name,
            ticker,
            hint="See /var/log/cloudify/cloudify-cluster.log there, and start it. If it never comes, remove it by "
            f"`cfy cluster nodes remove {name}` on the leader, install it anew, and run this again",
        )

    def remove(self, name: str) -> None:
        """Take it out of the list; a node that was removed can never come back as it is."""
        self._client.http.json(
            "DELETE",
            f"/cluster/nodes/{escape(name)}",
            doing=f"remove {name} from the cluster",
            expected=(200, 204),
        )

    def _put(self, path: str, body: Json, *, doing: str) -> Json:
        return self._client.http.json("PUT", path, doing=doing, body=body)

    def _online(self, at: Nodes, name: str, ticker: Ticker, hint: str = "") -> None:
        """Wait until the cluster shows it online.

        :param at: whose own account says why it cannot
        """

        def state() -> str:
            error = at._error()
            if error:
                raise Refused(f"{name} could not become a member: {error}")
            try:
                node = self.get(name)
            except NotFound:
                return "absent"  # one that starts its cluster is in none yet
            return "absent" if node is None else "online" if node.get("online") else "offline"

        wait_for(
            fetch=state,
            done=lambda found: found == "online",
            describe=lambda found: f"{name} is {found}",
            waiting_for=f"{name} to be online",
            ticker=ticker,
            tolerate=is_outage,
            hint=hint
            or "The manager goes on by itself; see /var/log/cloudify/cloudify-cluster.log there",
        )

    def _error(self) -> str:
        """What the manager itself says went wrong when it started or joined."""
        try:
            answer = self._own_account()
        except ApiError:
            return ""  # it is busy with becoming a member
        return str(answer.get("error") or "")


#: Tier -> where an all_active manager lists it, and what names one of its members.
REGISTERS = {
    "manager": ("/managers", "hostname"),
    "broker": ("/brokers", "name"),
    "database": ("/db-nodes", "name"),
}


def registered(client: CloudifyClient, tier: str) -> list[Json]:
    """The members of a tier that an all_active cluster knows, alive or not."""
    path, _name = REGISTERS[tier]
    return list(client.items(path, doing=f"list the cluster's {tier}s"))


def strike(client: CloudifyClient, tier: str, name: str) -> bool:
    """Take a manager or broker out of the register. False when it was not in it."""
    path, _name = REGISTERS[tier]
    try:
        client.http.json(
            "DELETE",
            f"{path}/{escape(name)}",
            doing=f"remove {tier} {name} from the cluster",
            expected=(200, 204),
        )
    except NotFound as exc:
        if exc.code is None:
            raise
        return False
    return True


def enter(client: CloudifyClient, name: str, *, address: str, networks: Json | None) -> bool:
    """Put a broker into the register. False when it is in it.

    :param networks: network -> its address there, where it has more than the one
    """
    body: Json = {"name": name, "address": address}
    if networks:
        body["networks"] = networks
    try:
        client.http.json("POST", "/brokers", doing=f"add broker {name} to the cluster", body=body)
    except Conflict:
        return False
    return True


def reread_databases(client: CloudifyClient) -> None:
    """Have the managers look at the list of database nodes again, after `dbs add` or `remove`."""
    client.http.json(
        "POST", "/db-nodes", doing="update the database nodes", body={"action": "update"}
    )


__all__ = ("REGISTERS", "Nodes", "enter", "registered", "reread_databases", "strike")
