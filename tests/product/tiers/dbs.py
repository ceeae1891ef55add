# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`cfy_manager dbs`: list, add, remove, reinit, set-master, shell."""

from __future__ import annotations

import importlib
import os
import time

from product import member_config
from product.context import MANAGER_SERVICE, Context
from product.errors import ClusteringError
from product.names import REST
from product.tiers import health, patroni_config, places
from product.tiers.database_view import (
    DBManagementError,
    View,
    clustered,
    on_database_node,
    set_hosts,
    view,
)
from product.tiers.settings import patroni_name
from product.tiers.tables import table

# Restarted on a manager whose database has other hosts, as far as the version has them.
DEPENDENT = (REST, "cloudify-stage", "cloudify-composer", "cloudify-amqp-postgres")


def dbs_list(context: Context) -> int:
    """0 healthy, 1 degraded, 2 down."""
    if not clustered(context):
        return 0
    verdict = view(context).verdict()
    for level, text in verdict.messages:
        getattr(context.log, level)(text)
    if verdict.status == health.HEALTHY:
        context.log.info("DB cluster is healthy.")
    elif verdict.status == health.DEGRADED:
        context.log.warning("DB cluster is unhealthy.")
    else:
        context.log.error("DB cluster is down.")
    print(table((node.row() for node in verdict.nodes), health.COLUMNS))
    return verdict.status


def _lacks_id(context: Context) -> bool:
    """TRAP  5.0.5 on a manager: says so, does nothing, and exits with 0."""
    if not context.version.dbs_need_node_id or on_database_node(context):
        return False
    if getattr(context.options, "node_id", None):
        return False
    context.log.error("A node ID is required on a manager: -i/--node-id")
    return True


def dbs_add(context: Context) -> int:
    if not clustered(context) or _lacks_id(context):
        return 0
    if on_database_node(context):
        raise DBManagementError(
            "Database cluster nodes should be added to the cluster during install, by setting the "
            "appropriate entries in the config.yaml."
        )
    address = context.options.address
    seen = view(context)
    if address in seen.addresses:
        raise DBManagementError(
            f"Cannot add DB node {address} to cluster, as it is already part of the cluster."
        )
    if not seen.patroni.status(address):
        raise DBManagementError(
            f"DB cluster node {address} does not appear to be operational. Please ensure DB cluster "
            "management software is installed and running before trying to add the node."
        )
    hosts = [*seen.addresses, address]
    _use(context, hosts)
    name = getattr(context.options, "hostname", None) or address
    # every manager does this, and the first of them wins
    _registers().register_db_nodes(
        member_config.database_section(context, hosts), [{"name": name, "host": address}]
    )
    return 0


def dbs_remove(context: Context) -> int:
    if not clustered(context) or _lacks_id(context):
        return 0
    address = context.options.address
    seen = view(context)
    if len(seen.replicas) < 2:
        raise DBManagementError(
            "The last replica cannot be removed. A new replica must be added before removing the "
            "target node."
        )
    if address == seen.leader:
        raise DBManagementError(
            "The currently active DB master node cannot be removed. Please set the master to a "
            "different node before retrying this command."
        )
    if address not in seen.replicas:
        raise DBManagementError(
            f"Cannot find node with address {address} for removal. The following nodes can be "
            f"removed: {', '.join(seen.replicas)}"
        )
    if on_database_node(context):
        _forget(seen, address)
    else:
        hosts = [a for a in seen.addresses if a != address]
        _use(context, hosts)
        section = member_config.database_section(context, hosts)
        _registers().unregister_db_node(section, address)
    context.log.info("Node %s removed.", address)
    return 0


def _registers():  # type: ignore[no-untyped-def]
    """The stand-in's tables; imported late, since only a manager's host has it."""
    return importlib.import_module("standin.cluster.database")


def _use(context: Context, hosts: list[str]) -> None:
    context.log.info("Updating rest service configuration")
    set_hosts(context, hosts)
    context.log.info("Restarting the services that use the database")
    there = [n for n in DEPENDENT if context.services.state(n) != "missing"]
    context.services.restart(*there)


def _forget(seen: View, address: str) -> None:
    """On a database node: out of etcd, and out of what the databases let in."""
    members = seen.etcd.members() or []
    member = next((m for m in members if m.address == address), None)
    if member is None:
        raise DBManagementError(f"Cannot find node with address {address} for removal.")
    seen.context.log.info("Removing etcd node %s", address)
    seen.etcd.remove(member.id)
    seen.context.log.info("Updating pg_hba to remove %s", address)
    for other in seen.addresses:
        shared = seen.patroni.dynamic(other) if other != address else {}
        if shared:
            lines = list(shared.get("postgresql", {}).get("pg_hba", ()))
            wanted = patroni_config.without_node(lines, address)
            seen.patroni.change(other, {"postgresql": {"pg_hba": wanted}})
            return
    raise ClusteringError("No database node answers to take the new pg_hba")


