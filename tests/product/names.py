# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the services of a manager are called, by version."""

from __future__ import annotations

from product.versions import Version

# The whole stand-in; the others stand beside it.
REST = "cloudify-restservice"
NGINX = "nginx"
BROKER = "cloudify-rabbitmq"
MONITORING = ("prometheus", "node_exporter")


def manager_services(version: Version) -> tuple[str, ...]:
    """In the order in which they start."""
    release = version.release
    if version.generation == "active_standby":
        return (
            *("postgresql-9.5", BROKER, REST, NGINX, "cloudify-amqp-postgres"),
            *("cloudify-mgmtworker", "cloudify-stage", "cloudify-composer"),
        )
    names = [REST, NGINX, "cloudify-amqp-postgres", "cloudify-mgmtworker", "cloudify-stage"]
    names += ["cloudify-composer", "cloudify-syncthing"]
    if release < (5, 1, 1):
        names.append("haproxy")
    if release < (5, 1):
        names.append("cloudify-status-reporter")
    if release >= (5, 2):
        names.append("cloudify-execution-scheduler")
    if release >= (6,):
        names.append("cloudify-api")
    return tuple(names)


__all__ = ["BROKER", "MONITORING", "NGINX", "REST", "manager_services"]
