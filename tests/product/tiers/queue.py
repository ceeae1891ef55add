# Copyright (c) 2026, cloudify_ha.recovery contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service `queue_service`: a RabbitMQ broker, alone or in a cluster."""

from __future__ import annotations

import random
import socket
import string
from dataclasses import replace

from product import certificates, x509
from product.context import MANAGER_SERVICE, Context
from product.errors import ValidationError
from product.services import Service
from product.tiers import rabbit_config, tuning
from product.tiers.broker import Broker
from product.tiers.settings import BrokerSettings, broker_settings, check_broker
from product.x509 import Pair

NAME = "cloudify-rabbitmq"
SERVICE = Service(
    name=NAME,
    command="/usr/lib/rabbitmq/bin/rabbitmq-server",
    user="rabbitmq",
    environment={"HOME": rabbit_config.HOME},
    directory="/",
    stop_seconds=60,
    log=f"{rabbit_config.LOG}/service.log",
)


def settings_of(context: Context) -> BrokerSettings:
    """With the cookie that is in place when the configuration has none."""
    # all in one there is nobody who could want to reach it under another name
    alone = MANAGER_SERVICE in context.get("services_to_install", default=())
    hostname = "localhost" if alone else context.hostname
    settings = broker_settings(context.config, hostname=hostname)
    cookie = context.paths.at(rabbit_config.COOKIE)
    if not settings.erlang_cookie and cookie.exists():
        settings = replace(settings, erlang_cookie=cookie.read_text().strip())
    return settings


def services(context: Context) -> tuple[str, ...]:
    return (NAME,)


def install(context: Context) -> None:
    check_broker(broker_settings(context.config, hostname=context.hostname))
    with context.work("queue_service.install"):
        context.ensure_user("cfyuser")
        if context.paths.real:
            # certificates in the ssl directory are the service user's
            context.run("usermod", "--append", "--groups", "cfyuser", "rabbitmq")
        _folders(context)


def _folders(context: Context) -> None:
    at = context.paths.at
    context.folder(at(rabbit_config.HOME), mode=0o750, owner="rabbitmq:rabbitmq")
    context.folder(at(rabbit_config.ENVIRONMENT).parent)
    context.folder(at(rabbit_config.CONFIG).parent, owner="rabbitmq:rabbitmq")
    context.folder(at(rabbit_config.LOG), owner="rabbitmq:rabbitmq")


def configure(context: Context) -> None:
    with context.work("queue_service.configure"):
        _configure(context)


def _configure(context: Context) -> None:
    _folders(context)
    settings = settings_of(context)
    check_broker(settings)
    settings = _cookie(context, settings)
    _hosts(context, settings)
    _certificates(context, settings)
    context.services.define(SERVICE)
    context.services.stop(NAME)
    if context.version.wipes_mnesia:
        # TRAP  the broker forgets its cluster, its users and its queues
        context.remove(context.paths.at(rabbit_config.MNESIA))
    _write(context, settings)
    context.services.start(NAME)
    if not context.paths.real:
        return
    broker = Broker(context, settings)
    context.log.info("Making sure RabbitMQ is live...")
    broker.wait()
    if not settings.join_cluster:
        users(broker)
    elif settings.join_cluster not in broker.members():
        context.log.info("Joining cluster via node %s.", settings.join_cluster)
        broker.join(settings.join_cluster, patience=tuning.read(context.paths.lab).join_wait)
        context.log.info("Cluster successfully joined.")


def _cookie(context: Context, settings: BrokerSettings) -> BrokerSettings:
    if not settings.erlang_cookie:
        letters = string.ascii_letters + string.digits
        made = "".join(random.SystemRandom().choice(letters) for _letter in range(64))
        settings = replace(settings, erlang_cookie=made)
    context.write(
        context.paths.at(rabbit_config.COOKIE),
        settings.erlang_cookie,
        mode=0o400,
        owner="rabbitmq:rabbitmq",
    )
    return settings


