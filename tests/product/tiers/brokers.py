# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`cfy_manager brokers`: list, add, remove. All run on a host with a broker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from product.context import QUEUE_SERVICE, Context
from product.errors import BootstrapError, ClusteringError
from product.tiers import queue, rabbit_config
from product.tiers.broker import Broker
from product.tiers.http import Client
from product.tiers.queue import resolvable
from product.tiers.settings import BrokerSettings, with_prefix
from product.tiers.tables import table

COLUMNS = ("broker_name", "running", "alarms")
NAMES = ("badrpc", "nodedown")


class RabbitNodeListError(BootstrapError):
    """The broker answers, and not with its nodes."""


@dataclass(frozen=True)
class Listed:
    name: str
    running: bool
    alarms: tuple[str, ...]

    def row(self) -> dict[str, str]:
        return {
            "broker_name": self.name,
            "running": str(self.running),
            "alarms": ", ".join(self.alarms),
        }


def listed(nodes: list[dict[str, Any]]) -> list[Listed]:
    """From GET /api/nodes of the management service."""
    return sorted(
        (
            Listed(
                name=str(node["name"]),
                running=bool(node.get("running")),
                alarms=(
                    *(key for key in node if "alarm" in key and node[key]),
                    *(key for key in NAMES if node.get(key)),
                ),
            )
            for node in nodes
        ),
        key=lambda one: one.name,
    )


def _nodes(context: Context, settings: BrokerSettings) -> list[Listed] | None:
    client = Client(
        ca=context.paths.at(queue.ca_path(context)),
        username=settings.username,
        password=settings.password,
        # a broker that waits for peers which are cut off says nothing for long
        timeout=20,
    )
    url = f"https://{settings.address}:{rabbit_config.MANAGEMENT_PORT}/api/nodes"
    answer = client.ask(url)
    if answer is None:
        context.log.error("Failed to list rabbit nodes: %s does not answer", url)
        return None
    if not isinstance(answer.body, list):
        raise RabbitNodeListError(f"Error trying to list nodes. Response was: {answer.body}")
    found = listed(answer.body)
    if any(name in one.alarms for one in found for name in NAMES):
        context.log.error(
            "badrpc and/or nodedown alarms found. This may indicate that the affected node(s) "
            "cannot resolve the names of other nodes in the cluster. This likely requires DNS or "
            "hosts entries for the affected nodes."
        )
    return found


def _settings(context: Context) -> BrokerSettings:
    if QUEUE_SERVICE not in context.get("services_to_install", default=()):
        raise BootstrapError(
            "Broker management tasks must be performed on nodes with installed brokers."
        )
    return queue.settings_of(context)


def _known(context: Context, settings: BrokerSettings) -> list[Listed] | None:
    found = _nodes(context, settings)
    if not found:
        context.log.error(
            "Broker node status could not be determined. This may mean that the broker cluster has "
            "failed. Please try to recover enough cluster nodes to make a majority be online. If "
            "this is not possible, please contact support."
        )
        return None
    return found


def brokers_list(context: Context) -> int:
    found = _known(context, _settings(context))
    if found is None:
        return 1
    print(table((one.row() for one in found), COLUMNS))
    return 0


def brokers_add(context: Context) -> int:
    """Runs on the broker that joins."""
    settings = _settings(context)
    found = _known(context, settings)
    if found is None:
        return 1
    if len(found) > 1:
        context.log.error(
            "This node is already in a rabbit cluster. The brokers-add command must be run on the "
            "node that is joining the rabbit cluster, not one of the existing members."
        )
        return 1
    target = with_prefix(context.options.join_node)
    host = target.partition("@")[2]
    if not resolvable(host):
        context.log.error(
            'Could not get address for "%s".\nNode must be resolvable by DNS or as a hosts entry.',
            context.options.join_node,
        )
        return 1
    broker = Broker(context, settings)
    try:
        broker.join(target, patience=0)
    except BootstrapError as error:
        queue.users(broker)
        raise ClusteringError(f"{error}") from error
    context.log.info("Cluster successfully joined.")
    return 0


def brokers_remove(context: Context) -> int:
    """Runs on any other broker, once the one to remove is down for good."""
    settings = _settings(context)
    found = _known(context, settings)
    if found is None:
        return 1
    target = with_prefix(context.options.remove_node)
    if target in [one.name for one in found if one.running]:
        context.log.error(
            "Broker nodes to be removed must be shut down. If you recently shut down the node, "
            "please wait up to one minute before re-running this command."
        )
        return 1
    if target not in [one.name for one in found]:
        context.log.error(
            "Broker node %s not found in cluster. Valid nodes are: %s",
            target,
            ", ".join(one.name for one in found),
        )
        return 1
    Broker(context, settings).control("forget_cluster_node", target)
    context.log.info("Broker %s removed from cluster.", target)
    return 0


__all__ = ["Listed", "brokers_add", "brokers_list", "brokers_remove", "listed"]
