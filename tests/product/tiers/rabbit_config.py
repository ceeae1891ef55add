# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RabbitMQ's configuration, with the product's settings. Pure."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping

from product.tiers.settings import BrokerSettings
from product.tiers.tuning import Tuning

CONFIG = "/etc/cloudify/rabbitmq/rabbitmq.config"
PLUGINS = "/etc/cloudify/rabbitmq/enabled_plugins"
DEFINITIONS = "/etc/cloudify/rabbitmq/definitions.json"
ENVIRONMENT = "/etc/rabbitmq/rabbitmq-env.conf"
HOME = "/var/lib/rabbitmq"
COOKIE = "/var/lib/rabbitmq/.erlang.cookie"
MNESIA = "/var/lib/rabbitmq/mnesia"
LOG = "/var/log/cloudify/rabbitmq"
PORT = 5671
MANAGEMENT_PORT = 15671

# The lab's hosts share one machine: few schedulers, none of which spins while it waits.
VM_ARGUMENTS = "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none"


def config_text(*, ca: str, cert: str, key: str, definitions: bool, tuning: Tuning) -> str:
    """Erlang terms."""
    files = (
        f'{{cacertfile, "{ca}"}}, {{certfile, "{cert}"}}, {{keyfile, "{key}"}}, '
        "{versions, ['tlsv1.2']}, {honor_cipher_order, true}"
    )
    loaded = f'\n  {{load_definitions, "{DEFINITIONS}"}},' if definitions else ""
    return f"""[
 {{kernel, [{{net_ticktime, {tuning.net_ticktime}}}]}},
 {{ssl, [{{versions, ['tlsv1.2']}}]}},
 {{rabbit, [{loaded}
  {{heartbeat, 0}},
  {{loopback_users, []}},
  {{tcp_listeners, []}},
  {{ssl_listeners, [{PORT}]}},
  {{cluster_partition_handling, pause_minority}},
  {{disk_free_limit, 50000000}},
  {{ssl_options, [{files}]}}
 ]}},
 {{rabbitmq_management, [
  {{listener, [{{port, {MANAGEMENT_PORT}}}, {{ip, "0.0.0.0"}}, {{ssl, true}}, {{ssl_opts, [{files}]}}]}}
 ]}}
].
"""


def environment_text(settings: BrokerSettings) -> str:
    """What both the broker and its command line read."""
    values = {
        "NODENAME": settings.nodename,
        "USE_LONGNAME": "true" if settings.long_names else "false",
        "CONFIG_FILE": CONFIG.removesuffix(".config"),
        "ENABLED_PLUGINS_FILE": PLUGINS,
        "LOG_BASE": LOG,
        "SERVER_ADDITIONAL_ERL_ARGS": f'"{VM_ARGUMENTS}"',
    }
    return "".join(f"{k}={v}\n" for k, v in values.items())


def plugins_text() -> str:
    return "[rabbitmq_management].\n"


def password_hash(password: str, *, salt: bytes | None = None) -> str:
    salted = salt if salt is not None else os.urandom(4)
    digest = hashlib.sha256(salted + password.encode()).digest()
    return base64.b64encode(salted + digest).decode()


def definitions_text(settings: BrokerSettings) -> str:
    """Users and policies of a first broker; others take its own when they join."""
    found: Mapping[str, object] = {
        "vhosts": [{"name": "/"}],
        "users": [
            {
                "name": settings.username,
                "password_hash": password_hash(settings.password),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": "administrator",
            }
        ],
        "permissions": [
            {
                "user": settings.username,
                "vhost": "/",
                "configure": ".*",
                "write": ".*",
                "read": ".*",
            }
        ],
        "policies": [
            {
                "name": policy["name"],
                "vhost": policy.get("vhost", "/"),
                "pattern": policy["expression"],
                "priority": policy.get("priority", 1),
                "apply-to": policy.get("apply-to") or policy.get("apply_to") or "queues",
                "definition": policy["policy"],
            }
            for policy in settings.policies
        ],
    }
    return json.dumps(found, indent=1)


__all__ = [
    "CONFIG",
    "COOKIE",
    "DEFINITIONS",
    "ENVIRONMENT",
    "HOME",
    "LOG",
    "MANAGEMENT_PORT",
    "MNESIA",
    "PLUGINS",
    "PORT",
    "config_text",
    "definitions_text",
    "environment_text",
    "password_hash",
    "plugins_text",
]