def _hosts(context: Context, settings: BrokerSettings) -> None:
    """Brokers find each other by name; names that cannot be resolved are added to /etc/hosts."""
    unknown = [name for name in settings.members if not resolvable(name)]
    if not unknown or not context.paths.real:
        return
    nowhere = [name for name in unknown if not settings.members[name]]
    if nowhere:
        raise ValidationError(
            f"IP not provided for unresolvable rabbit node {nowhere[0]}. "
            "A default network ip must be set for this node."
        )
    context.log.info("Adding rabbit nodes to hosts file: %s", ", ".join(unknown))
    hosts = context.paths.at("/etc/hosts")
    added = "".join(f"{settings.members[name]} {name}\n" for name in unknown)
    text = hosts.read_text().rstrip("\n")
    context.write(hosts, f"{text}\n\n# Added for cloudify rabbitmq clustering\n{added}")


def resolvable(name: str) -> bool:
    try:
        socket.getaddrinfo(name, None)
    except OSError:
        return False
    return True


def _certificates(context: Context, settings: BrokerSettings) -> None:
    context.folder(context.paths.ssl)
    ca: Pair | None = None
    if MANAGER_SERVICE in context.chosen:
        certificates.deploy(
            context,
            certificates.INTERNAL_CA,
            make=lambda: x509.make(certificates.CA_NAME, ca=True),
        )
        ca = certificates.pair_in_place(context, certificates.INTERNAL_CA)
    elif certificates.source(context, certificates.RABBITMQ_CA.option):
        certificates.deploy(context, certificates.RABBITMQ_CA)
    names = [*settings.members.values(), settings.host, context.private_ip, "127.0.0.1"]
    certificates.deploy(
        context,
        certificates.RABBITMQ,
        make=lambda: x509.make(context.hostname, signed_by=ca, names=names),
    )


def ca_path(context: Context) -> str:
    """What signs the broker's certificate: a CA of its own, the internal one, or itself."""
    for name in (
        certificates.RABBITMQ_CA.file,
        certificates.INTERNAL_CA.file,
        certificates.RABBITMQ.file,
    ):
        if (context.paths.ssl / name).exists():
            return context.paths.shown(context.paths.ssl / name)
    return ""


def _write(context: Context, settings: BrokerSettings) -> None:
    ssl = context.paths.ssl
    owner = "rabbitmq:rabbitmq"
    first = not settings.join_cluster
    text = rabbit_config.config_text(
        ca=ca_path(context),
        cert=context.paths.shown(ssl / certificates.RABBITMQ.file),
        key=context.paths.shown(ssl / certificates.RABBITMQ.key_file),
        definitions=first,
        tuning=tuning.read(context.paths.lab),
    )
    at = context.paths.at
    context.write(at(rabbit_config.CONFIG), text, owner=owner)
    context.write(at(rabbit_config.PLUGINS), rabbit_config.plugins_text(), owner=owner)
    context.write(at(rabbit_config.ENVIRONMENT), rabbit_config.environment_text(settings))
    if first:
        definitions = rabbit_config.definitions_text(settings)
        context.write(at(rabbit_config.DEFINITIONS), definitions, mode=0o600, owner=owner)


def users(broker: Broker) -> None:
    """The configured user, where definitions did not make it, and no guest."""
    name = broker.settings.username
    known = broker.evaluate(f'rabbit_auth_backend_internal:exists(<<"{name}">>)')
    if known != "true":
        broker.control("add_user", name, broker.settings.password)
        broker.control("set_permissions", name, ".*", ".*", ".*")
        broker.control("set_user_tags", name, "administrator")
    broker.evaluate('catch rabbit_auth_backend_internal:delete_user(<<"guest">>, <<"cfy">>)')


def start(context: Context) -> None:
    context.services.start(NAME)
    if context.paths.real:
        Broker(context, settings_of(context)).wait()


def stop(context: Context) -> None:
    context.services.stop(NAME)


def remove(context: Context) -> None:
    """Works on what a failed install left, and a second time."""
    context.services.remove(NAME)
    if context.paths.real:
        context.run("epmd", "-kill", check=False)
    at = context.paths.at
    context.remove(at(rabbit_config.HOME), at(rabbit_config.ENVIRONMENT).parent)
    context.remove(at(rabbit_config.CONFIG).parent)


__all__ = [
    "ca_path",
    "configure",
    "install",
    "remove",
    "resolvable",
    "services",
    "settings_of",
    "start",
    "stop",
    "users",
]