def dbs_reinit(context: Context) -> int:
    if not clustered(context):
        return 0
    address = context.options.address
    seen = view(context)
    if address == seen.leader:
        raise DBManagementError("The currently active DB master node cannot be reinitialised.")
    if address not in seen.addresses:
        raise DBManagementError(
            f"Cannot reinitialise DB node {address}, as it is not part of the cluster."
        )
    if not on_database_node(context):
        raise DBManagementError("Reinitialise can only be run from a DB node.")
    context.log.info("Reinitialising DB node %s", address)
    answer = seen.patroni.post(address, "reinitialize", {"force": True}, timeout=30)
    if answer.status != 200:
        raise DBManagementError(f"Reinitialise of {address} failed: {answer.body}")
    context.log.info("DB node %s reinitialised.", address)
    return 0


def dbs_set_master(context: Context) -> int:
    if not clustered(context):
        return 0
    if not on_database_node(context):
        raise DBManagementError("Set master can only be run from a DB node.")
    address = context.options.address
    seen = view(context)
    if address == seen.leader:
        if context.version.release < (6,):
            raise DBManagementError("The selected node is the current master.")
        context.log.info("The selected node is the current master.")
        return 0
    if address not in seen.addresses:
        raise DBManagementError(
            f"Cannot make DB node {address} master, as it is not part of the cluster."
        )
    if address not in seen.synchronous():
        context.log.info("%s is async replica. Only sync replicas can become master.", address)
        _become_synchronous(seen, address)
    _switch(seen, address)
    return 0


def _become_synchronous(seen: View, candidate: str) -> None:
    """Patroni takes another standby when the present one restarts."""
    log = seen.context.log
    current = seen.synchronous()
    for attempt in range(30):
        if current and attempt % 5 == 0:
            log.info("Attempting to promote %s to sync replica.", candidate)
            seen.patroni.post(current[0], "restart", {}, timeout=60)
        current = seen.synchronous()
        if candidate in current:
            log.info("%s has become synchronous replica.", candidate)
            return
        log.info("Waiting for %s to become synchronous replica.", candidate)
        time.sleep(1)
    raise DBManagementError(
        f"{candidate} did not manage to become synchronous replica. Before you retry, please ensure "
        "the DB cluster is healthy and the managers are in maintenance mode."
    )


def _switch(seen: View, address: str) -> None:
    context = seen.context
    leader = seen.leader
    for attempt in range(30):
        if attempt in (0, 10, 20) and leader:
            context.log.info("Changing master to %s", address)
            body = {"leader": patroni_name(leader), "candidate": patroni_name(address)}
            answer = seen.patroni.post(leader, "switchover", body, timeout=60)
            context.log.debug("switchover: %s %s", answer.status, answer.body)
        leader = view(context).leader
        if leader == address:
            context.log.info("Master changed to %s", address)
            return
        context.log.info(
            "Waiting for master to change to %s. Current master is %s.", address, leader
        )
        time.sleep(1)
    # TRAP  and the exit code is 0
    context.log.warning(
        "Master has not changed to %s. Master is currently %s. This may indicate the master changed "
        "to the specified node and then changed again, or that the change did not occur. Please "
        "check cluster health before retrying this operation.",
        address,
        leader,
    )


def dbs_shell(context: Context) -> int:
    if MANAGER_SERVICE not in context.get("services_to_install", default=()):
        context.log.error("DB shell is only accessible with the installed manager config.")
        return 0
    hosts = member_config.database_hosts(context)
    section = member_config.database_section(context, hosts)
    environment = {**os.environ, "PGPASSWORD": str(section["password"])}
    words = [
        f"host={','.join(section['hosts'])}",
        f"port={section['port']}",
        f"user={section['user']}",
        f"dbname={section['dbname']}",
        f"sslmode={section['sslmode']}",
        "connect_timeout=10",
        "target_session_attrs=read-write",
    ]
    if section["ca"]:
        words.append(f"sslrootcert={section['ca']}")
    program = f"{places.POSTGRES_PROGRAMS}/psql"
    argv = [program, " ".join(words)]
    query = getattr(context.options, "query", None)
    if query:
        argv += ["-c", query]
    os.execve(program, argv, environment)


__all__ = ["dbs_add", "dbs_list", "dbs_reinit", "dbs_remove", "dbs_set_master", "dbs_shell"]
